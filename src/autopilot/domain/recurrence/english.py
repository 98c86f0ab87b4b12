"""A rule as an English sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from cronsim import CronSim

from autopilot.domain.recurrence import english_rrule
from autopilot.domain.recurrence.amendments import Amendments, HolidayMove, HolidayRule
from autopilot.domain.recurrence.cron import Cron
from autopilot.domain.recurrence.dates import (
    FIRST_DAY,
    LAST,
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
from autopilot.domain.recurrence.interval import Interval
from autopilot.domain.recurrence.rrule import Recurrence
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.walls import Listed
from autopilot.domain.recurrence.wording import (
    WEEKDAY_NAMES,
    clock_times,
    lasting,
    listed,
    long_date,
    ordinal,
)

_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST: "last"}
_MOST_NAMED = 5
_SHORTEST_MONTH = 28
_WORKING_WEEK = (0, 1, 2, 3, 4)
_WHOLE_WEEK = (*_WORKING_WEEK, 5, 6)
_MOVES = {
    HolidayMove.SKIP: "except on public holidays {where}",
    HolidayMove.PREVIOUS: "on the business day before where it is a public holiday {where}",
    HolidayMove.NEXT: "on the business day after where it is a public holiday {where}",
}


def sentence(rule: Rule) -> str:
    """Return the sentence, without a full stop: when, what is amended, by which zone's clock."""
    by_clock = "UTC" if rule.timezone == "UTC" else f"{rule.timezone} time"
    return ", ".join([_core(rule), *_amendments(rule), by_clock])


def _core(rule: Rule) -> str:
    if rule.cron is not None:
        return _cron(rule.cron)
    if rule.interval is not None:
        return _interval(rule.interval)
    match rule.nominal:
        case Recurrence() as recurrence:
            return english_rrule.phrase(recurrence)
        case Listed(moments=moments):
            return _listed_moments(moments)
    return f"{_dates(rule.dates)} at {clock_times(rule.times)}"


def _cron(cron: Cron) -> str:
    return f"{_explained(cron.fields)} (cron {' '.join(cron.given.split())})"


@lru_cache(maxsize=1_024)
def _explained(fields: str) -> str:
    return str(CronSim(fields, datetime.combine(FIRST_DAY, time())).explain())


def _interval(interval: Interval) -> str:
    anchor = interval.anchor.astimezone(UTC)
    step = lasting(interval.step)
    return (
        f"Every {step if ' and ' in step else step.removeprefix('1 ')}"
        f" from {long_date(anchor.date())} {anchor:%H:%M} UTC"
    )


def _listed_moments(moments: Sequence[datetime]) -> str:
    if len(moments) > _MOST_NAMED:
        first, last = moments[0].date(), moments[-1].date()
        return f"At {len(moments)} times from {long_date(first)} to {long_date(last)}"
    return "On " + listed([f"{long_date(item.date())} at {item:%H:%M}" for item in moments])


def _dates(dates: Dates) -> str:
    match dates:
        case EveryDay(every=every, anchor=anchor):
            return ("Every day" if every == 1 else f"Every {every} days") + _since(anchor)
        case Weekdays(dates=EveryDay(every=every, anchor=anchor)):
            if every == 1:
                return f"Every business day{_since(anchor)}"
            return f"Every {every} days{_since(anchor)}, business days only,"
        case EveryWeek(days=days, every=every, anchor=anchor):
            return _weeks(days, every) + _since(anchor)
        case EveryMonth(days=days, every=every, anchor=anchor):
            month = "month" if every == 1 else f"{ordinal(every)} month"
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
        case BusinessDayOfMonth(nth=nth):
            return f"the {_counted(nth)} business day of every {month}"
        case NumberedDays(days=numbers, missing_day=missing_day):
            named = [f"the {ordinal(number)}" for number in numbers if number != LAST]
            named += ["the last day"] * (LAST in numbers)
            return f"{listed(named)} of every {month}{_if_shorter(numbers, missing_day)}"
    raise TypeError(f"no words for {type(days).__name__}")


def _counted(nth: int) -> str:
    if nth < LAST:
        return f"{ordinal(-nth)} last"
    return _NTH.get(nth) or ordinal(nth)


def _if_shorter(numbers: tuple[int, ...], missing_day: MissingDay) -> str:
    if max(numbers) <= _SHORTEST_MONTH:
        return ""
    if missing_day is MissingDay.LAST:
        return " (the last day where a month is shorter)"
    return " (left out where a month is shorter)"


def _since(anchor: date | None) -> str:
    return "" if anchor is None else f" from {long_date(anchor)}"


def _amendments(rule: Rule) -> Iterator[str]:
    amendments = rule.amendments
    if amendments.holidays is not None:
        yield _holidays(amendments.holidays)
    if amendments.excluded:
        yield f"not on {_named(sorted(amendments.excluded))}"
    if amendments.included:
        yield f"also on {_named(amendments.included)}"
    yield from _bounds(amendments)
    if rule.max_runs is not None:
        yield "once only" if rule.max_runs == 1 else f"at most {rule.max_runs} times"
    if rule.jitter_seconds:
        yield f"up to {_spread(rule.jitter_seconds)} later to spread the load"


def _holidays(holidays: HolidayRule) -> str:
    calendar = holidays.calendar
    code = "-".join(filter(None, (calendar.country, calendar.subdivision)))
    return _MOVES[holidays.move].format(where=f"of {_country(str(calendar.country))} ({code})")


@lru_cache(maxsize=256)
def _country(code: str) -> str:
    from babel import Locale

    return str(Locale("en").territories.get(code, code))


def _named(days: Sequence[date]) -> str:
    if len(days) > _MOST_NAMED:
        return f"{len(days)} dates from {long_date(days[0])} to {long_date(days[-1])}"
    return listed([long_date(day) for day in days])


def _bounds(amendments: Amendments) -> Iterator[str]:
    start, end = amendments.start, amendments.end
    if start is not None and end is not None:
        yield f"from {long_date(start)} to {long_date(end)}"
    elif start is not None:
        yield f"beginning on {long_date(start)}"
    elif end is not None:
        yield f"until {long_date(end)}"


def _spread(seconds: int) -> str:
    return f"{seconds} seconds" if seconds % 60 else lasting(timedelta(seconds=seconds))
