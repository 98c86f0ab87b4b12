"""The oracle: which slots a document promises, in plain date arithmetic of its own.

It shares no line with the product's calendar. It knows only the rules that `documents` writes, and
those avoid the nights in which clocks change.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chaos import recurrence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIVE_MINUTES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Promise:
    """One slot that must become exactly one run: whose, and when (UTC)."""

    workspace: str
    specification: str
    schedule: str
    slot: datetime

    def __str__(self) -> str:
        place = "/".join((self.workspace, self.specification, self.schedule))
        return f"{place} at {self.slot:%Y-%m-%d %H:%M} UTC"


def promises(document: dict[str, Any], saved_at: datetime, until: datetime) -> set[Promise]:
    """Return the slots after the document was saved, up to and including `until`."""
    return {
        Promise(
            workspace=document["workspace"],
            specification=specification["slug"],
            schedule=schedule["name"],
            slot=slot,
        )
        for specification in document["specifications"]
        for schedule in specification["schedules"]
        for slot in _slots(schedule, saved_at, until)
    }


def _slots(schedule: dict[str, Any], after: datetime, until: datetime) -> Iterator[datetime]:
    config = schedule["config"]
    if config.get("cron") == "*/5 * * * *":
        return _every_five_minutes(after, until)
    if "interval" in config:
        return _elapsed(config, after, until)
    if "rrule" in config or "dates" in config:
        return _listed(config, ZoneInfo(schedule["timezone"]), after, until)
    zone = ZoneInfo(schedule["timezone"])
    times = [time.fromisoformat(text) for text in _times(config)]
    found = (
        datetime.combine(day, moment, zone).astimezone(UTC)
        for day in _local_days(after, until, zone)
        if _falls_on(schedule["type"], config, day)
        for moment in times
    )
    return (slot for slot in found if after < slot <= until)


def _every_five_minutes(after: datetime, until: datetime) -> Iterator[datetime]:
    """Real minutes divisible by five; no zone in use here is off by less than a quarter hour."""
    slot = after.replace(minute=0, second=0, microsecond=0)
    while slot <= until:
        if slot > after:
            yield slot
        slot += FIVE_MINUTES


def _elapsed(config: dict[str, Any], after: datetime, until: datetime) -> Iterator[datetime]:
    """Whole steps from the anchor, in real time."""
    slot = datetime.fromisoformat(config["anchor"])
    step = timedelta(**config["interval"])
    slot += max(0, (after - slot) // step) * step
    while slot <= until:
        if slot > after:
            yield slot
        slot += step


def _listed(
    config: dict[str, Any], zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[datetime]:
    """Local times one by one: as they are given, or by the recurrence rule."""
    if "dates" in config:
        walls = [datetime.fromisoformat(text) for text in config["dates"]]
    else:
        walls = list(recurrence.walls(config["rrule"], until.astimezone(zone).replace(tzinfo=None)))
    for wall in sorted(walls):
        slot = wall.replace(tzinfo=zone).astimezone(UTC)
        if after < slot <= until:
            yield slot


def _local_days(after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[date]:
    day = after.astimezone(zone).date()
    while day <= until.astimezone(zone).date():
        yield day
        day += timedelta(days=1)


def _times(config: dict[str, Any]) -> list[str]:
    if "cron" in config:
        minute, hour, *_ = config["cron"].split()
        return [f"{int(hour):02}:{int(minute):02}"]
    return list(config["times"])


def _last_day(day: date) -> int:
    """The last day of its month: a day that a month does not have falls on it."""
    return calendar.monthrange(day.year, day.month)[1]


def _falls_on(kind: str, config: dict[str, Any], day: date) -> bool:
    if kind == "daily":
        return True
    if kind == "weekly":
        return DAYS[day.weekday()] in config["days"]
    if kind == "monthly":
        return any(min(wanted, _last_day(day)) == day.day for wanted in config["days"])
    _, _, of_month, month, of_week = config["cron"].split()
    return (
        of_month in ("*", str(day.day))
        and month in ("*", str(day.month))
        and of_week in ("*", str(day.isoweekday() % 7))
    )
