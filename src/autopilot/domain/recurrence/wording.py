"""Dates and lists in English words, the same under any locale of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

WEEKDAY_NAMES = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MOST_TIMES_NAMED = 12
_UNITS = (("day", 1_440), ("hour", 60), ("minute", 1))


def short_date(day: date) -> str:
    """Return "Fri 3 Apr"."""
    return f"{WEEKDAY_NAMES[day.weekday()][:3]} {day.day} {MONTH_NAMES[day.month - 1][:3]}"


def dated(day: date) -> str:
    """Return "Fri 3 Apr 2026"."""
    return f"{short_date(day)} {day.year}"


def long_date(day: date) -> str:
    """Return "3 April 2026"."""
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def clock_times(times: Sequence[time]) -> str:
    """Return "09:00 and 18:00"; many times are counted."""
    if len(times) > _MOST_TIMES_NAMED:
        return f"{len(times)} times from {times[0]:%H:%M} to {times[-1]:%H:%M}"
    return listed([f"{moment:%H:%M}" for moment in times])


def listed(words: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def ordinal(number: int) -> str:
    """Return "1st", "2nd", "11th"."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def lasting(span: timedelta) -> str:
    """Return a length in its whole units, such as "1 day and 6 hours"; seconds only below a minute."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    if not minutes:
        return _counted(seconds, "second")
    parts = []
    for name, size in _UNITS:
        count, minutes = divmod(minutes, size)
        if count:
            parts.append(_counted(count, name))
    return listed(parts)


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"
