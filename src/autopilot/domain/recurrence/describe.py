"""A rule in words: one plain sentence, and what a person should know before trusting it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time

from autopilot.domain.recurrence import english
from autopilot.domain.recurrence.civil_time import tzdata_version, zone_of
from autopilot.domain.recurrence.cron import CronDays
from autopilot.domain.recurrence.dates import (
    EveryMonth,
    MissingDay,
    NthWeekday,
    NumberedDays,
)
from autopilot.domain.recurrence.rules import Rule

_SENTENCES: dict[str, Callable[[Rule], str]] = {"en": english.sentence}
_CLOCKS_CHANGE_BEFORE = time(3, 0)
_FALLBACK_YEAR = 2026
_SHORTEST_MONTH = 28
_FIFTH = 5


def describe(rule: Rule, locale: str = "en") -> str:
    """Return one sentence such as "Every Monday at 09:00, Europe/Berlin time".

    `locale` is a language tag ("de", "de-AT"); a language without sentences of its own gets
    English.
    """
    language = locale.replace("_", "-").split("-")[0].lower()
    return _SENTENCES.get(language, english.sentence)(rule)


def warnings(rule: Rule) -> tuple[str, ...]:
    """Return what may surprise: times when clocks change, days not every month has, cron's two days."""
    return (*_clock_change(rule), *_rare_days(rule), *_two_day_fields(rule))


def _clock_change(rule: Rule) -> Iterator[str]:
    risky = [moment for moment in rule.times if moment < _CLOCKS_CHANGE_BEFORE]
    if not risky or not _has_clock_changes(rule.timezone):
        return
    if not rule.is_elapsed:
        yield (
            f"{english.listed([f'{moment:%H:%M}' for moment in risky[:3]])}"
            f"{' and others' if len(risky) > 3 else ''} can fall into a clock change of {rule.timezone}:"
            " a time that is left out runs at the first time after it, a time that comes twice runs"
            " the first time only"
        )
    elif {moment.hour for moment in rule.times} != set(range(24)):
        yield (
            f"times before 03:00 can fall into a clock change of {rule.timezone}: this cron line"
            " counts real time, so a time that is left out does not run and one that comes twice"
            " runs twice"
        )


def _has_clock_changes(timezone: str) -> bool:
    """Tell whether clocks change in the year of the time zone database, which knows no later plan."""
    stated = tzdata_version()[:4]
    year = int(stated) if stated.isdecimal() else _FALLBACK_YEAR
    return zone_of(timezone).changes(year)


def _rare_days(rule: Rule) -> Iterator[str]:
    if not isinstance(rule.dates, EveryMonth):
        return
    match rule.dates.days:
        case NumberedDays(days=numbers, missing_day=missing_day):
            for number in numbers:
                if number > _SHORTEST_MONTH:
                    yield _rare_day(number, missing_day)
        case CronDays(numbers=numbers) if max(numbers, default=0) > _SHORTEST_MONTH > len(numbers):
            named = english.listed([str(number) for number in numbers if number > _SHORTEST_MONTH])
            yield f"day {named}: cron leaves out a month without it; L is the last day of any month"
        case NthWeekday(nth=nth, weekday=weekday) if nth == _FIFTH:
            name = english.WEEKDAY_NAMES[weekday]
            yield f"a month without a fifth {name} has no issue"


def _rare_day(number: int, missing_day: MissingDay) -> str:
    if missing_day is MissingDay.LAST:
        return f"day {number}: a month without it runs on its last day (missing_day last)"
    return f"day {number}: a month without it has no issue (missing_day skip)"


def _two_day_fields(rule: Rule) -> Iterator[str]:
    if rule.cron is None:
        return
    day, weekday = rule.cron.day_fields
    if "*" in (day, weekday):
        return
    needed = "both match" if rule.cron.needs_both_days else "either matches"
    yield (
        f"day-of-month {day} and day-of-week {weekday} are both set: a day counts when {needed}"
        " (as in Vixie and Debian cron: either, but both where one of the two starts with *)"
    )
