"""From a rule to its slots: the one calculation that plans, previews and proves.

On a calm day (no clock change near) a slot is the wall time minus the zone's offset. Around a
clock change all slots of the neighbouring days are resolved and the earliest is taken, because
there a later wall time can be an earlier instant and two can be the same one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from autopilot.domain.instants import as_utc
from autopilot.domain.recurrence.civil_time import (
    Oddity,
    Resolved,
    Zone,
    midnight,
    resolve,
    zone_of,
)
from autopilot.domain.recurrence.dates import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

_DAY = timedelta(days=1)
_REACH = timedelta(days=2)
"""No clock change moves a slot further than this from its own date."""

_FIRST_INSTANT = midnight(FIRST_DAY).replace(tzinfo=UTC)
_LAST_INSTANT = midnight(LAST_DAY).replace(tzinfo=UTC)


class FlagCode(StrEnum):
    """What can be special about a slot."""

    GAP = "gap"
    FOLD = "fold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something to know about one slot, as a code and as words."""

    code: FlagCode
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One nominal instant of a schedule.

    `utc` is the instant; `local` the naive wall time the rule asked for (which does not exist
    where a `gap` flag says so); `fold` is 1 for the second pass of a repeated wall time.
    """

    utc: datetime
    local: datetime
    zone: str
    fold: int = 0
    flags: tuple[Flag, ...] = ()


def calculate_next_run(rule: Rule, after: datetime) -> Slot | None:
    """Return the first slot strictly after an aware instant; None when the rule has no more.

    Raises ValueError for a naive datetime. The calendar ends with the year 2999.
    """
    after = max(as_utc(after), _FIRST_INSTANT)
    if after >= _LAST_INSTANT:
        return None
    place = zone_of(rule.timezone)
    local = after.astimezone(place.info)
    today = local.date()
    if not place.is_calm(today):
        return _earliest_around(rule, after, today)
    times, index = rule.times, 0
    day = rule.dates.on_or_after(today)
    if day == today:
        index = bisect_right(times, local.time())
        if index == len(times):
            day, index = rule.dates.on_or_after(today + _DAY), 0
    if day is None or day >= LAST_DAY:
        return None
    if not place.is_calm(day):
        return _earliest_around(rule, after, day)
    wall = datetime.combine(day, times[index])
    utc = wall.replace(tzinfo=place.info).astimezone(UTC)
    return Slot(utc=utc, local=wall, zone=rule.timezone)


def slots_between(rule: Rule, start: datetime, end: datetime) -> Iterator[Slot]:
    """Yield the slots after `start` up to and including `end`, in order; ValueError for naive ones."""
    end = as_utc(end)
    slot = calculate_next_run(rule, start)
    while slot is not None and slot.utc <= end:
        yield slot
        slot = calculate_next_run(rule, slot.utc)


def _earliest_around(rule: Rule, after: datetime, today: date) -> Slot | None:
    """Return the earliest slot after an instant, looking at every day a clock change can mix in."""
    best: Slot | None = None
    day = rule.dates.on_or_after(max(today - _REACH, FIRST_DAY))
    while day is not None and day < LAST_DAY:
        if best is not None and day > best.local.date() + _REACH:
            break
        for slot in _slots_of_day(rule, day):
            if slot.utc > after:
                best = slot if best is None else min(best, slot, key=_rank)
                break
        day = rule.dates.on_or_after(day + _DAY)
    return best


def _rank(slot: Slot) -> tuple[datetime, bool, datetime]:
    """Order slots by instant; of two on one instant the one that was not moved speaks for both."""
    return slot.utc, bool(slot.flags), slot.local


@lru_cache(maxsize=32)
def _slots_of_day(rule: Rule, day: date) -> tuple[Slot, ...]:
    place = zone_of(rule.timezone)
    found = (
        _slot(wall, resolved, place)
        for wall in (datetime.combine(day, moment) for moment in rule.times)
        for resolved in resolve(wall, place, gap=rule.gap, fold=rule.fold)
    )
    return tuple(sorted(found, key=_rank))


def _slot(wall: datetime, resolved: Resolved, place: Zone) -> Slot:
    flags = () if resolved.oddity is None else (_flag(wall, resolved, place),)
    return Slot(utc=resolved.utc, local=wall, zone=place.name, fold=resolved.fold, flags=flags)


def _flag(wall: datetime, resolved: Resolved, place: Zone) -> Flag:
    if resolved.oddity is Oddity.GAP:
        shown = resolved.utc.astimezone(place.info)
        when = f"{shown:%H:%M}" if shown.date() == wall.date() else f"{shown:%Y-%m-%d %H:%M}"
        text = f"moved to {when}: clocks go forward and leave out {wall:%H:%M}"
        return Flag(code=FlagCode.GAP, text=text)
    which = ("first", "second")[resolved.fold]
    return Flag(
        code=FlagCode.FOLD, text=f"{which} of two: clocks go back and show {wall:%H:%M} twice"
    )
