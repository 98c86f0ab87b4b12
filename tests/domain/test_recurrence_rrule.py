"""Recurrences of RFC 5545: what is taken, what is refused, and that a search always ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.recurrence.slots import calculate_next_run, slots_between
from autopilot.errors import Problem, RuleInvalid

BERLIN = "Europe/Berlin"
START = "DTSTART:20260105T090000\n"


def slots_of(text: str, after: str, count: int, zone: str = BERLIN) -> list[str]:
    rule = parse_rule("custom", {"rrule": text}, zone)
    found, moment = [], datetime.fromisoformat(after).replace(tzinfo=UTC)
    while len(found) < count and (slot := calculate_next_run(rule, moment)) is not None:
        found.append(f"{slot.local:%Y-%m-%d %H:%M}" + "".join(f" {f.code}" for f in slot.flags))
        moment = slot.utc
    return found


def problems_of(text: object, zone: str = BERLIN) -> list[Problem]:
    with pytest.raises(RuleInvalid) as refused:
        parse_rule("custom", {"rrule": text}, zone)
    return list(refused.value.problems)


ACCEPTED = {
    "every-other-week": (
        START + "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
        ["2026-01-05 09:00", "2026-01-07 09:00", "2026-01-19 09:00"],
    ),
    "last-weekday-of-a-month": (
        START + "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        ["2026-01-30 09:00", "2026-02-27 09:00", "2026-03-31 09:00"],
    ),
    "excluded": (
        START + "RRULE:FREQ=DAILY\nEXDATE:20260105T090000,20260107T090000\nEXDATE:20260108T090000",
        ["2026-01-06 09:00", "2026-01-09 09:00", "2026-01-10 09:00"],
    ),
    "added": (
        START + "RRULE:FREQ=MONTHLY\nRDATE:20260120T180000",
        ["2026-01-05 09:00", "2026-01-20 18:00", "2026-02-05 09:00"],
    ),
    "only-added": (START + "RDATE:20260120T180000", ["2026-01-20 18:00"]),
    "two-rules": (
        START + "RRULE:FREQ=WEEKLY\nRRULE:FREQ=MONTHLY;BYMONTHDAY=6",
        ["2026-01-05 09:00", "2026-01-06 09:00", "2026-01-12 09:00"],
    ),
    "counted": (START + "RRULE:FREQ=DAILY;COUNT=2", ["2026-01-05 09:00", "2026-01-06 09:00"]),
    "until": (
        START + "RRULE:FREQ=DAILY;UNTIL=20260106T090000",
        ["2026-01-05 09:00", "2026-01-06 09:00"],
    ),
    "until-in-utc": (
        START + "RRULE:FREQ=DAILY;UNTIL=20260106T080000Z",
        ["2026-01-05 09:00", "2026-01-06 09:00"],
    ),
    "its-own-zone": (
        "DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=YEARLY",
        ["2026-01-05 09:00", "2027-01-05 09:00"],
    ),
    "folded-and-in-small-letters": (
        "dtstart:20260105T090000\r\nrrule:freq=weekly;\r\n byday=tu\r\n",
        ["2026-01-06 09:00"],
    ),
    "without-its-name": (START + "FREQ=WEEKLY;BYDAY=TU", ["2026-01-06 09:00"]),
    "a-date-is-midnight": ("DTSTART:20260105\nRRULE:FREQ=WEEKLY", ["2026-01-05 00:00"]),
    "leap-day": (
        "DTSTART:20240229T090000\nRRULE:FREQ=YEARLY",
        ["2028-02-29 09:00", "2032-02-29 09:00"],
    ),
    "seven-hours": (
        START + "RRULE:FREQ=HOURLY;INTERVAL=7",
        ["2026-01-05 09:00", "2026-01-05 16:00", "2026-01-05 23:00", "2026-01-06 06:00"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_recurrence_is_read_as_rfc_5545_has_it(text: str, expected: list[str]) -> None:
    assert slots_of(text, "2026-01-01", len(expected)) == expected


def test_a_recurrence_follows_the_rules_for_clock_changes() -> None:
    text = "DTSTART:20260328T023000\nRRULE:FREQ=DAILY"
    assert slots_of(text, "2026-03-28", 3) == [
        "2026-03-28 02:30", "2026-03-29 02:30 gap", "2026-03-30 02:30",
    ]  # fmt: skip
    assert slots_of(text, "2026-10-24T12:00", 1) == ["2026-10-25 02:30 fold"]


@pytest.mark.parametrize("zone", ["UTC", BERLIN])
def test_utc_stamps_are_for_schedules_in_utc(zone: str) -> None:
    text = "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY"
    if zone == "UTC":
        assert slots_of(text, "2026-01-01", 1, zone) == ["2026-01-05 09:00"]
        return
    (problem,) = problems_of(text, zone)
    assert "write 20260105T100000" in problem.message


REFUSED = {
    "nothing": ("", "is not a text"),
    "number": (5, "is not a text"),
    "no-start": ("RRULE:FREQ=DAILY", "DTSTART is missing"),
    "two-starts": (START + START + "RRULE:FREQ=DAILY", "DTSTART is given twice"),
    "no-rule": (START, "nothing is repeated"),
    "another-zone": (
        "DTSTART;TZID=America/New_York:20260105T090000\nRRULE:FREQ=DAILY",
        "the schedule is in Europe/Berlin",
    ),
    "exrule": (START + "RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", "'EXRULE:FREQ=WEEKLY'"),
    "whole-calendar": ("BEGIN:VCALENDAR\n" + START + "RRULE:FREQ=DAILY", "'BEGIN:VCALENDAR'"),
    "no-freq": (START + "RRULE:INTERVAL=2", "FREQ is missing"),
    "freq": (START + "RRULE:FREQ=HORLY", "is none of YEARLY"),
    "secondly": (START + "RRULE:FREQ=SECONDLY", "minute precision"),
    "interval-0": (START + "RRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is not a number"),
    "count-0": (START + "RRULE:FREQ=DAILY;COUNT=0", "COUNT=0 is not a number"),
    "count-and-until": (
        START + "RRULE:FREQ=DAILY;COUNT=3;UNTIL=20270101T000000",
        "exclude each other",
    ),
    "until-before": (START + "RRULE:FREQ=DAILY;UNTIL=20250101T000000", "is before DTSTART"),
    "weekday": (START + "RRULE:FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX is not a weekday"),
    "counted-weekday": (START + "RRULE:FREQ=WEEKLY;BYDAY=1MO", "does not go with FREQ=WEEKLY"),
    "sixth-monday": (START + "RRULE:FREQ=MONTHLY;BYDAY=6MO", "further than a month"),
    "53rd-tuesday-of-february": (
        START + "RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=53TU",
        "further than a month",
    ),
    "month": (START + "RRULE:FREQ=DAILY;BYMONTH=13", "BYMONTH=13"),
    "hour": (START + "RRULE:FREQ=DAILY;BYHOUR=24", "BYHOUR=24"),
    "month-day-in-a-week": (START + "RRULE:FREQ=WEEKLY;BYMONTHDAY=3", "does not go with"),
    "position-of-nothing": (START + "RRULE:FREQ=MONTHLY;BYSETPOS=1", "needs another BY part"),
    "unknown-part": (START + "RRULE:FREQ=DAILY;FOO=1", "FOO=1 is not a part"),
    "part-twice": (START + "RRULE:FREQ=DAILY;FREQ=DAILY", "FREQ is given twice"),
    "no-pair": (START + "RRULE:FREQ=DAILY;COUNT", "'COUNT' is not NAME=VALUE"),
    "start-no-day": ("DTSTART:20260231T090000\nRRULE:FREQ=DAILY", "no time of the calendar"),
    "start-seconds": ("DTSTART:20260105T090030\nRRULE:FREQ=DAILY", "has seconds"),
    "start-iso": ("DTSTART:2026-01-05T09:00\nRRULE:FREQ=DAILY", "is not a date and time"),
    "excluded-day": (START + "RRULE:FREQ=DAILY\nEXDATE:20260106", "has no time of day"),
    "too-often": (START + "RRULE:FREQ=MINUTELY;INTERVAL=4", "4 minutes apart"),
    "too-often-by-lists": (START + "RRULE:FREQ=DAILY;BYHOUR=9;BYMINUTE=0,1", "1 minute apart"),
    "too-long": (START + "RRULE:FREQ=DAILY\nEXDATE:" + "20260105T090000," * 2_000, "is longer"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_malformed_recurrence_is_refused_with_its_reason(text: object, words: str) -> None:
    problems = problems_of(text)
    assert words in " ".join(problem.message for problem in problems)
    assert {problem.path for problem in problems} == {"config.rrule"}
    assert all(problem.allowed and problem.example for problem in problems)


def test_all_problems_of_all_lines_come_at_once() -> None:
    text = "DTSTART:x\nRRULE:FREQ=DALY;BYHOUR=99\nEXRULE:FREQ=DAILY\nRDATE:y"
    assert len(problems_of(text)) == 5


NEVER = {
    "yearly": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "monthly": "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
    "weekly": "FREQ=WEEKLY;INTERVAL=2;BYMONTH=2;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSETPOS=2",
    "daily": "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    "hourly": "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31",
    "minutely": "FREQ=MINUTELY;INTERVAL=5;BYMONTH=2;BYMONTHDAY=31",
}


@pytest.mark.parametrize("rule", NEVER.values(), ids=NEVER.keys())
def test_a_recurrence_that_never_comes_is_found_out(rule: str) -> None:
    (problem,) = problems_of(START + f"RRULE:{rule}")
    assert "never matches" in problem.message


def test_a_long_recurrence_is_not_read_from_its_beginning() -> None:
    rule = parse_rule(
        "custom", {"rrule": "DTSTART:19800105T090000\nRRULE:FREQ=MINUTELY;INTERVAL=7"}, "UTC"
    )
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = [slot.utc for slot in slots_between(rule, start, start + timedelta(days=60))]
    begun = datetime(1980, 1, 5, 9, tzinfo=UTC)
    assert all((utc - begun) % timedelta(minutes=7) == timedelta() for utc in found)
    assert len(found) in (12_342, 12_343)
    assert calculate_next_run(rule, start - timedelta(days=9_000)).utc < found[0]  # type: ignore[union-attr]


def test_one_rule_serves_many_threads() -> None:
    rule = parse_rule("custom", {"rrule": START + "RRULE:FREQ=MONTHLY;BYMONTHDAY=1"}, "UTC")
    moments = [datetime(2026 + n % 20, 1 + n % 12, 2, tzinfo=UTC) for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        slots = list(pool.map(lambda moment: calculate_next_run(rule, moment), moments))
    for moment, slot in zip(moments, slots, strict=True):
        assert slot is not None
        assert timedelta() < slot.utc - moment < timedelta(days=31)


HARD = {
    "minutely-position": "FREQ=MINUTELY;INTERVAL=5;BYSETPOS=5;BYDAY=MO",
    "minutely-days": "FREQ=MINUTELY;INTERVAL=5;BYMONTHDAY=1,2;BYYEARDAY=-1;BYHOUR=5,6",
    "interval-0": "FREQ=MINUTELY;INTERVAL=0",
}


@pytest.mark.parametrize("rule", HARD.values(), ids=HARD.keys())
def test_a_search_that_would_take_hours_is_not_begun(rule: str) -> None:
    assert problems_of(START + f"RRULE:{rule}")
