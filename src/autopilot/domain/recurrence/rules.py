"""From what a user wrote to a rule, or to every reason why it is none.

A rule is local dates times wall times, and what happens to times the clock leaves out or repeats.
A new kind of schedule is a producer in `dates` and a reader in `kinds`; `slots` need not know it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from autopilot.domain.recurrence.civil_time import Fold, Gap
from autopilot.domain.recurrence.cron import Cron
from autopilot.domain.recurrence.dates import FIRST_DAY, Dates
from autopilot.domain.recurrence.kinds import EXAMPLES, READERS, ScheduleType, Timing
from autopilot.domain.recurrence.reading import Reading, zone_problems
from autopilot.domain.recurrence.slots import calculate_next_run
from autopilot.errors import Problem, RuleInvalid

SHORTEST_INTERVAL = timedelta(minutes=5)
"""A rule whose wall times come closer together than this is refused."""

_DAY = timedelta(days=1)
_SAMPLED_DATES = 1_000
_ANY_INSTANT = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A checked rule. Two rules are equal when they were written alike.

    `config_text` is the config as JSON with sorted keys. The rest follows from it: producers of
    dates, wall times ascending, and the policies for a clock change.
    """

    schedule_type: ScheduleType
    config_text: str
    timezone: str
    dates: Dates = field(compare=False)
    times: tuple[time, ...] = field(compare=False)
    gap: Gap = Gap.NEXT_VALID
    fold: Fold = Fold.FIRST
    cron: Cron | None = field(default=None, compare=False)

    @property
    def config(self) -> dict[str, Any]:
        """Return the config as it was given, a fresh copy."""
        return dict(json.loads(self.config_text))

    @property
    def zone_name(self) -> str:
        """Return the IANA name of the zone."""
        return self.timezone

    @property
    def is_elapsed(self) -> bool:
        """Tell whether it fires at every real matching instant, so not by wall clock alone."""
        return self.cron is not None and self.cron.is_elapsed


def parse_rule(schedule_type: str, config: Mapping[str, object], timezone: str) -> Rule:
    """Return the rule these three describe; raises RuleInvalid with every problem at once.

    Only keys of this type are taken; others are refused, never ignored.
    """
    if isinstance(config, Mapping):
        # What JSON cannot hold is no rule either; reading it says where.
        with suppress(TypeError, ValueError, RecursionError):
            text = json.dumps(dict(config), sort_keys=True, ensure_ascii=False)
            return _parse_text(schedule_type, text, timezone)
    return _parse(schedule_type, config, timezone)


@lru_cache(maxsize=4_096)
def _parse_text(schedule_type: str, config_text: str, timezone: str) -> Rule:
    return _parse(schedule_type, json.loads(config_text), timezone)


def _parse(schedule_type: object, config: object, timezone: object) -> Rule:
    problems = [*zone_problems(timezone)]
    timing = _read(schedule_type, config, problems)
    if timing is not None:
        problems += _pace_problems(timing)
    if problems or timing is None:
        raise RuleInvalid("the schedule's rule cannot be used", problems)
    is_elapsed = timing.cron is not None and timing.cron.is_elapsed
    rule = Rule(
        schedule_type=ScheduleType(str(schedule_type)),
        config_text=json.dumps(config, sort_keys=True, ensure_ascii=False),
        timezone=str(timezone),
        dates=timing.dates,
        times=timing.times,
        gap=Gap.SKIP if is_elapsed else Gap.NEXT_VALID,
        fold=Fold.BOTH if is_elapsed else Fold.FIRST,
        cron=timing.cron,
    )
    if calculate_next_run(rule, _ANY_INSTANT) is None:
        raise RuleInvalid("the schedule's rule cannot be used", [_never_matches(rule)])
    return rule


def _read(schedule_type: object, config: object, problems: list[Problem]) -> Timing | None:
    if schedule_type not in list(ScheduleType):
        problems.append(_unknown_type(schedule_type))
        return None
    kind = ScheduleType(str(schedule_type))
    if not isinstance(config, Mapping):
        message = f"{config!r} is not a set of keys and values"
        problems.append(Problem(path="config", message=message, example=EXAMPLES[kind]))
        return None
    reading = Reading(config)
    timing = READERS[kind](reading)
    problems += reading.problems
    return None if reading.problems else timing


def _pace_problems(timing: Timing) -> Iterator[Problem]:
    """Refuse wall times closer together than SHORTEST_INTERVAL, over midnight too."""
    moments = [timedelta(hours=moment.hour, minutes=moment.minute) for moment in timing.times]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    over_midnight = moments[0] + _DAY - moments[-1]
    if over_midnight < SHORTEST_INTERVAL and _has_neighbours(timing.dates):
        gaps.append(over_midnight)
    shortest = min(gaps, default=_DAY)
    if shortest < SHORTEST_INTERVAL:
        yield Problem(
            path="config.times" if timing.cron is None else "config.cron",
            message=f"fires {_minutes(shortest)} apart, which is too often",
            allowed=f"at least {_minutes(SHORTEST_INTERVAL)} between two times",
            example='["09:00", "09:05"]' if timing.cron is None else '"*/5 * * * *"',
        )


def _minutes(span: timedelta) -> str:
    count = int(span.total_seconds()) // 60
    return "1 minute" if count == 1 else f"{count} minutes"


def _has_neighbours(dates: Dates) -> bool:
    """Tell whether two dates in a row match, from a sample that covers any pattern of leap days."""
    day = dates.on_or_after(FIRST_DAY)
    for _ in range(_SAMPLED_DATES):
        if day is None:
            return False
        following = dates.on_or_after(day + _DAY)
        if following == day + _DAY:
            return True
        day = following
    return False


def _never_matches(rule: Rule) -> Problem:
    return Problem(
        path="config" if rule.cron is None else "config.cron",
        message="never matches: no date and time it names ever comes",
        allowed="a rule that comes true at some time",
        example=EXAMPLES[rule.schedule_type],
    )


def _unknown_type(schedule_type: object) -> Problem:
    return Problem(
        path="type",
        message=f"{schedule_type!r} is not a kind of schedule",
        allowed=", ".join(ScheduleType),
        example="daily",
    )
