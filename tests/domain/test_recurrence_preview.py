"""What did not fire and why, the preview that tells it, and the delay that spreads load."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from autopilot.domain.recurrence.jitter import jitter
from autopilot.domain.recurrence.preview import preview
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.recurrence.slots import (
    calculate_next_run,
    passed_over,
    slots_between,
)

NINE = {"times": ["09:00"]}
BERLIN = "Europe/Berlin"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def reasons(
    config: dict[str, object], zone: str, start: str, end: str, **policies: str
) -> list[str]:
    kind = "custom" if {"cron", "interval", "rrule", "dates"} & set(config) else "daily"
    rule = parse_rule(kind, config, zone, **policies)  # type: ignore[arg-type]
    return [
        f"{one.slot.local:%d %H:%M} {one.slot.utc:%dT%H:%M:%S} {one.reason}"
        for one in passed_over(rule, instant(start), instant(end))
    ]


LOST = "this local time did not exist for more than 3 h"
PASSED = {
    "excluded": (
        {**NINE, "exclude_dates": ["2026-12-24"]}, BERLIN, "2026-12-20", "2026-12-31", {},
        ["24 09:00 24T08:00:00 excluded date"],
    ),
    "holidays": (
        {**NINE, "holidays": {"country": "DE"}}, BERLIN, "2026-12-20", "2026-12-31", {},
        ["25 09:00 25T08:00:00 holiday: Christmas Day",
         "26 09:00 26T08:00:00 holiday: Second Day of Christmas"],
    ),
    "a-moved-holiday-fires-elsewhere": (
        {**NINE, "holidays": {"country": "DE", "rule": "next_business_day"}},
        BERLIN, "2026-12-20", "2026-12-31", {}, [],
    ),
    "a-holiday-that-would-move-past-the-end": (
        {**NINE, "holidays": {"country": "DE", "rule": "next_business_day"},
         "end_date": "2026-12-25"}, BERLIN, "2026-12-24T12:00", "2026-12-31", {},
        ["25 09:00 25T08:00:00 holiday: Christmas Day, and the business day it moves to is outside start_date and end_date"],
    ),
    "an-included-date-is-not-passed-over": (
        {**NINE, "holidays": {"country": "DE"}, "include_dates": ["2026-12-25", "2026-12-26"]},
        BERLIN, "2026-12-20", "2026-12-31", {}, [],
    ),
    "outside-the-bounds-there-is-nothing-to-pass-over": (
        {**NINE, "exclude_dates": ["2026-12-24"], "end_date": "2026-12-23"},
        BERLIN, "2026-12-20", "2026-12-31", {}, [],
    ),
    "a-lost-day": (
        {"times": ["08:00"]}, "Pacific/Apia", "2011-12-29", "2012-01-02", {},
        [f"30 08:00 30T17:59:59 {LOST}"],
    ),
    "gap-skipped": (
        {"times": ["02:30"]}, BERLIN, "2026-03-28", "2026-03-31", {"gap": "skip"},
        ["29 02:30 29T01:30:00 this local time did not exist: clocks went forward (gap: skip)"],
    ),
    "gap-moved": ({"times": ["02:30"]}, BERLIN, "2026-03-28", "2026-03-31", {}, []),
    "elapsed-cron-has-no-time-there": (
        {"cron": "*/30 * * * *"}, BERLIN, "2026-03-28", "2026-03-31", {}, [],
    ),
    "interval": (
        {"interval": {"hours": 12}, "anchor": "2026-01-01T00:00Z",
         "exclude_dates": ["2026-12-24"]}, BERLIN, "2026-12-20", "2026-12-31", {},
        ["24 01:00 24T00:00:00 excluded date", "24 13:00 24T12:00:00 excluded date"],
    ),
    "rrule": (
        {"rrule": "DTSTART:20260105T090000\nRRULE:FREQ=DAILY;INTERVAL=2",
         "exclude_dates": ["2026-12-23", "2026-12-24"]}, BERLIN, "2026-12-20", "2026-12-31", {},
        ["23 09:00 23T08:00:00 excluded date"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "zone", "start", "end", "policies", "expected"), PASSED.values(), ids=PASSED.keys()
)
def test_every_slot_that_does_not_fire_says_why(
    config: dict[str, object],
    zone: str,
    start: str,
    end: str,
    policies: dict[str, str],
    expected: list[str],
) -> None:
    assert reasons(config, zone, start, end, **policies) == expected


def test_what_is_passed_over_and_what_fires_never_share_an_instant() -> None:
    rule = parse_rule("daily", {"times": ["02:30", "03:30"]}, BERLIN, gap="skip")
    start, end = instant("2026-03-28T12:00"), instant("2026-03-29T12:00")
    fired = {slot.utc for slot in slots_between(rule, start, end)}
    (passed,) = passed_over(rule, start, end)
    assert passed.slot.utc == instant("2026-03-29T01:29:59")
    assert passed.slot.utc not in fired


def test_the_start_is_exclusive_and_the_end_inclusive() -> None:
    config = {**NINE, "exclude_dates": ["2026-12-24"]}
    rule = parse_rule("daily", config, "UTC")
    nine = instant("2026-12-24T09:00")
    tick = timedelta.resolution
    assert len(list(passed_over(rule, nine - tick, nine))) == 1
    assert list(passed_over(rule, nine, nine + timedelta(days=9))) == []
    assert list(passed_over(rule, nine - timedelta(days=9), nine - tick)) == []
    with pytest.raises(ValueError, match="naive"):
        list(passed_over(rule, nine.replace(tzinfo=None), nine))


def flags_of(kind: str, config: dict[str, object], after: str, zone: str = BERLIN) -> list[str]:
    slots = preview(parse_rule(kind, config, zone), instant(after), 2)
    return [
        f"{slot.local:%d} " + "".join(f"{f.code}: {f.text}" for f in slot.flags) for slot in slots
    ]


OVER_CHRISTMAS = (
    "skipped before this: Thu 24 Dec 2026, excluded date; Fri 25 Dec 2026, holiday: Christmas Day;"
    " Sat 26 Dec 2026, holiday: Second Day of Christmas"
)


def test_the_preview_tells_what_was_passed_over_before_a_slot() -> None:
    config = {**NINE, "exclude_dates": ["2026-12-24"], "holidays": {"country": "DE"}}
    assert flags_of("daily", config, "2026-12-22T12:00") == [
        "23 ",
        f"27 excluded: {OVER_CHRISTMAS}",
    ]


def test_the_preview_tells_of_a_lost_day() -> None:
    found = flags_of("daily", {"times": ["08:00"]}, "2011-12-29T00:00", "Pacific/Apia")
    assert found[1] == f"31 gap: skipped before this: Fri 30 Dec 2011, {LOST}"


def test_the_preview_has_the_slots_of_the_calculation() -> None:
    rule = parse_rule("daily", {"times": ["02:30"]}, BERLIN)
    moment = instant("2026-03-28")
    for slot in preview(rule, moment, 5):
        assert slot == calculate_next_run(rule, moment)
        moment = slot.utc


def test_the_preview_ends_with_the_rule_or_its_runs() -> None:
    moment = instant("2026-01-01")
    assert len(preview(parse_rule("daily", {**NINE, "max_runs": 3}, BERLIN), moment, 9)) == 3
    ending = parse_rule("daily", {**NINE, "end_date": "2026-01-02"}, BERLIN)
    assert len(preview(ending, moment, 9)) == 2
    assert preview(ending, instant("2027-01-01"), 9) == ()


def test_many_excluded_dates_are_counted_not_listed() -> None:
    days = [f"{date(2026, 12, 1) + timedelta(days=n)}" for n in range(20)]
    (slot,) = preview(
        parse_rule("daily", {**NINE, "exclude_dates": days}, BERLIN), instant("2026-11-30T12:00"), 1
    )
    assert slot.flags[0].text.endswith("Sat 5 Dec 2026, excluded date; and 15 more")


def test_jitter_is_the_same_for_the_same_slot_and_spreads_schedules() -> None:
    rule = parse_rule("daily", NINE, BERLIN)
    first, second = slots_between(rule, instant("2026-01-01"), instant("2026-01-03"))
    drawn = [jitter(f"schedule-{n}", first, second, 300) for n in range(500)]
    assert drawn == [jitter(f"schedule-{n}", first, second, 300) for n in range(500)]
    assert min(drawn) < timedelta(seconds=10)
    assert timedelta(seconds=290) < max(drawn) <= timedelta(seconds=300)
    assert len(set(drawn)) > 200
    assert jitter("schedule-1", first, second, 300) != jitter("schedule-1", second, None, 300)


def test_jitter_never_reaches_the_next_slot() -> None:
    rule = parse_rule("daily", {"times": ["09:00", "09:05"]}, BERLIN)
    first, second = slots_between(rule, instant("2026-01-01"), instant("2026-01-01T12:00"))
    drawn = [jitter(str(n), first, second, 86_400) for n in range(2_000)]
    assert max(drawn) == timedelta(seconds=299)
    assert jitter("x", first, second, 0) == timedelta()
    assert jitter("x", first, None, 0) == timedelta()
