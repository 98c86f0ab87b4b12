"""The calendar against a brute force that walks every minute around clock changes of many zones."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autopilot.domain.recurrence.civil_time import LONGEST_GAP, zone_of
from autopilot.domain.recurrence.rules import Rule, parse_rule
from autopilot.domain.recurrence.slots import calculate_next_run, slots_between
from autopilot.errors import RuleInvalid

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SEEDED = settings(derandomize=True, database=None, deadline=None, max_examples=12)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

WINDOWS = {
    "Berlin-forward": ("Europe/Berlin", date(2026, 3, 29)),
    "Berlin-back": ("Europe/Berlin", date(2026, 10, 25)),
    "New-York-forward": ("America/New_York", date(2026, 3, 8)),
    "New-York-back": ("America/New_York", date(2026, 11, 1)),
    "Lord-Howe-back-half-an-hour": ("Australia/Lord_Howe", date(2026, 4, 5)),
    "Lord-Howe-forward-half-an-hour": ("Australia/Lord_Howe", date(2026, 10, 4)),
    "Apia-loses-a-day": ("Pacific/Apia", date(2011, 12, 30)),
    "Kwajalein-loses-a-day": ("Pacific/Kwajalein", date(1993, 8, 21)),
    "Cairo-forward-at-midnight": ("Africa/Cairo", date(2026, 4, 24)),
    "Cairo-back-to-the-day-before": ("Africa/Cairo", date(2026, 10, 29)),
    "Sao-Paulo-forward-at-midnight": ("America/Sao_Paulo", date(2018, 11, 4)),
    "Sao-Paulo-back-to-the-day-before": ("America/Sao_Paulo", date(2018, 2, 17)),
    "Nuuk-forward-up-to-midnight": ("America/Nuuk", date(2024, 3, 30)),
    "St-Johns-forward-at-00:01": ("America/St_Johns", date(2011, 3, 13)),
    "St-Johns-back-at-00:01": ("America/St_Johns", date(2010, 11, 7)),
    "Caracas-back-half-an-hour": ("America/Caracas", date(2007, 12, 9)),
    "Troll-forward-two-hours": ("Antarctica/Troll", date(2026, 3, 29)),
    "Kathmandu-never": ("Asia/Kathmandu", date(2026, 3, 1)),
    "Pyongyang-end-of-month": ("Asia/Pyongyang", date(2018, 5, 4)),
    "UTC-leap-day": ("UTC", date(2024, 2, 29)),
    "UTC-year-end": ("UTC", date(2026, 12, 31)),
}
everywhere = pytest.mark.parametrize(("zone", "day"), WINDOWS.values(), ids=WINDOWS.keys())


@dataclass(frozen=True, kw_only=True)
class Minute:
    """A real minute, the wall time it shows, and the wall times the clock left out just before it."""

    utc: datetime
    wall: datetime
    left_out: tuple[datetime, ...]


@lru_cache(maxsize=len(WINDOWS))
def walk(zone: str, day: date) -> tuple[Minute, ...]:
    """Every minute from three days before to four days after a date, read off the clock one by one."""
    info = zone_of(zone).info
    utc = datetime(day.year, day.month, day.day, tzinfo=UTC) - 3 * DAY
    minutes, before = [], utc.astimezone(info).replace(tzinfo=None)
    for _ in range(7 * 24 * 60):
        utc += MINUTE
        wall = utc.astimezone(info).replace(tzinfo=None)
        missing = max((wall - before) // MINUTE - 1, 0)
        left_out = tuple(before + n * MINUTE for n in range(1, missing + 1))
        minutes.append(Minute(utc=utc, wall=wall, left_out=left_out))
        before = wall
    return tuple(minutes)


Matches = Callable[[datetime], bool]


def by_wall_clock(minutes: tuple[Minute, ...], matches: Matches) -> Iterator[datetime]:
    """First instant after a short gap, the first of two, one firing for one instant."""
    seen: set[datetime] = set()
    for minute in minutes:
        short = len(minute.left_out) * MINUTE <= LONGEST_GAP
        moved = short and any(matches(wall) for wall in minute.left_out)
        if moved or (minute.wall not in seen and matches(minute.wall)):
            yield minute.utc
        seen.add(minute.wall)


def by_real_time(minutes: tuple[Minute, ...], matches: Matches) -> Iterator[datetime]:
    for minute in minutes:
        if matches(minute.wall):
            yield minute.utc


def agree(rule: Rule, zone: str, day: date, expected: list[datetime]) -> None:
    """The core days agree as a sequence, and one by one from instants in between."""
    middle = datetime(day.year, day.month, day.day, tzinfo=UTC)
    start, end = middle - 2 * DAY, middle + 3 * DAY
    wanted = [utc for utc in expected if start < utc <= end]
    slots = list(slots_between(rule, start, end))
    assert [slot.utc for slot in slots] == wanted
    info = zone_of(zone).info
    for slot in slots:
        shown = slot.utc.astimezone(info)
        is_moved = any(flag.code == "gap" for flag in slot.flags)
        assert (shown.replace(tzinfo=None) != slot.local) == is_moved
        assert is_moved or shown.fold == slot.fold
    for hours in range(0, 120, 7):
        after = start + timedelta(hours=hours, minutes=hours, microseconds=hours % 2)
        following = next((utc for utc in wanted if utc > after), None)
        found = calculate_next_run(rule, after)
        if following is not None:
            assert found is not None
            assert found.utc == following


clock_times = st.tuples(
    st.sampled_from([0, 1, 2, 3, 22, 23, *range(24)]), st.sampled_from([0, 1, 15, 30, 31, 45, 59])
)
times_of_day = st.lists(clock_times, min_size=1, max_size=8, unique=True)


def written(times: list[tuple[int, int]]) -> list[str]:
    return [f"{hour:02}:{minute:02}" for hour, minute in times]


def parsed(schedule_type: str, config: dict[str, object], zone: str) -> Rule:
    """The rule; an example whose times are too close together is passed over."""
    try:
        return parse_rule(schedule_type, config, zone)
    except RuleInvalid as refused:
        assume(not all("apart" in problem.message for problem in refused.problems))
        raise


@everywhere
@SEEDED
@given(times=times_of_day)
def test_daily_rules_agree_with_the_clock(
    zone: str, day: date, times: list[tuple[int, int]]
) -> None:
    rule = parsed("daily", {"times": written(times)}, zone)
    wanted = set(times)
    expected = by_wall_clock(walk(zone, day), lambda wall: (wall.hour, wall.minute) in wanted)
    agree(rule, zone, day, list(expected))


@everywhere
@SEEDED
@given(
    times=times_of_day,
    days=st.lists(st.integers(0, 6), min_size=1, unique=True),
    every=st.integers(1, 3),
    shift=st.integers(-30, 3),
)
def test_weekly_rules_agree_with_the_clock(
    zone: str, day: date, times: list[tuple[int, int]], days: list[int], every: int, shift: int
) -> None:
    anchor = day + shift * DAY
    config = {
        "days": [WEEKDAYS[number] for number in days],
        "times": written(times),
        "every": every,
        "anchor": anchor.isoformat(),
    }
    rule = parsed("weekly", config, zone)
    wanted = set(times)
    week_of_anchor = anchor.isocalendar()
    first_monday = date.fromisocalendar(week_of_anchor.year, week_of_anchor.week, 1)

    def matches(wall: datetime) -> bool:
        if wall.weekday() not in days or (wall.hour, wall.minute) not in wanted:
            return False
        weeks = (wall.date() - first_monday).days // 7
        return wall.date() >= anchor and weeks % every == 0

    agree(rule, zone, day, list(by_wall_clock(walk(zone, day), matches)))


@everywhere
@SEEDED
@given(
    times=times_of_day,
    days=st.lists(st.sampled_from([*range(1, 32), -1]), min_size=1, max_size=9, unique=True),
    missing_day=st.sampled_from(["last", "skip"]),
)
def test_monthly_rules_agree_with_the_clock(
    zone: str, day: date, times: list[tuple[int, int]], days: list[int], missing_day: str
) -> None:
    rule = parsed(
        "monthly", {"days": days, "missing_day": missing_day, "times": written(times)}, zone
    )
    wanted = set(times)

    def matches(wall: datetime) -> bool:
        if (wall.hour, wall.minute) not in wanted:
            return False
        is_last = wall.day == monthrange(wall.year, wall.month)[1]
        beyond = missing_day == "last" and any(number > wall.day for number in days)
        return wall.day in days or (is_last and (-1 in days or beyond))

    agree(rule, zone, day, list(by_wall_clock(walk(zone, day), matches)))


@everywhere
@SEEDED
@given(
    minutes=st.lists(
        st.sampled_from([0, 1, 7, 15, 30, 45, 59]), min_size=1, max_size=3, unique=True
    ),
    hours=st.lists(st.sampled_from([0, 1, 2, 3, 4, 12, 23]), min_size=1, max_size=6, unique=True),
    weekdays=st.none() | st.lists(st.integers(0, 6), min_size=1, max_size=5, unique=True),
)
def test_fixed_hour_cron_agrees_with_the_clock(
    zone: str, day: date, minutes: list[int], hours: list[int], weekdays: list[int] | None
) -> None:
    on = "*" if weekdays is None else ",".join(map(str, weekdays))
    line = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * {on}"
    rule = parsed("custom", {"cron": line}, zone)

    def matches(wall: datetime) -> bool:
        if wall.minute not in minutes or wall.hour not in hours:
            return False
        return weekdays is None or wall.isoweekday() % 7 in weekdays

    agree(rule, zone, day, list(by_wall_clock(walk(zone, day), matches)))


@everywhere
@SEEDED
@given(
    minute=st.sampled_from(["0", "30", "*/5", "*/20", "5/25", "0,30"]),
    hour=st.sampled_from(["*", "*/2", "*/3", "1-5/2", "0/1"]),
    weekday=st.sampled_from(["*", "0", "1-5", "6"]),
)
def test_elapsed_cron_fires_at_every_real_match(
    zone: str, day: date, minute: str, hour: str, weekday: str
) -> None:
    rule = parsed("custom", {"cron": f"{minute} {hour} * * {weekday}"}, zone)
    steps = {
        "0": range(1),
        "30": range(30, 31),
        "*/5": range(0, 60, 5),
        "*/20": range(0, 60, 20),
    }
    minutes = {**steps, "5/25": range(5, 60, 25), "0,30": range(0, 60, 30)}[minute]
    spans = {"*": range(24), "*/2": range(0, 24, 2), "*/3": range(0, 24, 3)}
    hours = {**spans, "1-5/2": range(1, 6, 2), "0/1": range(24)}[hour]
    days = {"*": range(7), "0": (0,), "1-5": range(1, 6), "6": (6,)}[weekday]

    def matches(wall: datetime) -> bool:
        return wall.minute in minutes and wall.hour in hours and wall.isoweekday() % 7 in days

    agree(rule, zone, day, list(by_real_time(walk(zone, day), matches)))


def fields(low: int, high: int, *more: str) -> st.SearchStrategy[str]:
    """A list, range or single value of a cron field, without stars in it."""
    value = st.integers(low, high)
    spans = st.tuples(value, value).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(value.map(str), spans, st.sampled_from([*more, "*"]))


@settings(SEEDED, max_examples=300)
@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    day=fields(1, 31, "L", "LW", "1,L", "*/9", "1-31"),
    month=fields(1, 12, "jan,jul", "*/5"),
    weekday=fields(0, 7, "mon", "1#1", "5L", "6#5", "*/2", "sun,3#2"),
    days=st.integers(0, 365 * 80),
)
def test_cron_agrees_with_cronsim_where_no_clock_changes(
    minute: int, hour: int, day: str, month: str, weekday: str, days: int
) -> None:
    line = f"{minute} {hour} {day} {month} {weekday}"
    ours = datetime(2020, 1, 1, tzinfo=UTC) + days * DAY
    try:
        rule = parse_rule("custom", {"cron": line}, "UTC")
    except RuleInvalid:
        with pytest.raises((CronSimError, StopIteration)):
            next(CronSim(line, ours))
        return
    theirs = CronSim(line, ours)
    for _ in range(4):
        slot = calculate_next_run(rule, ours)
        assert slot is not None
        ours = slot.utc
        assert ours == next(theirs)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("line", ["0 9 * * 1-5", "30 2 * * *", "15 1 * * 0", "0 0 L * *"])
def test_fixed_hour_cron_agrees_with_cronsim_all_year(zone: str, line: str) -> None:
    rule = parse_rule("custom", {"cron": line}, zone)
    start = datetime(2026, 1, 1, tzinfo=zone_of(zone).info)
    theirs = CronSim(line, start)
    for slot in slots_between(rule, start, start + 365 * DAY):
        assert slot.utc == next(theirs).astimezone(UTC)
