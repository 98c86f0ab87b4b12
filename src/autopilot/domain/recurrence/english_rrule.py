"""A recurrence of RFC 5545 in English; parts without a plain phrase are quoted as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time

from autopilot.domain.recurrence.rrule import Recurrence, Series
from autopilot.domain.recurrence.wording import (
    MONTH_NAMES,
    WEEKDAY_NAMES,
    clock_times,
    listed,
    long_date,
    ordinal,
)

_UNITS = {
    "YEARLY": "year",
    "MONTHLY": "month",
    "WEEKLY": "week",
    "DAILY": "day",
    "HOURLY": "hour",
    "MINUTELY": "minute",
}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PLAIN = {
    *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"),
    *("BYDAY", "BYMONTHDAY", "BYMONTH", "BYHOUR", "BYMINUTE"),
}
_COUNTED_BESIDE_WEEKDAYS = {
    *("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE"),
}
_MOST_NAMED = 5


def phrase(recurrence: Recurrence) -> str:
    """Return when it recurs, beginning with a capital letter."""
    told = [_series(series, recurrence.start) for series in recurrence.series]
    added = _named("", recurrence.added)
    text = "; and ".join(filter(None, [*told, added]))
    if recurrence.removed:
        text += _named(", not on ", sorted(recurrence.removed))
    return text[0].upper() + text[1:]


def _series(series: Series, start: datetime) -> str:
    parts = series.parts
    unit = _UNITS[parts["FREQ"]]
    every = f"every {unit}" if series.interval == 1 else f"every {series.interval} {unit}s"
    words = [every, *_days(series, start), *_times(parts, start)]
    plain = _PLAIN | ({"BYSETPOS"} if _counts_weekdays(parts) and "BYDAY" in parts else set())
    rest = ";".join(f"{name}={value}" for name, value in parts.items() if name not in plain)
    if rest:
        words.append(f"({rest})")
    words.append(f"from {long_date(start.date())}")
    if "COUNT" in parts:
        words.append("once only" if parts["COUNT"] == "1" else f"{parts['COUNT']} times")
    if series.until is not None:
        words.append(f"until {long_date(series.until.date())} {series.until:%H:%M}")
    return " ".join(words)


def _days(series: Series, start: datetime) -> Iterator[str]:
    parts, frequency = series.parts, series.parts["FREQ"]
    chosen = {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"} & set(parts)
    if "BYDAY" in parts:
        names = [_weekday(item) for item in parts["BYDAY"].split(",")]
        yield f"on {_chosen(parts)}{listed(names)}"
    if "BYMONTHDAY" in parts:
        named = [_numbered(int(item)) for item in parts["BYMONTHDAY"].split(",")]
        yield ("that is " if "BYDAY" in parts else "on ") + listed(named)
    if not chosen and frequency == "WEEKLY":
        yield f"on {WEEKDAY_NAMES[start.weekday()]}"
    if not chosen and frequency == "MONTHLY":
        yield f"on {_numbered(start.day)}"
    if "BYMONTH" in parts:
        months = [MONTH_NAMES[int(item) - 1] for item in parts["BYMONTH"].split(",")]
        yield f"in {listed(months)}"
    elif not chosen and frequency == "YEARLY":
        yield f"on {start.day} {MONTH_NAMES[start.month - 1]}"


def _chosen(parts: dict[str, str]) -> str:
    """Return which of the weekdays BYSETPOS takes, where it only counts these."""
    if not _counts_weekdays(parts):
        return ""
    return f"the {listed([_position(int(item)) for item in parts['BYSETPOS'].split(',')])} of "


def _counts_weekdays(parts: dict[str, str]) -> bool:
    return "BYSETPOS" in parts and not parts.keys() & _COUNTED_BESIDE_WEEKDAYS


def _weekday(item: str) -> str:
    found = re.fullmatch(r"([+-]?\d+)?(..)", item)
    assert found is not None
    name = WEEKDAY_NAMES[_DAYS.index(found[2])]
    if found[1] is None:
        return name
    return f"the {_position(int(found[1]))} {name}"


def _numbered(day: int) -> str:
    return f"the {ordinal(day)}" if day > 0 else f"the {_position(day)} day"


def _position(number: int) -> str:
    if number == -1:
        return "last"
    return ordinal(number) if number > 0 else f"{ordinal(-number)} last"


def _times(parts: dict[str, str], start: datetime) -> Iterator[str]:
    frequency = parts["FREQ"]
    hours = _numbers(parts, "BYHOUR") or (
        [] if frequency in ("HOURLY", "MINUTELY") else [start.hour]
    )
    minutes = _numbers(parts, "BYMINUTE") or ([] if frequency == "MINUTELY" else [start.minute])
    if hours and minutes:
        yield "at " + clock_times(
            sorted(time(hour, minute) for hour in hours for minute in minutes)
        )
    elif hours:
        yield f"in the hours {listed([f'{hour:02}' for hour in hours])}"
    elif minutes:
        yield f"at minute {listed([f'{minute:02}' for minute in minutes])}"


def _numbers(parts: dict[str, str], name: str) -> list[int]:
    return sorted({int(item) for item in parts[name].split(",")}) if name in parts else []


def _named(before: str, moments: list[datetime] | tuple[datetime, ...]) -> str:
    if not moments:
        return ""
    if len(moments) > _MOST_NAMED:
        return f"{before}{len(moments)} dates"
    return before + listed([f"{long_date(item.date())} {item:%H:%M}" for item in moments])
