"""First and last dates, dates left out and put in, holidays and business days, row by row."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from autopilot.domain.recurrence.calendars import calendar_of
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.recurrence.slots import calculate_next_run
from autopilot.errors import RuleInvalid

NINE = {"times": ["09:00"]}
BAVARIA = {"country": "DE", "subdivision": "BY"}
FRIDAYS = {**NINE, "days": ["fri"]}


def slots_of(
    kind: str, config: dict[str, object], after: str, count: int, zone: str = "Europe/Berlin"
) -> list[str]:
    """The next slots by their wall time, each marked with its flags."""
    rule = parse_rule(kind, config, zone)
    found, moment = [], datetime.fromisoformat(after).replace(tzinfo=UTC)
    while len(found) < count and (slot := calculate_next_run(rule, moment)) is not None:
        marks = "".join(f" {flag.code}" for flag in slot.flags)
        found.append(f"{slot.local:%a %d %b}{marks}")
        moment = slot.utc
    return found


# Good Friday was 3 April 2026, Easter Monday 6 April; 26 December a Saturday.
ROWS = {
    "first-and-last-date": (
        "daily",
        {**NINE, "start_date": "2026-05-01", "end_date": "2026-05-03"},
        ["Fri 01 May", "Sat 02 May", "Sun 03 May"],
    ),
    "excluded": (
        "daily",
        {**NINE, "exclude_dates": ["2026-04-02", "2026-04-03"]},
        ["Wed 01 Apr", "Sat 04 Apr", "Sun 05 Apr"],
    ),
    "included": (
        "weekly",
        {**FRIDAYS, "include_dates": ["2026-04-08", "2026-04-10"]},
        ["Fri 03 Apr", "Wed 08 Apr included", "Fri 10 Apr", "Fri 17 Apr"],
    ),
    "holiday-skipped": (
        "weekly",
        {**FRIDAYS, "holidays": BAVARIA},
        ["Fri 10 Apr", "Fri 17 Apr", "Fri 24 Apr", "Fri 08 May"],
    ),
    "holiday-to-the-day-before": (
        "weekly",
        {**FRIDAYS, "holidays": {**BAVARIA, "rule": "previous_business_day"}},
        ["Thu 02 Apr holiday_moved", "Fri 10 Apr", "Fri 17 Apr", "Fri 24 Apr",
         "Thu 30 Apr holiday_moved"],
    ),
    "holiday-over-easter": (
        "weekly",
        {**FRIDAYS, "holidays": {**BAVARIA, "rule": "next_business_day"}},
        ["Tue 07 Apr holiday_moved", "Fri 10 Apr"],
    ),
    "a-moved-slot-goes-past-an-excluded-date": (
        "weekly",
        {
            **FRIDAYS,
            "holidays": {**BAVARIA, "rule": "next_business_day"},
            "exclude_dates": ["2026-04-07"],
        },
        ["Wed 08 Apr holiday_moved", "Fri 10 Apr"],
    ),
    "a-moved-slot-joins-the-one-that-is-there": (
        "daily",
        {**NINE, "holidays": {**BAVARIA, "rule": "previous_business_day"}},
        ["Wed 01 Apr", "Thu 02 Apr", "Sat 04 Apr", "Sun 05 Apr", "Tue 07 Apr"],
    ),
    "a-moved-slot-does-not-leave-the-bounds": (
        "weekly",
        {
            **FRIDAYS,
            "holidays": {**BAVARIA, "rule": "next_business_day"},
            "end_date": "2026-04-05",
        },
        [],
    ),
    "an-included-holiday-fires-on-its-date": (
        "weekly",
        {
            **FRIDAYS,
            "holidays": {**BAVARIA, "rule": "next_business_day"},
            "include_dates": ["2026-04-03"],
        },
        ["Fri 03 Apr included", "Fri 10 Apr"],
    ),
    "business-days-only": (
        "daily",
        {**NINE, "business_days_only": True, "holidays": BAVARIA},
        ["Wed 01 Apr", "Thu 02 Apr", "Tue 07 Apr", "Wed 08 Apr"],
    ),
    "business-days-without-a-country": (
        "daily",
        {**NINE, "business_days_only": True},
        ["Wed 01 Apr", "Thu 02 Apr", "Fri 03 Apr", "Mon 06 Apr"],
    ),
    "every-fourth-date-if-it-is-a-business-day": (
        "daily",
        {**NINE, "business_days_only": True, "every": 4, "anchor": "2026-04-01"},
        ["Wed 01 Apr", "Thu 09 Apr", "Mon 13 Apr", "Fri 17 Apr", "Tue 21 Apr"],
    ),
    "first-business-day": (
        "monthly",
        {**NINE, "business_day": 1, "holidays": BAVARIA},
        ["Wed 01 Apr", "Mon 04 May", "Mon 01 Jun"],
    ),
    "last-business-day": (
        "monthly",
        {**NINE, "business_day": -1, "holidays": BAVARIA},
        ["Thu 30 Apr", "Fri 29 May", "Tue 30 Jun", "Fri 31 Jul"],
    ),
    "a-business-day-not-every-month-has": (
        "monthly",
        {**NINE, "business_day": 23},
        ["Fri 31 Jul", "Thu 31 Dec"],
    ),
    "quarterly-second-to-last-business-day": (
        "monthly",
        {**NINE, "business_day": -2, "every": 3, "anchor": "2026-01-01"},
        ["Wed 29 Apr", "Thu 30 Jul"],
    ),
    "cron": (
        "custom",
        {"cron": "0 9 * * 5", "holidays": BAVARIA, "include_dates": ["2026-04-04"]},
        ["Sat 04 Apr included", "Fri 10 Apr"],
    ),
    "rrule": (
        "custom",
        {
            "rrule": "DTSTART:20260102T090000\nRRULE:FREQ=WEEKLY",
            "holidays": {**BAVARIA, "rule": "previous_business_day"},
            "include_dates": ["2026-04-04"],
        },
        ["Thu 02 Apr holiday_moved", "Sat 04 Apr included", "Fri 10 Apr"],
    ),
    "dates": (
        "custom",
        {
            "dates": ["2026-04-03T09:00", "2026-04-08T09:00"],
            "holidays": {**BAVARIA, "rule": "next_business_day"},
        },
        ["Tue 07 Apr holiday_moved", "Wed 08 Apr"],
    ),
    "interval": (
        "custom",
        {
            "interval": {"days": 1},
            "anchor": "2026-01-01T07:00Z",
            "holidays": BAVARIA,
            "exclude_dates": ["2026-04-02"],
            "start_date": "2026-04-01",
            "end_date": "2026-04-05",
        },
        ["Wed 01 Apr", "Sat 04 Apr", "Sun 05 Apr"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "expected"), ROWS.values(), ids=ROWS.keys())
def test_the_dates_are_amended_as_documented(
    kind: str, config: dict[str, object], expected: list[str]
) -> None:
    assert slots_of(kind, config, "2026-04-01", max(len(expected), 1)) == expected


def test_a_moved_slot_says_whence_and_why() -> None:
    config = {**FRIDAYS, "holidays": {**BAVARIA, "rule": "previous_business_day"}}
    slot = calculate_next_run(
        parse_rule("weekly", config, "Europe/Berlin"), datetime(2026, 4, 1, tzinfo=UTC)
    )
    assert slot is not None
    assert [flag.text for flag in slot.flags] == [
        "holiday: moved to Thu 2 Apr from Fri 3 Apr (Good Friday)"
    ]


def test_a_holiday_moves_over_the_end_of_a_year_and_of_a_month() -> None:
    config = {**NINE, "days": [1], "holidays": {"country": "DE", "rule": "previous_business_day"}}
    found = slots_of("monthly", config, "2026-12-02", 2)
    assert found == ["Thu 31 Dec holiday_moved", "Mon 01 Feb"]


@pytest.mark.parametrize(
    ("country", "friday", "saturday", "sunday"),
    [("DE", True, False, False), ("EG", False, False, True)],
)
def test_the_weekend_is_the_country_s(
    country: str, friday: bool, saturday: bool, sunday: bool
) -> None:
    calendar = calendar_of(country, None)
    week = [date(2026, 2, 6), date(2026, 2, 7), date(2026, 2, 8)]
    assert [calendar.is_business_day(day) for day in week] == [friday, saturday, sunday]


def test_a_make_up_saturday_is_a_business_day() -> None:
    # China worked on Sunday 26 January 2025, before the Spring Festival.
    assert calendar_of("CN", None).is_business_day(date(2025, 1, 26))


def test_holidays_have_english_names_and_regions_their_own() -> None:
    assert calendar_of("DE", "BY").holiday(date(2026, 1, 6)) == "Epiphany"
    assert calendar_of("DE", "BE").holiday(date(2026, 1, 6)) is None


def test_a_search_far_ahead_ends() -> None:
    every_new_year = {**NINE, "days": [1], "every": 12, "anchor": "2026-01-01"}
    config = {**every_new_year, "holidays": {"country": "DE"}}
    with pytest.raises(RuleInvalid) as refused:
        parse_rule("monthly", config, "Europe/Berlin")
    assert "never matches" in str(refused.value)
