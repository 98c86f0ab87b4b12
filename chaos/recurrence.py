"""The oracle's recurrence rules: only the few forms `documents` writes, counted out by hand.

No library and nothing of the product's is used: every day (or minute) from DTSTART is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

STAMP = "%Y%m%dT%H%M%S"
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def walls(text: str, until: datetime) -> Iterator[datetime]:
    """Yield the local times of DTSTART, RRULE and EXDATE lines, up to and including `until`."""
    lines = dict(line.split(":", 1) for line in text.splitlines())
    start = datetime.strptime(lines["DTSTART"], STAMP)  # noqa: DTZ007 - a local time
    parts = dict(part.split("=") for part in lines["RRULE"].split(";"))
    removed = {
        datetime.strptime(stamp, STAMP)  # noqa: DTZ007 - a local time
        for stamp in lines.get("EXDATE", "").split(",")
        if stamp
    }
    last = datetime.strptime(parts["UNTIL"], STAMP) if "UNTIL" in parts else until  # noqa: DTZ007
    found = _occurrences(parts, start, min(until, last))
    counted = islice(found, int(parts["COUNT"])) if "COUNT" in parts else found
    return (wall for wall in counted if wall not in removed)


def _occurrences(parts: dict[str, str], start: datetime, until: datetime) -> Iterator[datetime]:
    step = timedelta(minutes=1) if parts["FREQ"] == "MINUTELY" else timedelta(days=1)
    every = int(parts.get("INTERVAL", "1"))
    wall = start
    while wall <= until:
        if _matches(parts, every, start, wall):
            yield wall
        wall += step


def _matches(parts: dict[str, str], every: int, start: datetime, wall: datetime) -> bool:
    passed = wall - start
    if parts["FREQ"] == "MINUTELY":
        return passed // timedelta(minutes=1) % every == 0
    if parts["FREQ"] == "DAILY":
        return passed.days % every == 0
    if parts["FREQ"] == "WEEKLY":
        weeks = (_monday(wall.date()) - _monday(start.date())).days // 7
        return weeks % every == 0 and WEEKDAYS[wall.weekday()] in parts["BYDAY"].split(",")
    return wall.day == int(parts["BYMONTHDAY"])


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
