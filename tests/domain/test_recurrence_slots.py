"""Slots as the documents promise them, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.recurrence.slots import Slot, calculate_next_run, slots_between


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def next_five(schedule_type: str, config: dict[str, object], zone: str, after: str) -> list[str]:
    """The next five slots by their wall time, each marked with its flags."""
    rule = parse_rule(schedule_type, config, zone)
    found, moment = [], instant(after)
    for _ in range(5):
        slot = calculate_next_run(rule, moment)
        assert slot is not None
        marks = "".join(f" {flag.code}" for flag in slot.flags)
        found.append(f"{slot.local:%a %d %b %Y %H:%M}{marks}")
        moment = slot.utc
    return found


NINE = {"times": ["09:00"]}
ROWS = {
    "every-third-day": (
        "daily",
        {**NINE, "every": 3, "anchor": "2026-01-05"},
        ["05 Jan 2026", "08 Jan 2026", "11 Jan 2026", "14 Jan 2026", "17 Jan 2026"],
    ),
    "two-times-a-day": (
        "daily",
        {"times": ["18:00", "06:00"]},
        [
            "01 Jan 2026 06:00",
            "01 Jan 2026 18:00",
            "02 Jan 2026 06:00",
            "02 Jan 2026 18:00",
            "03 Jan 2026",
        ],
    ),
    "weekdays-in-order": (
        "weekly",
        {**NINE, "days": ["fri", "mon"]},
        [
            "Fri 02 Jan 2026",
            "Mon 05 Jan 2026",
            "Fri 09 Jan 2026",
            "Mon 12 Jan 2026",
            "Fri 16 Jan 2026",
        ],
    ),
    "every-second-week-begins-on-the-anchor": (
        "weekly",
        {**NINE, "days": ["mon", "thu"], "every": 2, "anchor": "2026-01-07"},
        [
            "Thu 08 Jan 2026",
            "Mon 19 Jan 2026",
            "Thu 22 Jan 2026",
            "Mon 02 Feb 2026",
            "Thu 05 Feb 2026",
        ],
    ),
    "31st-or-last": (
        "monthly",
        {**NINE, "days": [31]},
        ["31 Jan 2026", "28 Feb 2026", "31 Mar 2026", "30 Apr 2026", "31 May 2026"],
    ),
    "31st-or-none": (
        "monthly",
        {**NINE, "days": [31], "missing_day": "skip"},
        ["31 Jan 2026", "31 Mar 2026", "31 May 2026", "31 Jul 2026", "31 Aug 2026"],
    ),
    "days-that-land-on-one-date-are-one-slot": (
        "monthly",
        {**NINE, "days": [30, 31, -1]},
        ["30 Jan 2026", "31 Jan 2026", "28 Feb 2026", "30 Mar 2026", "31 Mar 2026"],
    ),
    "quarterly": (
        "monthly",
        {**NINE, "days": [-1], "every": 3, "anchor": "2026-03-01"},
        ["31 Mar 2026", "30 Jun 2026", "30 Sep 2026", "31 Dec 2026", "31 Mar 2027"],
    ),
    "second-tuesday": (
        "monthly",
        {**NINE, "nth": 2, "weekday": "tue"},
        [
            "Tue 13 Jan 2026",
            "Tue 10 Feb 2026",
            "Tue 10 Mar 2026",
            "Tue 14 Apr 2026",
            "Tue 12 May 2026",
        ],
    ),
    "fifth-friday-where-there-is-one": (
        "monthly",
        {**NINE, "nth": 5, "weekday": "fri"},
        [
            "Fri 30 Jan 2026",
            "Fri 29 May 2026",
            "Fri 31 Jul 2026",
            "Fri 30 Oct 2026",
            "Fri 29 Jan 2027",
        ],
    ),
    "last-friday": (
        "monthly",
        {**NINE, "nth": -1, "weekday": "fri"},
        [
            "Fri 30 Jan 2026",
            "Fri 27 Feb 2026",
            "Fri 27 Mar 2026",
            "Fri 24 Apr 2026",
            "Fri 29 May 2026",
        ],
    ),
    "cron-monday-is-1": (
        "custom",
        {"cron": "0 9 * * 1"},
        [
            "Mon 05 Jan 2026",
            "Mon 12 Jan 2026",
            "Mon 19 Jan 2026",
            "Mon 26 Jan 2026",
            "Mon 02 Feb 2026",
        ],
    ),
    "cron-either-day": (
        "custom",
        {"cron": "0 9 13 * 5"},
        [
            "Fri 02 Jan 2026",
            "Fri 09 Jan 2026",
            "Tue 13 Jan 2026",
            "Fri 16 Jan 2026",
            "Fri 23 Jan 2026",
        ],
    ),
    "cron-both-days-where-one-starts-with-a-star": (
        "custom",
        {"cron": "0 9 */13 * 4"},
        [
            "Thu 01 Jan 2026",
            "Thu 14 May 2026",
            "Thu 27 Aug 2026",
            "Thu 01 Oct 2026",
            "Thu 14 Jan 2027",
        ],
    ),
    "cron-last-weekday": (
        "custom",
        {"cron": "0 9 LW * *"},
        [
            "Fri 30 Jan 2026",
            "Fri 27 Feb 2026",
            "Tue 31 Mar 2026",
            "Thu 30 Apr 2026",
            "Fri 29 May 2026",
        ],
    ),
    "cron-alias": (
        "custom",
        {"cron": "@Weekly"},
        [
            "Sun 04 Jan 2026 00:00",
            "Sun 11 Jan 2026",
            "Sun 18 Jan 2026",
            "Sun 25 Jan 2026",
            "Sun 01 Feb 2026",
        ],
    ),
    "cron-leap-day": (
        "custom",
        {"cron": "0 9 29 2 *"},
        ["29 Feb 2028", "29 Feb 2032", "29 Feb 2036", "29 Feb 2040", "29 Feb 2044"],
    ),
}


@pytest.mark.parametrize(("schedule_type", "config", "expected"), ROWS.values(), ids=ROWS.keys())
def test_the_dates_are_as_documented(
    schedule_type: str, config: dict[str, object], expected: list[str]
) -> None:
    found = next_five(schedule_type, config, "Europe/Berlin", "2025-12-31T23:00")
    assert all(part in slot for part, slot in zip(expected, found, strict=True)), found


def utc_slots(config: dict[str, object], zone: str, start: str, end: str) -> list[str]:
    kind = "custom" if "cron" in config else "daily"
    slots = slots_between(parse_rule(kind, config, zone), instant(start), instant(end))
    return [
        f"{slot.utc:%dT%H:%M}" + "".join(f" {flag.code}" for flag in slot.flags) for slot in slots
    ]


CHANGES = {
    "gap-runs-at-the-first-valid-instant": (
        {"times": ["02:30"]}, "Europe/Berlin", "2026-03-28", "2026-03-31",
        ["28T01:30", "29T01:00 gap", "30T00:30"],
    ),
    "two-times-on-one-instant-fire-once": (
        {"times": ["02:00", "02:30", "03:00"]}, "Europe/Berlin", "2026-03-29", "2026-03-29T23:00",
        ["29T01:00"],
    ),
    "fold-runs-the-first-time": (
        {"times": ["02:30"]}, "Europe/Berlin", "2026-10-24", "2026-10-27",
        ["24T00:30", "25T00:30 fold", "26T01:30"],
    ),
    "fixed-hour-cron-is-wall-clock": (
        {"cron": "30 2 * * *"}, "Europe/Berlin", "2026-10-24", "2026-10-27",
        ["24T00:30", "25T00:30 fold", "26T01:30"],
    ),
    "cron-with-a-star-hour-is-every-real-hour": (
        {"cron": "30 * * * *"}, "Europe/Berlin", "2026-10-24T23:00", "2026-10-25T03:00",
        ["24T23:30", "25T00:30 fold", "25T01:30 fold", "25T02:30"],
    ),
    "cron-with-a-step-has-no-match-in-a-gap": (
        {"cron": "*/30 2 * * *"}, "Europe/Berlin", "2026-03-28", "2026-03-30T23:00",
        ["28T01:00", "28T01:30", "30T00:00", "30T00:30"],
    ),
    "half-an-hour-gap": (
        {"times": ["02:15"]}, "Australia/Lord_Howe", "2026-10-02T12:00", "2026-10-05",
        ["02T15:45", "03T15:30 gap", "04T15:15"],
    ),
    "a-lost-day-is-skipped": (
        {"times": ["08:00"]}, "Pacific/Apia", "2011-12-29", "2012-01-01",
        ["29T18:00", "30T18:00", "31T18:00"],
    ),
    "midnight-that-does-not-exist": (
        {"times": ["00:00"]}, "America/Sao_Paulo", "2018-11-03", "2018-11-06",
        ["03T03:00", "04T03:00 gap", "05T02:00"],
    ),
    "forty-five-minutes-offset": (
        {"times": ["09:00"]}, "Asia/Kathmandu", "2026-01-01", "2026-01-03",
        ["01T03:15", "02T03:15"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "zone", "start", "end", "expected"), CHANGES.values(), ids=CHANGES.keys()
)
def test_clock_changes_are_as_documented(
    config: dict[str, object], zone: str, start: str, end: str, expected: list[str]
) -> None:
    assert utc_slots(config, zone, start, end) == expected


def test_a_moved_slot_keeps_the_wall_time_it_was_asked_for_and_says_where_it_went() -> None:
    rule = parse_rule("daily", {"times": ["02:30"]}, "Europe/Berlin")
    slot = calculate_next_run(rule, instant("2026-03-29T00:00"))
    assert slot is not None
    assert f"{slot.local:%H:%M}" == "02:30"
    assert slot.flags[0].text == "moved: clocks go forward and leave out 02:30, so it is at 03:00"


def test_a_repeated_slot_says_which_one_it_is() -> None:
    rule = parse_rule("custom", {"cron": "30 * * * *"}, "Europe/Berlin")
    first, second = slots_between(rule, instant("2026-10-25T00:00"), instant("2026-10-25T02:00"))
    assert (first.local, first.fold, second.fold) == (second.local, 0, 1)
    assert first.flags[0].text == "first of two: clocks go back and show 02:30 twice"
    assert second.flags[0].text.startswith("second of two")


def test_after_is_exclusive_and_the_end_inclusive() -> None:
    rule = parse_rule("daily", {"times": ["09:00"]}, "UTC")
    nine = instant("2026-01-01T09:00")
    tick = timedelta(microseconds=1)
    day = timedelta(days=1)
    assert calculate_next_run(rule, nine - tick) == Slot(
        utc=nine, local=nine.replace(tzinfo=None), zone="UTC"
    )
    assert [slot.utc for slot in slots_between(rule, nine, nine + day)] == [nine + day]
    assert [slot.utc for slot in slots_between(rule, nine, nine + day - tick)] == []


def test_any_aware_instant_will_do_and_a_naive_one_will_not() -> None:
    rule = parse_rule("daily", {"times": ["09:00"]}, "UTC")
    tokyo = timezone(timedelta(hours=9))
    slot = calculate_next_run(rule, datetime(2026, 1, 1, 18, 0, tzinfo=tokyo))
    assert slot is not None
    assert slot.utc == instant("2026-01-02T09:00")
    assert slot.utc.tzinfo is UTC
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive"):
        calculate_next_run(rule, naive)
    with pytest.raises(ValueError, match="naive"):
        next(slots_between(rule, naive, instant("2026-01-01")))
    with pytest.raises(ValueError, match="naive"):
        next(slots_between(rule, instant("2026-01-01"), naive))


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia", "America/St_Johns"])
def test_the_calendar_has_an_end_and_a_beginning(zone: str) -> None:
    rule = parse_rule("monthly", {"days": [31], "missing_day": "skip", "times": ["09:00"]}, zone)
    assert calculate_next_run(rule, datetime.max.replace(tzinfo=UTC)) is None
    assert calculate_next_run(rule, instant("2999-12-31T00:00")) is None
    first = calculate_next_run(rule, datetime.min.replace(tzinfo=UTC))
    assert first is not None
    assert first.utc.year == 1900
    last = list(slots_between(rule, instant("2999-06-01"), datetime.max.replace(tzinfo=UTC)))
    assert [slot.local.month for slot in last] == [7, 8, 10]
