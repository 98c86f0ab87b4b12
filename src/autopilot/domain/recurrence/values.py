"""The values of a config, one reader each: the typed value, or ValueError saying what it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from datetime import UTC, date, datetime, time

from autopilot.domain.recurrence.dates import FIRST_DAY, LAST_DAY

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LOCAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:00)?", re.ASCII)
_OFFSET = re.compile(r".*[0-9](Z|[+-][0-9]{2}:?[0-9]{2})", re.ASCII | re.IGNORECASE)
_MINUTES_A_DAY = 24 * 60


def filled_list(given: object) -> list[object]:
    """Return a list that is not empty."""
    if not isinstance(given, (list, tuple)):
        raise ValueError(f"{given!r} is not a list")
    if not given:
        raise ValueError("the list is empty")
    return list(given)


def text(given: object) -> str:
    """Return a text that is not blank."""
    if not isinstance(given, str) or not given.strip():
        raise ValueError(f"{given!r} is not a text")
    return given


def yes_or_no(given: object) -> bool:
    """Return a truth value."""
    if not isinstance(given, bool):
        raise ValueError(f"{given!r} is neither true nor false")
    return given


def whole(given: object) -> int:
    """Return a whole number."""
    if not isinstance(given, int) or isinstance(given, bool):
        raise ValueError(f"{given!r} is not a whole number")
    return given


def whole_in(numbers: Container[int], *, called: str) -> Callable[[object], int]:
    """Return a reader of certain whole numbers."""

    def read(given: object) -> int:
        if whole(given) not in numbers:
            raise ValueError(f"{given!r} is not {called}")
        return whole(given)

    return read


def word(known: Iterable[str]) -> Callable[[object], str]:
    """Return a reader of certain words."""
    words = list(known)

    def read(given: object) -> str:
        if given not in words:
            raise ValueError(f"{given!r} is not one of them")
        return str(given)

    return read


def clock(given: object) -> time:
    """Return a time of day, "HH:MM"."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < _MINUTES_A_DAY:
        # YAML 1.1 reads an unquoted 10:00 as the base-60 number 600.
        meant = f"{given // 60:02}:{given % 60:02}"
        raise ValueError(f'{given!r} is a number; in YAML a time needs quotes: "{meant}"')
    found = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError(f"{given!r} is not a time of day")
    return time(int(found[1]), int(found[2]))


def weekday(given: object) -> int:
    """Return a weekday, 0 = Monday."""
    if given not in WEEKDAYS:
        raise ValueError(f"{given!r} is not a weekday")
    return WEEKDAYS.index(str(given))


def day_of_calendar(given: object) -> date:
    """Return a date, "YYYY-MM-DD"."""
    if isinstance(given, date):
        raise ValueError(f'{given!s} came without quotes; write it as text: "{given:%Y-%m-%d}"')
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        raise ValueError(f"{given!r} is not a date")
    return _within(_real_date(given), given)


def local_time(given: object) -> datetime:
    """Return a naive date and time, "YYYY-MM-DDTHH:MM"."""
    if isinstance(given, date):
        raise ValueError(
            f'{given!s} came without quotes; write it as text: "{given:%Y-%m-%dT%H:%M}"'
        )
    if isinstance(given, str) and _OFFSET.fullmatch(given) and "T" in given.upper():
        raise ValueError(f"{given!r} has an offset; these are times of the schedule's own zone")
    found = _LOCAL.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError(f"{given!r} is not a date with a time of day")
    return datetime.combine(_within(_real_date(found[1]), given), clock(found[2]))


def instant(given: object) -> datetime:
    """Return an instant in UTC, from ISO 8601 text with an offset or Z."""
    if isinstance(given, date):
        meant = f"{given:%Y-%m-%dT%H:%M}Z"
        raise ValueError(f'{given!s} came without quotes; write it as text: "{meant}"')
    try:
        found = datetime.fromisoformat(text(given).strip())
    except ValueError:
        raise ValueError(f"{given!r} is not an instant") from None
    if found.tzinfo is None:
        raise ValueError(f"{given!r} has no offset, so it is an instant only where one stands")
    if found.second or found.microsecond:
        raise ValueError(f"{given!r} has seconds; schedules have minute precision")
    _within(found.date(), given)
    return found.astimezone(UTC)


def _real_date(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ValueError(f"{given!r} is no day of the calendar") from None


def _within(found: date, given: object) -> date:
    if not FIRST_DAY <= found < LAST_DAY:
        raise ValueError(f"{given!r} is outside the calendar")
    return found
