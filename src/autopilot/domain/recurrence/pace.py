"""Whether a rule comes true at all, and not more often than a floor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from autopilot.domain.recurrence.dates import FIRST_DAY
from autopilot.domain.recurrence.rrule import Recurrence
from autopilot.domain.recurrence.slots import calculate_next_run
from autopilot.domain.recurrence.walls import Listed, Walls
from autopilot.domain.recurrence.wording import lasting
from autopilot.errors import Problem

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

_DAY = timedelta(days=1)
_SAMPLED_DATES = 1_000
_SAMPLED_OCCURRENCES = 500
_ANY_INSTANT = datetime(2024, 1, 1, tzinfo=UTC)
_BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)


def pace_problems(rule: Rule, floor: timedelta) -> Iterator[Problem]:
    """Yield the problem with a rule that fires twice within the floor, or never."""
    shortest = _shortest_step(rule, floor)
    if shortest < floor:
        yield Problem(
            path=f"config.{_timing_key(rule)}",
            message=f"fires {lasting(shortest)} apart, which is too often",
            allowed=f"at least {lasting(floor)} between two times",
            example=_EXAMPLES[_timing_key(rule)],
        )
    elif not _ever_matches(rule):
        key = _timing_key(rule)
        yield Problem(
            path=f"config.{key}" if key != "times" else "config",
            message="never matches: no date and time it names ever comes",
            allowed="a rule that comes true at some time",
            example=_NEVER_EXAMPLES.get(key, '{"times": ["08:00"]}'),
        )


_EXAMPLES = {
    "times": '["09:00", "09:05"]',
    "cron": '"*/5 * * * *"',
    "rrule": '"DTSTART:20260105T090000\\nRRULE:FREQ=HOURLY"',
    "interval": '{"hours": 1}',
    "dates": '["2026-12-24T08:00", "2026-12-24T18:00"]',
}
_NEVER_EXAMPLES = {
    "cron": '"0 9 * * 1-5"',
    "rrule": '"DTSTART:20260105T090000\\nRRULE:FREQ=DAILY"',
    "interval": '{"hours": 6}',
    "dates": '["2026-12-24T08:00"]',
}


def _timing_key(rule: Rule) -> str:
    known = rule.config
    return next((key for key in ("cron", "rrule", "interval", "dates") if key in known), "times")


def _shortest_step(rule: Rule, floor: timedelta) -> timedelta:
    if rule.interval is not None:
        return rule.interval.step
    match rule.nominal:
        case Listed(moments=moments):
            return _closest(moments)
        case Recurrence() as recurrence:
            return _closest(_sample(recurrence))
    spans = [timedelta(hours=moment.hour, minutes=moment.minute) for moment in rule.times]
    steps = [later - earlier for earlier, later in pairwise(spans)]
    over_midnight = spans[0] + _DAY - spans[-1]
    if over_midnight < floor and has_neighbours(rule.walls):
        steps.append(over_midnight)
    return min(steps, default=_DAY)


def _sample(recurrence: Recurrence) -> list[datetime]:
    """Return enough occurrences to find two that are close: none where each date has one time."""
    if recurrence.has_one_time_a_day:
        return []
    return recurrence.first(_SAMPLED_OCCURRENCES)


def _closest(moments: Iterable[datetime]) -> timedelta:
    return min((later - earlier for earlier, later in pairwise(moments)), default=_DAY)


def has_neighbours(walls: Walls) -> bool:
    """Tell whether two dates in a row match, from a sample that covers any pattern of leap days."""
    day: date | None = walls.on_or_after(FIRST_DAY)
    for _ in range(_SAMPLED_DATES):
        if day is None:
            return False
        following = walls.on_or_after(day + _DAY)
        if following == day + _DAY:
            return True
        day = following
    return False


def _ever_matches(rule: Rule) -> bool:
    """Tell whether a slot ever comes; a rule that has ended is looked at from its beginning."""
    if calculate_next_run(rule, _ANY_INSTANT) is not None:
        return True
    has_end = rule.amendments.end is not None or isinstance(rule.nominal, (Listed, Recurrence))
    return has_end and calculate_next_run(rule, _BEGINNING) is not None
