"""From a rule to its slots: the one calculation that plans, previews and proves.

On a calm day (no clock change near) a slot is the wall time minus the zone's offset. Around a
clock change all slots of the neighbouring days are resolved and the earliest is taken, because
there a later wall time can be an earlier instant and two can be the same one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from autopilot.domain.instants import as_utc
from autopilot.domain.recurrence.civil_time import (
    Oddity,
    Resolved,
    Zone,
    instant_left_out,
    midnight,
    resolve,
    zone_of,
)
from autopilot.domain.recurrence.dates import FIRST_DAY, LAST_DAY
from autopilot.domain.recurrence.interval import elapsed_passed_over, next_elapsed
from autopilot.domain.recurrence.slot import Flag, FlagCode, PassedOver, Slot

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

__all__ = [
    "Flag",
    "FlagCode",
    "PassedOver",
    "Slot",
    "calculate_next_run",
    "passed_over",
    "slots_between",
]

LOST_REASON = "this local time did not exist for more than 3 h"
SKIPPED_REASON = "this local time did not exist: clocks went forward (gap: skip)"

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_REACH = timedelta(days=2)
"""No clock change moves a slot further than this from its own date."""

_WINDOWS_KEPT = 16
_FIRST_INSTANT = midnight(FIRST_DAY).replace(tzinfo=UTC)
_LAST_INSTANT = midnight(LAST_DAY).replace(tzinfo=UTC)


def calculate_next_run(rule: Rule, after: datetime) -> Slot | None:
    """Return the first slot strictly after an aware instant; None when the rule has no more.

    Raises ValueError for a naive datetime. The calendar ends with the year 2999.
    """
    if after.tzinfo is not UTC:
        after = as_utc(after)
    if not _FIRST_INSTANT <= after < _LAST_INSTANT:
        if after >= _LAST_INSTANT:
            return None
        after = _FIRST_INSTANT
    interval = rule.timing.interval
    if interval is not None:
        return next_elapsed(rule, interval, after)
    place = rule.place
    local = after.astimezone(place.info)
    today = local.date()
    if not place.is_calm(today):
        return _earliest_around(rule, after, today, place)
    walls = rule.walls
    day = walls.on_or_after(today)
    if day is None or day >= LAST_DAY:
        return None
    times, index = walls.times_on(day), 0
    if day == today:
        index = bisect_right(times, local.time())
        if index == len(times):
            day, index = walls.on_or_after(today + _DAY), 0
            if day is None or day >= LAST_DAY:
                return None
            times = walls.times_on(day)
    if not place.is_calm(day):
        return _earliest_around(rule, after, day, place)
    moment = times[index]
    wall = datetime.combine(day, moment)
    utc = datetime.combine(day, moment, place.info).astimezone(UTC)
    return Slot(utc=utc, local=wall, zone=rule.timezone, flags=walls.flags_on(wall))


def slots_between(rule: Rule, start: datetime, end: datetime) -> Iterator[Slot]:
    """Yield the slots after `start` up to and including `end`, in order; ValueError for naive ones."""
    end = as_utc(end)
    slot = calculate_next_run(rule, start)
    while slot is not None and slot.utc <= end:
        yield slot
        slot = calculate_next_run(rule, slot.utc)


def passed_over(rule: Rule, start: datetime, end: datetime) -> Iterator[PassedOver]:
    """Yield what does not fire after `start` up to and including `end`, with reasons, in order.

    These are slots on excluded dates and skipped holidays, and times that never were. A slot that
    a holiday moves fires elsewhere and is not among them. Raises ValueError for naive instants.
    """
    start, end = max(as_utc(start), _FIRST_INSTANT), min(as_utc(end), _LAST_INSTANT)
    if start >= end:
        return
    if rule.interval is not None:
        yield from elapsed_passed_over(rule, rule.interval, start, end)
        return
    found: dict[datetime, PassedOver] = {}
    for one in _all_passed_over(rule, start, end):
        if start < one.slot.utc <= end:
            other = found.get(one.slot.utc, one)
            found[one.slot.utc] = min(one, other, key=lambda each: _rank(each.slot))
    yield from (found[utc] for utc in sorted(found))


def _all_passed_over(rule: Rule, start: datetime, end: datetime) -> Iterator[PassedOver]:
    place = zone_of(rule.timezone)
    first = max(start.astimezone(place.info).date() - _REACH, FIRST_DAY)
    last = min(end.astimezone(place.info).date() + _REACH, LAST_DAY - _DAY)
    exceptions = () if rule.amendments.is_empty else rule.amendments.exceptions(first, last)
    for day in sorted(set(exceptions)):
        reason = rule.amendments.why_not(day)
        if reason is not None and rule.nominal.on_or_after(day) == day:
            yield from _left_out(rule, day, reason, place)
    if not rule.is_elapsed:
        for day in place.restless(first, last):
            yield from _lost(rule, day, place)


def _left_out(rule: Rule, day: date, reason: str, place: Zone) -> Iterator[PassedOver]:
    for moment in rule.nominal.times_on(day):
        wall = datetime.combine(day, moment)
        slots = [
            _slot(wall, resolved, place, ())
            for resolved in resolve(wall, place, gap=rule.gap, fold=rule.fold)
        ]
        if not slots and not rule.is_elapsed:
            slots = [_never_was(wall, place)]
        for slot in slots:
            yield PassedOver(slot=slot, reason=reason, code=FlagCode.EXCLUDED)


def _lost(rule: Rule, day: date, place: Zone) -> Iterator[PassedOver]:
    """Yield the times of a date that the clock left out and no policy made up for."""
    if rule.walls.on_or_after(day) != day:
        return
    for wall in (datetime.combine(day, moment) for moment in rule.walls.times_on(day)):
        if not resolve(wall, place, gap=rule.gap, fold=rule.fold):
            is_short = bool(resolve(wall, place))
            slot = _never_was(wall, place)
            if _fires_at(rule, slot.utc):  # the time after the gap has this very instant
                slot = Slot(utc=slot.utc - _SECOND, local=wall, zone=place.name)
            reason = SKIPPED_REASON if is_short else LOST_REASON
            yield PassedOver(slot=slot, reason=reason, code=FlagCode.GAP)


def _never_was(wall: datetime, place: Zone) -> Slot:
    return Slot(utc=instant_left_out(wall, place), local=wall, zone=place.name)


def _fires_at(rule: Rule, utc: datetime) -> bool:
    slot = calculate_next_run(rule, utc - timedelta.resolution)
    return slot is not None and slot.utc == utc


def _earliest_around(rule: Rule, after: datetime, today: date, place: Zone) -> Slot | None:
    """Return the earliest slot after an instant, looking at every day a clock change can mix in.

    A window has the slots from two days before its date to four days after; the first of them is
    the earliest of all when no later date than the window's can reach before it.
    """
    day: date | None = today
    while day is not None and day < LAST_DAY:
        instants, slots = rule.windows.get(day) or _window(rule, day, place)
        index = bisect_right(instants, after)
        if index < len(slots) and slots[index].local.date() <= day + _REACH:
            return slots[index]
        day = rule.walls.on_or_after(day + _REACH + _DAY)
    return None


def _window(rule: Rule, middle: date, place: Zone) -> tuple[list[datetime], list[Slot]]:
    found: dict[datetime, Slot] = {}
    day = rule.walls.on_or_after(max(middle - _REACH, FIRST_DAY))
    while day is not None and day <= middle + 2 * _REACH and day < LAST_DAY:
        for slot in _slots_of_day(rule, day, place):
            other = found.get(slot.utc)
            found[slot.utc] = slot if other is None else min(other, slot, key=_rank)
        day = rule.walls.on_or_after(day + _DAY)
    instants = sorted(found)
    if len(rule.windows) >= _WINDOWS_KEPT:
        rule.windows.clear()
    rule.windows[middle] = window = (instants, [found[utc] for utc in instants])
    return window


def _rank(slot: Slot) -> tuple[int, datetime]:
    """Of two slots on one instant the one that was not moved speaks for both."""
    return len(slot.flags), slot.local


def _slots_of_day(rule: Rule, day: date, place: Zone) -> Iterator[Slot]:
    for wall in (datetime.combine(day, moment) for moment in rule.walls.times_on(day)):
        flags = rule.walls.flags_on(wall)
        for resolved in resolve(wall, place, gap=rule.gap, fold=rule.fold):
            yield _slot(wall, resolved, place, flags)


def _slot(wall: datetime, resolved: Resolved, place: Zone, flags: tuple[Flag, ...]) -> Slot:
    if resolved.oddity is not None:
        flags = (*flags, _flag(wall, resolved, place))
    return Slot(utc=resolved.utc, local=wall, zone=place.name, fold=resolved.fold, flags=flags)


def _flag(wall: datetime, resolved: Resolved, place: Zone) -> Flag:
    if resolved.oddity is Oddity.GAP:
        shown = resolved.utc.astimezone(place.info)
        when = f"{shown:%H:%M}" if shown.date() == wall.date() else f"{shown:%Y-%m-%d %H:%M}"
        text = f"moved: clocks go forward and leave out {wall:%H:%M}, so it is at {when}"
        return Flag(code=FlagCode.GAP, text=text)
    which = ("first", "second")[resolved.fold]
    return Flag(
        code=FlagCode.FOLD, text=f"{which} of two: clocks go back and show {wall:%H:%M} twice"
    )
