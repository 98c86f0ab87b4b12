"""The four kinds of schedule: which keys each has, and the timing they describe."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from autopilot.domain.recurrence.amending import COMMON_KEYS
from autopilot.domain.recurrence.custom import CHOICES, read_custom
from autopilot.domain.recurrence.dates import (
    BusinessDayOfMonth,
    Dates,
    DaysOfMonth,
    EveryDay,
    EveryMonth,
    EveryWeek,
    MissingDay,
    NthWeekday,
    NumberedDays,
    Weekdays,
)
from autopilot.domain.recurrence.reading import Reading
from autopilot.domain.recurrence.timing import Timing
from autopilot.domain.recurrence.walls import Steady


class ScheduleType(StrEnum):
    """The four kinds of schedule."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CUSTOM = "custom"


EXAMPLES = {
    ScheduleType.DAILY: '{"times": ["08:00"]}',
    ScheduleType.WEEKLY: '{"days": ["mon"], "times": ["09:00"]}',
    ScheduleType.MONTHLY: '{"days": [1], "times": ["09:00"]}',
    ScheduleType.CUSTOM: '{"cron": "0 9 * * 1-5"}',
}
KEYS = {
    ScheduleType.DAILY: ("times", "every", "anchor", "business_days_only"),
    ScheduleType.WEEKLY: ("days", "times", "every", "anchor"),
    ScheduleType.MONTHLY: (
        *("days", "missing_day", "nth", "weekday", "business_day", "times", "every", "anchor"),
    ),
    ScheduleType.CUSTOM: (*CHOICES, "anchor"),
}
_MONTHLY_CHOICES = {
    "business_day": ("business_day",),
    "nth": ("nth", "weekday"),
    "days": ("days", "missing_day"),
}


def check_keys(reading: Reading, kind: ScheduleType) -> None:
    """Note every key that a kind of schedule does not have."""
    of = f"a {kind} schedule"
    reading.only((*KEYS[kind], *COMMON_KEYS), of=of, example=EXAMPLES[kind])


def _read_daily(reading: Reading) -> Timing | None:
    times = reading.times()
    every, anchor = reading.every()
    dates: Dates = EveryDay(every=every, anchor=anchor)
    if reading.is_set("business_days_only"):
        dates = Weekdays(dates=EveryDay(every=every, anchor=anchor), calendar=reading.calendar)
    return None if times is None else Timing(nominal=Steady(dates=dates, times=times), times=times)


def _read_weekly(reading: Reading) -> Timing | None:
    days, times = reading.weekdays(), reading.times()
    every, anchor = reading.every()
    if days is None or times is None:
        return None
    dates = EveryWeek(days=days, every=every, anchor=anchor)
    return Timing(nominal=Steady(dates=dates, times=times), times=times)


def _read_monthly(reading: Reading) -> Timing | None:
    days, times = _days_of_month(reading), reading.times()
    every, anchor = reading.every()
    if days is None or times is None:
        return None
    dates = EveryMonth(days=days, every=every, anchor=anchor)
    return Timing(nominal=Steady(dates=dates, times=times), times=times)


def _days_of_month(reading: Reading) -> DaysOfMonth | None:
    given = [
        choice
        for choice, keys in _MONTHLY_CHOICES.items()
        if any(key in reading.config for key in keys)
    ]
    chosen = given[0] if given else "days"
    for key in (key for choice in given[1:] for key in _MONTHLY_CHOICES[choice]):
        if key in reading.config:
            reading.refuse(
                key,
                f"cannot stand beside {' and '.join(_MONTHLY_CHOICES[chosen])}",
                allowed="one of days; nth and weekday; business_day",
                example='{"nth": 1, "weekday": "tue", "times": ["09:00"]}',
            )
    return _DAY_READERS[chosen](reading)


def _business_day(reading: Reading) -> DaysOfMonth | None:
    nth = reading.business_day()
    return None if nth is None else BusinessDayOfMonth(nth=nth, calendar=reading.calendar)


def _nth_weekday(reading: Reading) -> DaysOfMonth | None:
    nth, weekday = reading.nth(), reading.weekday()
    return None if nth is None or weekday is None else NthWeekday(nth=nth, weekday=weekday)


def _numbered_days(reading: Reading) -> DaysOfMonth | None:
    days = reading.days_of_month()
    missing_day = reading.choice("missing_day", list(MissingDay), default=MissingDay.LAST)
    return None if days is None else NumberedDays(days=days, missing_day=MissingDay(missing_day))


_DAY_READERS: dict[str, Callable[[Reading], DaysOfMonth | None]] = {
    "days": _numbered_days,
    "nth": _nth_weekday,
    "business_day": _business_day,
}
READERS: dict[ScheduleType, Callable[[Reading], Timing | None]] = {
    ScheduleType.DAILY: _read_daily,
    ScheduleType.WEEKLY: _read_weekly,
    ScheduleType.MONTHLY: _read_monthly,
    ScheduleType.CUSTOM: read_custom,
}
