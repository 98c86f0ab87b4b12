"""Lengths in the calendar: how long a slot stays the newest, and where its content window begins."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta

from autopilot.domain.instants import as_utc
from autopilot.domain.recurrence.civil_time import is_lost, resolve, zone_of
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import Slot, calculate_next_run
from autopilot.domain.specification import Cadence


def period_after(rule: Rule, slot: Slot | datetime) -> timedelta:
    """Return the time from a slot (or its instant) to the next one; timedelta.max after the last."""
    instant = slot.utc if isinstance(slot, Slot) else as_utc(slot)
    following = calculate_next_run(rule, instant)
    return timedelta.max if following is None else following.utc - instant


def window_start(
    cadence: Cadence, end: datetime, zone: str, *, nominal: datetime | None = None
) -> datetime:
    """Return the start, in UTC, of the content window that ends at an aware instant.

    It is the same local wall time one day, seven days or one month earlier (a missing day of the
    month is the last one), so a day is 23 or 25 hours long where clocks change. `nominal` is the
    wall time the slot asked for, which differs from the clock's where the slot was moved out of a
    gap; with it the windows of neighbouring slots meet. Raises ValueError for a naive end.
    """
    place = zone_of(zone)
    wall = nominal or as_utc(end).astimezone(place.info).replace(tzinfo=None)
    start = _one_earlier(cadence, wall)
    while is_lost(start, place):  # Pacific/Apia had no 2011-12-30: go on to the 29th
        start -= timedelta(days=1)
    return resolve(start, place)[0].utc


def _one_earlier(cadence: Cadence, wall: datetime) -> datetime:
    if cadence is Cadence.DAILY:
        return wall - timedelta(days=1)
    if cadence is Cadence.WEEKLY:
        return wall - timedelta(days=7)
    last_of_previous = wall.replace(day=1) - timedelta(days=1)
    length = monthrange(last_of_previous.year, last_of_previous.month)[1]
    return last_of_previous.replace(day=min(wall.day, length))
