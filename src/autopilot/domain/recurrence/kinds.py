"""The four kinds of schedule: which keys each has, and the timing they describe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from autopilot.domain.recurrence.cron import ALLOWED, EXAMPLE, Cron, parse_cron
from autopilot.domain.recurrence.dates import (
    Dates,
    DaysOfMonth,
    EveryDay,
    EveryMonth,
    EveryWeek,
    MissingDay,
    NthWeekday,
    NumberedDays,
)
from autopilot.domain.recurrence.reading import Reading
from autopilot.errors import RuleInvalid


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a config says about time, before it has a zone."""

    dates: Dates
    times: tuple[time, ...]
    cron: Cron | None = None


def _read_daily(reading: Reading) -> Timing | None:
    _allow(reading, ScheduleType.DAILY, "times", "every", "anchor")
    times = reading.times()
    every, anchor = reading.every()
    return (
        None if times is None else Timing(dates=EveryDay(every=every, anchor=anchor), times=times)
    )


def _read_weekly(reading: Reading) -> Timing | None:
    _allow(reading, ScheduleType.WEEKLY, "days", "times", "every", "anchor")
    days, times = reading.weekdays(), reading.times()
    every, anchor = reading.every()
    if days is None or times is None:
        return None
    return Timing(dates=EveryWeek(days=days, every=every, anchor=anchor), times=times)


def _read_monthly(reading: Reading) -> Timing | None:
    keys = ("days", "missing_day", "nth", "weekday", "times", "every", "anchor")
    _allow(reading, ScheduleType.MONTHLY, *keys)
    days, times = _days_of_month(reading), reading.times()
    every, anchor = reading.every()
    if days is None or times is None:
        return None
    return Timing(dates=EveryMonth(days=days, every=every, anchor=anchor), times=times)


def _days_of_month(reading: Reading) -> DaysOfMonth | None:
    config = reading.config
    if "nth" not in config and "weekday" not in config:
        days = reading.days_of_month()
        missing_day = reading.choice("missing_day", list(MissingDay), default=MissingDay.LAST)
        if days is None:
            return None
        return NumberedDays(days=days, missing_day=MissingDay(missing_day))
    nth, weekday = reading.nth(), reading.weekday()
    for key in {"days", "missing_day"} & set(config):
        reading.refuse(
            key,
            "cannot stand beside nth and weekday",
            allowed="either days, or nth and weekday",
            example='{"nth": 1, "weekday": "tue", "times": ["09:00"]}',
        )
    return None if nth is None or weekday is None else NthWeekday(nth=nth, weekday=weekday)


def _read_custom(reading: Reading) -> Timing | None:
    _allow(reading, ScheduleType.CUSTOM, "cron")
    text = reading.text("cron", allowed=ALLOWED, example=EXAMPLE)
    if text is None:
        return None
    try:
        cron = parse_cron(text, path="config.cron")
    except RuleInvalid as refused:
        reading.problems += refused.problems
        return None
    return Timing(dates=cron.dates, times=cron.times, cron=cron)


def _allow(reading: Reading, kind: ScheduleType, *keys: str) -> None:
    reading.only(keys, of=f"a {kind} schedule", example=EXAMPLES[kind])


READERS: dict[ScheduleType, Callable[[Reading], Timing | None]] = {
    ScheduleType.DAILY: _read_daily,
    ScheduleType.WEEKLY: _read_weekly,
    ScheduleType.MONTHLY: _read_monthly,
    ScheduleType.CUSTOM: _read_custom,
}
