"""A rule in words: one plain sentence, and what a person should know before trusting it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time

from autopilot.domain.policies import Fold, Gap
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
from autopilot.domain.recurrence.wording import WEEKDAY_NAMES, listed

_SENTENCES: dict[str, Callable[[Rule], str]] = {"en": english.sentence}
_CLOCKS_CHANGE_BEFORE = time(3, 0)
_FALLBACK_YEAR = 2026
_SHORTEST_MONTH = 28
_FIFTH = 5
_SAMPLED = 50


def describe(rule: Rule, locale: str = "en") -> str:
    """Return one sentence such as "Every Monday at 09:00, Europe/Berlin time".

    `locale` is a language tag ("de", "de-AT"); a language without sentences of its own gets
    English.
    """
    language = locale.replace("_", "-").split("-")[0].lower()
    return _SENTENCES.get(language, english.sentence)(rule)


def warnings(rule: Rule) -> tuple[str, ...]:
    """Return what may surprise: times when clocks change, days not every month has, cron's two days."""
    return (
        *_clock_change(rule),
        *_rare_days(rule),
        *_two_day_fields(rule),
        *_recurrence_traps(rule),
    )


_GAP_OUTCOMES = {
    Gap.NEXT_VALID: "runs at the first time after it",
    Gap.SHIFT: "runs as much later as the clock jumps",
    Gap.SKIP: "does not run",
}
_FOLD_OUTCOMES = {
    Fold.FIRST: "runs the first time only",
    Fold.SECOND: "runs the second time only",
    Fold.BOTH: "runs twice",
}


def _clock_change(rule: Rule) -> Iterator[str]:
    risky = [moment for moment in _times(rule) if moment < _CLOCKS_CHANGE_BEFORE]
    if not risky or not _has_clock_changes(rule.timezone):
        return
    if not rule.is_elapsed:
        yield (
            f"{listed([f'{moment:%H:%M}' for moment in risky[:3]])}"
            f"{' and others' if len(risky) > 3 else ''} can fall into a clock change of {rule.timezone}:"
            f" a time that is left out {_GAP_OUTCOMES[rule.gap]}, a time that comes twice"
            f" {_FOLD_OUTCOMES[rule.fold]}"
        )
    elif {moment.hour for moment in rule.times} != set(range(24)):
        yield (
            f"times before 03:00 can fall into a clock change of {rule.timezone}: this cron line"
            " counts real time, so a time that is left out does not run and one that comes twice"
            " runs twice"
        )


def _times(rule: Rule) -> list[time]:
    """Return the times of day, of a recurrence those that come first."""
    if rule.recurrence is None:
        return list(rule.times)
    if rule.recurrence.has_one_time_a_day:
        return [moment.time() for moment in rule.recurrence.first(1)]
    return sorted({moment.time() for moment in rule.recurrence.first(_SAMPLED)})


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
            named = listed([str(number) for number in numbers if number > _SHORTEST_MONTH])
            yield f"day {named}: cron leaves out a month without it; L is the last day of any month"
        case NthWeekday(nth=nth, weekday=weekday) if nth == _FIFTH:
            name = WEEKDAY_NAMES[weekday]
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


def _recurrence_traps(rule: Rule) -> Iterator[str]:
    if rule.recurrence is None:
        return
    if rule.recurrence.start not in (*rule.recurrence.added, *rule.recurrence.first(1)):
        yield (
            "DTSTART itself does not match the RRULE and does not run; the first one is"
            f" {rule.recurrence.first(1)[0]:%Y-%m-%d %H:%M}"
        )
    for series in rule.recurrence.series:
        until = series.parts.get("UNTIL", "T")
        if "T" not in until:
            yield f"UNTIL={until} means midnight at the beginning of that day, which has no slot then"
        days = series.parts.get("BYMONTHDAY", str(rule.recurrence.start.day))
        is_monthly = series.parts["FREQ"] == "MONTHLY" and "BYDAY" not in series.parts
        for number in (int(item) for item in days.split(",")):
            if is_monthly and number > _SHORTEST_MONTH:
                yield f"day {number}: RRULE leaves out a month without it; BYMONTHDAY=-1 is the last day"
