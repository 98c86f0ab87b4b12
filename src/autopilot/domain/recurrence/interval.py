"""Elapsed rules: every so many minutes, hours or days of 24 hours, counted in UTC from an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from autopilot.domain.recurrence.civil_time import Zone, midnight, zone_of
from autopilot.domain.recurrence.dates import LAST_DAY
from autopilot.domain.recurrence.slot import FlagCode, PassedOver, Slot

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

_DAY = timedelta(days=1)
_LAST_INSTANT = midnight(LAST_DAY).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The anchor and every whole step after it: no time is left out, none comes twice."""

    step: timedelta
    anchor: datetime

    def after(self, moment: datetime) -> datetime:
        """Return the first instant of it strictly after another."""
        if moment < self.anchor:
            return self.anchor
        return self.anchor + ((moment - self.anchor) // self.step + 1) * self.step


def next_elapsed(rule: Rule, interval: Interval, after: datetime) -> Slot | None:
    """Return the first slot strictly after an instant whose local date the amendments allow."""
    place = zone_of(rule.timezone)
    for utc in _instants(rule, interval, after):
        local = utc.astimezone(place.info)
        if _is_over(rule, local.date()):
            return None
        if rule.amendments.is_within(local.date()) and not rule.amendments.why_not(local.date()):
            return _slot(local, utc, place)
    return None


def elapsed_passed_over(
    rule: Rule, interval: Interval, start: datetime, end: datetime
) -> Iterator[PassedOver]:
    """Yield the instants in (start, end] that an excluded date or a holiday leaves out."""
    place = zone_of(rule.timezone)
    for utc in _instants(rule, interval, start):
        local = utc.astimezone(place.info)
        if utc > end or _is_over(rule, local.date()):
            return
        reason = rule.amendments.why_not(local.date())
        if reason is not None:
            slot = _slot(local, utc, place)
            yield PassedOver(slot=slot, reason=reason, code=FlagCode.EXCLUDED)


def _instants(rule: Rule, interval: Interval, after: datetime) -> Iterator[datetime]:
    start = rule.amendments.start
    if start is not None:  # no zone is further than a day from UTC
        after = max(after, midnight(start).replace(tzinfo=UTC) - 2 * _DAY)
    utc = interval.after(after)
    while utc < _LAST_INSTANT:
        yield utc
        utc += interval.step


def _is_over(rule: Rule, day: date) -> bool:
    """Tell whether no later instant can fall on an allowed date; clocks can go back over midnight."""
    end = rule.amendments.end
    return end is not None and day > end + _DAY


def _slot(local: datetime, utc: datetime, place: Zone) -> Slot:
    wall = local.replace(tzinfo=None, fold=0)
    return Slot(utc=utc, local=wall, zone=place.name, fold=local.fold)
