"""Reading RFC 5545 lines: DTSTART, RRULE, RDATE and EXDATE as local times of the schedule's zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time

from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.domain.recurrence.dates import FIRST_DAY, LAST_DAY
from autopilot.domain.recurrence.rrule import Recurrence, Series
from autopilot.errors import Problem, RuleInvalid

EXAMPLE = '"DTSTART:20260105T090000\\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"'
ALLOWED = "lines of RFC 5545: DTSTART, RRULE, and where wanted RDATE and EXDATE"

_NAMES = ("DTSTART", "RRULE", "RDATE", "EXDATE")
_LONGEST = 20_000
_STAMP = re.compile(r"([0-9]{8})(?:T([0-9]{4})([0-9]{2})(Z?))?", re.ASCII)
_FOLD = re.compile(rf"\r?\n[ \t](?![ \t]*(?:{'|'.join(_NAMES)})[:;])", re.IGNORECASE)
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
_DAYS = "MO|TU|WE|TH|FR|SA|SU"
_NUMBERED_DAY = re.compile(rf"[+-]?([1-9]|[1-4][0-9]|5[0-3])({_DAYS})", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,6}", re.ASCII)
_SIGNED_PARTS = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_PLAIN_PARTS = {
    "INTERVAL": (1, 100_000),
    "COUNT": (1, 100_000),
    "BYMONTH": (1, 12),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 0),
}
_SINGLE_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST")
_MOST_OF_A_WEEKDAY = 5
_UNFIT = {
    "BYMONTHDAY": ("WEEKLY",),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYSETPOS": ("HOURLY", "MINUTELY"),
    "BYWEEKNO": tuple(name for name in _FREQUENCIES if name != "YEARLY"),
}
"""Parts that RFC 5545 (3.3.10) does not let stand beside certain frequencies.

BYSETPOS it lets stand beside all; an hour or a minute has hardly anything to choose from, and a
position that never comes would be looked for in every minute of centuries.
"""


class _Lines:
    """The lines while they are read: `problems` gathers what is wrong with each."""

    def __init__(self, timezone: str, path: str) -> None:
        self.timezone = timezone
        self.path = path
        self.problems: list[Problem] = []
        self.values: dict[str, list[str]] = {name: [] for name in _NAMES}

    def refuse(self, message: str, allowed: str = ALLOWED) -> None:
        problem = Problem(path=self.path, message=message, allowed=allowed, example=EXAMPLE)
        self.problems.append(problem)

    def tried(self, read: Callable[[str], datetime], text: str) -> datetime | None:
        try:
            return read(text)
        except ValueError as error:
            self.refuse(str(error), "a local time such as 20260105T090000")
            return None


def parse_rrule(text: str, *, timezone: str, path: str) -> Recurrence:
    """Return the recurrence; raises RuleInvalid with every problem of its lines.

    Times are local ones of the schedule's zone: TZID may name that zone and no other, and Z is
    taken in UNTIL, or where the zone is UTC.
    """
    lines = _Lines(timezone, path)
    if len(text) > _LONGEST:
        lines.refuse(f"is longer than {_LONGEST} characters")
    else:
        for line in _unfolded(text):
            _sort_line(line, lines)
    recurrence = _recurrence(lines)
    if recurrence is None or lines.problems:
        raise RuleInvalid("the recurrence rule cannot be used", lines.problems)
    return recurrence


def _unfolded(text: str) -> Iterator[str]:
    """Yield the lines; one that begins with a blank goes on from the last (RFC 5545, 3.1)."""
    joined = _FOLD.sub("", text.strip())
    return (line.strip() for line in joined.splitlines() if line.strip())


def _sort_line(line: str, lines: _Lines) -> None:
    head, colon, value = line.upper().partition(":")
    if not colon and "FREQ=" in head:
        head, value = "RRULE", head
    name, *parameters = head.split(";")
    if name not in _NAMES:
        lines.refuse(f"the line {line[:60]!r} begins with none of {', '.join(_NAMES)}")
        return
    for parameter in parameters:
        _check_parameter(name, parameter, lines)
    lines.values[name] += [value] if name == "RRULE" else value.split(",")


def _check_parameter(name: str, parameter: str, lines: _Lines) -> None:
    if parameter in ("VALUE=DATE-TIME", "VALUE=DATE"):
        return
    kind, _, value = parameter.partition("=")
    if kind == "TZID" and value.strip('"') == lines.timezone.upper():
        return
    if kind == "TZID":
        lines.refuse(
            f"{name} is in the zone {value}, the schedule is in {lines.timezone}",
            f"local times of {lines.timezone} without TZID, or the other zone as timezone",
        )
    else:
        lines.refuse(f"{name} has {parameter!r}, which is not understood", "TZID, or nothing")


def _recurrence(lines: _Lines) -> Recurrence | None:
    """Return the recurrence; None where a line has a problem, after all lines were looked at."""
    start = _start(lines)
    if not lines.values["RRULE"] and not lines.values["RDATE"]:
        lines.refuse("has no RRULE, so nothing is repeated")
    start = start or datetime.combine(FIRST_DAY, time())
    series = [_series(text, start, lines) for text in lines.values["RRULE"]]
    added, removed = _moments("RDATE", lines), _moments("EXDATE", lines)
    if lines.problems:
        return None
    return Recurrence(
        start=start,
        series=tuple(one for one in series if one is not None),
        added=tuple(sorted(set(added))),
        removed=frozenset(removed),
    )


def _start(lines: _Lines) -> datetime | None:
    given = lines.values["DTSTART"]
    if len(given) != 1:
        told = "is missing: a recurrence begins somewhere" if not given else "is given twice"
        lines.refuse(f"DTSTART {told}")
        return None
    return lines.tried(lambda text: _local(text, lines.timezone), given[0])


def _moments(name: str, lines: _Lines) -> list[datetime]:
    """Return the times of RDATE or EXDATE; a bare date would mean midnight, which nobody wants."""
    has_time = any("T" in text for text in lines.values["DTSTART"])

    def read(text: str) -> datetime:
        if has_time and "T" not in text:
            raise ValueError(f"{name} {text!r} has no time of day, so it names no slot")
        return _local(text, lines.timezone)

    found = [lines.tried(read, text) for text in lines.values[name]]
    return [moment for moment in found if moment is not None]


def _local(text: str, timezone: str) -> datetime:
    """Return the naive local time a stamp means."""
    moment, is_utc = _stamp(text)
    if is_utc and timezone != "UTC":
        raise ValueError(
            f"{text!r} is UTC by its Z, the schedule goes by {timezone} time; write"
            f" {_shown(moment, timezone)} (the same instant by that clock) without Z"
        )
    return moment


def _shown(moment: datetime, timezone: str) -> str:
    try:
        return f"{moment.replace(tzinfo=UTC).astimezone(zone_of(timezone).info):%Y%m%dT%H%M%S}"
    except ValueError:
        return f"{moment:%Y%m%dT%H%M%S}"


def _stamp(text: str) -> tuple[datetime, bool]:
    found = _STAMP.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a date and time of RFC 5545")
    day, clock, seconds, mark = found.groups()
    try:
        moment = datetime.combine(
            date.fromisoformat(day), time.fromisoformat(clock) if clock else time()
        )
    except ValueError:
        raise ValueError(f"{text!r} is no time of the calendar") from None
    if not FIRST_DAY <= moment.date() < LAST_DAY:
        raise ValueError(f"{text!r} is outside the calendar (1900 to 2999)")
    if seconds not in (None, "00"):
        raise ValueError(f"{text!r} has seconds; schedules have minute precision")
    return moment, bool(mark)


def _series(text: str, start: datetime, lines: _Lines) -> Series | None:
    parts = _parts(text, lines)
    before = len(lines.problems)
    for message in _part_problems(parts):
        lines.refuse(f"RRULE: {message}")
    until = None
    if "UNTIL" in parts:
        until = lines.tried(lambda stamp: _until(stamp, lines.timezone), parts["UNTIL"])
    if len(lines.problems) > before or "FREQ" not in parts:
        return None
    if until is not None and until < start:
        lines.refuse(f"RRULE: UNTIL={parts['UNTIL']} is before DTSTART")
        return None
    try:
        return Series({k: v for k, v in parts.items() if k != "BYSECOND"}, start, until)
    except ValueError as error:
        lines.refuse(f"RRULE: {error}")
        return None


def _parts(text: str, lines: _Lines) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in filter(None, text.replace(" ", "").split(";")):
        name, equals, value = part.partition("=")
        if not equals or not value:
            lines.refuse(f"RRULE: {part[:40]!r} is not NAME=VALUE")
        elif name in parts:
            lines.refuse(f"RRULE: {name} is given twice")
        parts[name] = value
    return parts


def _until(stamp: str, timezone: str) -> datetime:
    """Return the last local time; RFC 5545 writes UNTIL in UTC where DTSTART has a zone."""
    moment, is_utc = _stamp(stamp)
    if not is_utc:
        return moment
    return moment.replace(tzinfo=UTC).astimezone(zone_of(timezone).info).replace(tzinfo=None)


def _part_problems(parts: dict[str, str]) -> Iterator[str]:
    frequency = parts.get("FREQ")
    if frequency is None:
        yield "FREQ is missing"
    elif frequency == "SECONDLY":
        yield "FREQ=SECONDLY is too often; schedules have minute precision"
    elif frequency not in _FREQUENCIES:
        yield f"FREQ={frequency[:40]} is none of {', '.join(_FREQUENCIES)}"
    if "COUNT" in parts and "UNTIL" in parts:
        yield "COUNT and UNTIL exclude each other"
    if "BYSETPOS" in parts and not any(
        name.startswith("BY") and name != "BYSETPOS" for name in parts
    ):
        yield "BYSETPOS needs another BY part to choose from"
    counted = [int(found[1]) for found in re.finditer(r"(\d+)[A-Z]", parts.get("BYDAY", ""))]
    if max(counted, default=0) > _MOST_OF_A_WEEKDAY and (
        frequency == "MONTHLY" or "BYMONTH" in parts
    ):
        yield f"BYDAY={parts['BYDAY'][:40]} counts further than a month has weekdays"
    for name, value in parts.items():
        if frequency in _UNFIT.get(name, ()):
            yield f"{name} does not go with FREQ={frequency}"
        if name not in _SINGLE_PARTS:
            yield from (
                f"{name}={item[:40]} {problem}"
                for item in value.split(",")
                if (problem := _item_problem(name, item, frequency))
            )
        elif problem := _item_problem(name, value, frequency):
            yield f"{name}={value[:40]} {problem}"


def _item_problem(name: str, item: str, frequency: str | None) -> str | None:
    """Return what is wrong with one value of a part, or None."""
    if name in ("FREQ", "UNTIL"):
        return None
    if name == "WKST":
        return None if item in _DAYS.split("|") else "is not a weekday such as MO"
    if name == "BYDAY":
        return _day_problem(item, frequency)
    if name in _SIGNED_PARTS:
        highest = _SIGNED_PARTS[name]
        sound = _NUMBER.fullmatch(item) and 1 <= abs(int(item)) <= highest
        return None if sound else f"is not a number from 1 to {highest}, or negative"
    if name in _PLAIN_PARTS:
        low, high = _PLAIN_PARTS[name]
        sound = _NUMBER.fullmatch(item) and low <= int(item) <= high
        return None if sound else f"is not a number from {low} to {high}"
    return "is not a part of RFC 5545"


def _day_problem(item: str, frequency: str | None) -> str | None:
    if item in _DAYS.split("|"):
        return None
    if not _NUMBERED_DAY.fullmatch(item):
        return "is not a weekday such as MO, or 2TU for the second Tuesday"
    if frequency not in ("MONTHLY", "YEARLY"):
        return f"counts weekdays, which does not go with FREQ={frequency}"
    return None
