"""Reading the keys that every kind of schedule may have: bounds, exceptions, holidays, a run limit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from autopilot.domain.recurrence import calendars, values
from autopilot.domain.recurrence.amendments import Amendments, HolidayMove, HolidayRule
from autopilot.domain.recurrence.calendars import calendar_of
from autopilot.domain.recurrence.reading import Reading

COMMON_KEYS = ("start_date", "end_date", "max_runs", "exclude_dates", "include_dates", "holidays")
MOST_RUNS = 1_000_000
_HOLIDAYS_EXAMPLE = '{"country": "DE", "subdivision": "BY", "rule": "next_business_day"}'
_HOLIDAY_KEYS = ("country", "subdivision", "rule")
_RUNS = values.whole_in(range(1, MOST_RUNS + 1), called="in range")


def read_amendments(reading: Reading) -> Amendments:
    """Return what the common keys say of dates; what cannot be used is noted and left out."""
    start = reading.day("start_date", '"2026-01-05"')
    end = reading.day("end_date", '"2026-12-31"')
    if start is not None and end is not None and end < start:
        reading.refuse(
            "end_date",
            f"{end} is before start_date {start}, so no date is left",
            allowed="the start date or a later one",
            example=f'"{start.replace(month=12, day=31)}"',
        )
    amendments = Amendments(
        start=start,
        end=end,
        excluded=frozenset(reading.days("exclude_dates")),
        included=reading.days("include_dates"),
        holidays=_holidays(reading),
    )
    _check_included(reading, amendments)
    return amendments


def read_max_runs(reading: Reading) -> int | None:
    """Return after how many runs a schedule ends; None for never."""
    if "max_runs" not in reading.config:
        return None
    allowed = f"a whole number, 1 to {MOST_RUNS}"
    return reading.value("max_runs", _RUNS, allowed=allowed, example="10")


def _check_included(reading: Reading, amendments: Amendments) -> None:
    for day in amendments.included:
        if day in amendments.excluded:
            _refuse_included(reading, day, "is in exclude_dates as well")
        elif not amendments.is_within(day):
            _refuse_included(reading, day, "is not between start_date and end_date")


def _refuse_included(reading: Reading, day: date, message: str) -> None:
    reading.refuse(
        "include_dates",
        f"{day} {message}",
        allowed="dates from start_date to end_date that are not excluded",
        example='["2026-12-24"]',
    )


def _holidays(reading: Reading) -> HolidayRule | None:
    if "holidays" not in reading.config:
        return None
    given = reading.config["holidays"]
    if not isinstance(given, Mapping):
        message = f"{given!r} is not a set of keys and values"
        allowed = ", ".join(_HOLIDAY_KEYS)
        reading.refuse("holidays", message, allowed=allowed, example=_HOLIDAYS_EXAMPLE)
        return None
    inner = Reading(given, path=f"{reading.path}.holidays")
    rule = _read_holidays(inner)
    reading.problems += inner.problems
    return rule


def _read_holidays(inner: Reading) -> HolidayRule | None:
    inner.only(_HOLIDAY_KEYS, of="holidays", example=_HOLIDAYS_EXAMPLE)
    move = inner.choice("rule", list(HolidayMove), default=HolidayMove.SKIP)
    country = _country(inner)
    if country is None:
        return None
    subdivision = _subdivision(inner, country)
    if inner.problems:
        return None
    return HolidayRule(calendar=calendar_of(country, subdivision), move=HolidayMove(move))


def _country(inner: Reading) -> str | None:
    allowed = "an ISO 3166 code of two letters"
    country = inner.text("country", allowed=allowed, example='"DE"')
    problem = None if country is None else calendars.country_problem(country)
    if country is None or problem is None:
        return country
    inner.refuse("country", problem, allowed=calendars.allowed_countries(country), example='"DE"')
    return None


def _subdivision(inner: Reading, country: str) -> str | None:
    if "subdivision" not in inner.config:
        return None
    subdivision = inner.text("subdivision", allowed="a code such as BY", example='"BY"')
    problem = None if subdivision is None else calendars.subdivision_problem(country, subdivision)
    if subdivision is None or problem is None:
        return subdivision
    allowed = calendars.allowed_subdivisions(country)
    example = '{"country": "DE", "subdivision": "BY"}'
    inner.refuse("subdivision", problem, allowed=allowed, example=example)
    return None
