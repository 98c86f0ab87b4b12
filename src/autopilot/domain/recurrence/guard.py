"""The guarded period of a slot: the local day, ISO week or month that promises a number of issues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedPeriod:
    """A half-open span of instants, in UTC, and what people call it: day, week or month."""

    name: str
    start: datetime
    end: datetime


def guarded_period(rule: Rule, slot: Slot) -> GuardedPeriod | None:
    """Return the period a slot belongs to, by its nominal local date; None for a custom rule."""
    day = slot.local.date()
    if rule.schedule_type == "daily":
        return _between("day", day, day + timedelta(days=1), slot.zone)
    if rule.schedule_type == "weekly":
        monday = day - timedelta(days=day.weekday())
        return _between("week", monday, monday + timedelta(days=7), slot.zone)
    if rule.schedule_type == "monthly":
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return _between("month", first, following, slot.zone)
    return None


def _between(name: str, start: date, end: date, zone: str) -> GuardedPeriod:
    return GuardedPeriod(name=name, start=_midnight(start, zone), end=_midnight(end, zone))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone_of(zone).info).astimezone(UTC)
