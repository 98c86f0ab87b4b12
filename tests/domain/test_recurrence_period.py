"""Periods and content windows are measured on the local clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from autopilot.domain.recurrence.period import period_after, window_start
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.recurrence.slots import calculate_next_run, slots_between
from autopilot.domain.specification import Cadence


def local(text: str, offset: int) -> datetime:
    return datetime.fromisoformat(f"{text}:00{offset:+03}:00").astimezone(UTC)


WINDOWS = {
    "day": (Cadence.DAILY, "2026-06-10T08:00", 2, "2026-06-09T08:00", 2),
    "day-of-23-hours": (Cadence.DAILY, "2026-03-29T08:00", 2, "2026-03-28T08:00", 1),
    "day-of-25-hours": (Cadence.DAILY, "2026-10-25T08:00", 1, "2026-10-24T08:00", 2),
    "day-after-a-gap": (Cadence.DAILY, "2026-03-30T02:30", 2, "2026-03-29T03:00", 2),
    "day-after-a-fold": (Cadence.DAILY, "2026-10-26T02:30", 1, "2026-10-25T02:30", 2),
    "week": (Cadence.WEEKLY, "2026-04-01T09:00", 2, "2026-03-25T09:00", 1),
    "month": (Cadence.MONTHLY, "2026-05-15T09:00", 2, "2026-04-15T09:00", 2),
    "month-clamped": (Cadence.MONTHLY, "2026-03-31T09:00", 2, "2026-02-28T09:00", 1),
    "month-clamped-leap": (Cadence.MONTHLY, "2024-03-30T09:00", 1, "2024-02-29T09:00", 1),
    "month-over-new-year": (Cadence.MONTHLY, "2026-01-31T09:00", 1, "2025-12-31T09:00", 1),
}


@pytest.mark.parametrize(
    ("cadence", "end", "end_offset", "start", "start_offset"), WINDOWS.values(), ids=WINDOWS.keys()
)
def test_a_window_begins_at_the_same_wall_time(
    cadence: Cadence, end: str, end_offset: int, start: str, start_offset: int
) -> None:
    found = window_start(cadence, local(end, end_offset), zone="Europe/Berlin")
    assert found == local(start, start_offset)
    assert found.tzinfo is UTC


def test_a_window_goes_past_a_day_that_never_was() -> None:
    end = local("2011-12-31T08:00", 14)
    assert window_start(Cadence.DAILY, end, "Pacific/Apia") == local("2011-12-29T08:00", -10)


def test_a_window_needs_an_aware_end() -> None:
    with pytest.raises(ValueError, match="naive"):
        window_start(Cadence.DAILY, datetime(2026, 1, 1), "UTC")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("Africa/Cairo", "2026-04-24"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Pacific/Apia", "2011-12-30"),
    ],
)
@pytest.mark.parametrize("clock", ["00:15", "02:15", "02:30", "08:00"])
def test_daily_windows_of_neighbouring_slots_meet(zone: str, around: str, clock: str) -> None:
    middle = datetime.fromisoformat(around).replace(tzinfo=UTC)
    rule = parse_rule("daily", {"times": [clock]}, zone)
    slots = list(slots_between(rule, middle - timedelta(days=3), middle + timedelta(days=4)))
    starts = [window_start(Cadence.DAILY, slot.utc, zone, nominal=slot.local) for slot in slots]
    assert starts[1:] == [slot.utc for slot in slots][:-1]


def test_a_period_is_the_time_to_the_next_slot() -> None:
    rule = parse_rule("daily", {"times": ["08:00", "20:00"]}, "Europe/Berlin")
    slot = calculate_next_run(rule, local("2026-03-28T12:00", 1))
    assert slot is not None
    assert period_after(rule, slot) == timedelta(hours=11)
    assert period_after(rule, slot.utc + timedelta(hours=11)) == timedelta(hours=12)


def test_after_the_last_slot_the_period_never_ends() -> None:
    rule = parse_rule("monthly", {"days": [-1], "times": ["08:00"]}, "UTC")
    assert period_after(rule, datetime(2999, 12, 1, tzinfo=UTC)) == timedelta.max
