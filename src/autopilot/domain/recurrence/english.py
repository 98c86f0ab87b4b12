"""A rule as an English sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from cronsim import CronSim

from autopilot.domain.recurrence.cron import Cron
from autopilot.domain.recurrence.dates import (
    FIRST_DAY,
    LAST,
    Dates,
    DaysOfMonth,
    EveryDay,
    EveryMonth,
    EveryWeek,
    MissingDay,
    NthWeekday,
    NumberedDays,
)
from autopilot.domain.recurrence.rules import Rule

WEEKDAY_NAMES = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST: "last"}
_MOST_TIMES_NAMED = 12
_SHORTEST_MONTH = 28
_WORKING_WEEK = (0, 1, 2, 3, 4)
_WHOLE_WEEK = (*_WORKING_WEEK, 5, 6)


def sentence(rule: Rule) -> str:
    """Return the sentence, without a full stop: when, at what times, by which zone's clock."""
    by_clock = "UTC" if rule.timezone == "UTC" else f"{rule.timezone} time"
    if rule.cron is not None:
        return f"{_cron(rule.cron)}, {by_clock}"
    return f"{_dates(rule.dates)} at {_times(rule.times)}, {by_clock}"


def _cron(cron: Cron) -> str:
    words = CronSim(cron.fields, datetime.combine(FIRST_DAY, time())).explain()
    return f"{words} (cron {cron.given.strip()})"


def _times(times: Sequence[time]) -> str:
    if len(times) > _MOST_TIMES_NAMED:
        return f"{len(times)} times from {times[0]:%H:%M} to {times[-1]:%H:%M}"
    return listed([f"{moment:%H:%M}" for moment in times])


def _dates(dates: Dates) -> str:
    match dates:
        case EveryDay(every=every, anchor=anchor):
            return ("Every day" if every == 1 else f"Every {every} days") + _since(anchor)
        case EveryWeek(days=days, every=every, anchor=anchor):
            return _weeks(days, every) + _since(anchor)
        case EveryMonth(days=days, every=every, anchor=anchor):
            month = "month" if every == 1 else f"{_ordinal(every)} month"
            return f"On {_days(days, month)}{_since(anchor)}"
    raise TypeError(f"no words for {type(dates).__name__}")


def _weeks(days: tuple[int, ...], every: int) -> str:
    names = listed([WEEKDAY_NAMES[day] for day in days])
    if every > 1:
        return f"Every {every} weeks on {names}"
    if days == _WHOLE_WEEK:
        return "Every day"
    return "Every weekday (Monday to Friday)" if days == _WORKING_WEEK else f"Every {names}"


def _days(days: DaysOfMonth, month: str) -> str:
    match days:
        case NthWeekday(nth=nth, weekday=weekday):
            where = " that has one" if nth == max(_NTH) else ""
            return f"the {_NTH[nth]} {WEEKDAY_NAMES[weekday]} of every {month}{where}"
        case NumberedDays(days=numbers, missing_day=missing_day):
            named = [f"the {_ordinal(number)}" for number in numbers if number != LAST]
            named += ["the last day"] * (LAST in numbers)
            return f"{listed(named)} of every {month}{_if_shorter(numbers, missing_day)}"
    raise TypeError(f"no words for {type(days).__name__}")


def _if_shorter(numbers: tuple[int, ...], missing_day: MissingDay) -> str:
    if max(numbers) <= _SHORTEST_MONTH:
        return ""
    if missing_day is MissingDay.LAST:
        return " (the last day where a month is shorter)"
    return " (left out where a month is shorter)"


def _since(anchor: date | None) -> str:
    if anchor is None:
        return ""
    return f" from {anchor.day} {_MONTH_NAMES[anchor.month - 1]} {anchor.year}"


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def listed(words: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
