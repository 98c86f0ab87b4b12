"""From what a user wrote to a rule, or to every reason why it is none.

A rule is local dates times wall times (`walls`), or an interval, and what happens to times the
clock leaves out or repeats. A new kind of schedule is a reader in `kinds`; `slots` need not know it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from autopilot.domain.policies import Fold, Gap
from autopilot.domain.recurrence.amending import read_amendments, read_max_runs
from autopilot.domain.recurrence.amendments import Amendments
from autopilot.domain.recurrence.civil_time import Zone, zone_of
from autopilot.domain.recurrence.cron import Cron
from autopilot.domain.recurrence.dates import Dates
from autopilot.domain.recurrence.interval import Interval
from autopilot.domain.recurrence.kinds import EXAMPLES, READERS, ScheduleType, check_keys
from autopilot.domain.recurrence.pace import pace_problems
from autopilot.domain.recurrence.reading import Reading
from autopilot.domain.recurrence.rrule import Recurrence
from autopilot.domain.recurrence.slot import Slot
from autopilot.domain.recurrence.timing import Timing
from autopilot.domain.recurrence.walls import Steady, Walls
from autopilot.domain.recurrence.zone_names import zone_problems
from autopilot.errors import Problem, RuleInvalid

RULES_VERSION = 2
"""Grows when the same rule may give other slots than before, so that stored ones are worked out anew."""

SHORTEST_INTERVAL = timedelta(minutes=5)
"""A rule whose slots come closer together than this is refused, if its caller says nothing else."""

LONGEST_JITTER_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A checked rule. Two rules are equal when they were written alike.

    `config_text` is the config as JSON with sorted keys. The rest follows from it: wall times as
    written (`timing.nominal`) and as amended (`walls`), and the policies for a clock change, which
    an elapsed rule has no use for. A rule cannot count runs: `max_runs` is for its caller.
    """

    schedule_type: ScheduleType
    config_text: str
    timezone: str
    place: Zone = field(compare=False, repr=False)
    timing: Timing = field(compare=False)
    walls: Walls = field(compare=False)
    gap: Gap = Gap.NEXT_VALID
    fold: Fold = Fold.FIRST
    jitter_seconds: int = 0
    amendments: Amendments = field(default=Amendments(), compare=False)
    max_runs: int | None = field(default=None, compare=False)
    # Slots around clock changes, by the date they surround; `slots` keeps it small.
    windows: dict[date, tuple[list[datetime], list[Slot]]] = field(
        default_factory=dict, compare=False, repr=False
    )

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
        return self.timing.is_elapsed

    @property
    def nominal(self) -> Walls:
        """Return the wall times before the amendments; an interval has none."""
        return self.timing.nominal

    @property
    def dates(self) -> Dates:
        """Return the dates as written."""
        return self.nominal.dates if isinstance(self.nominal, Steady) else self.nominal

    @property
    def times(self) -> tuple[time, ...]:
        """Return the times of day that are known beforehand, ascending."""
        return self.timing.times

    @property
    def cron(self) -> Cron | None:
        """Return the cron line it was written as."""
        return self.timing.cron

    @property
    def recurrence(self) -> Recurrence | None:
        """Return the RFC 5545 recurrence it was written as."""
        return self.timing.recurrence

    @property
    def interval(self) -> Interval | None:
        """Return the interval, for a rule that counts elapsed time from an instant."""
        return self.timing.interval


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policies:
    """What stands beside type and config, as given."""

    gap: object
    fold: object
    jitter_seconds: object
    floor: timedelta


def parse_rule(
    schedule_type: str,
    config: Mapping[str, object],
    timezone: str,
    *,
    gap: str = Gap.NEXT_VALID,
    fold: str = Fold.FIRST,
    jitter_seconds: int = 0,
    floor: timedelta = SHORTEST_INTERVAL,
) -> Rule:
    """Return the rule these describe; raises RuleInvalid with every problem at once.

    Only keys of this type are taken; others are refused, never ignored. `floor` is the shortest
    time allowed between two slots.
    """
    policies = _Policies(gap=gap, fold=fold, jitter_seconds=jitter_seconds, floor=floor)
    if isinstance(config, Mapping):
        # What JSON cannot hold is no rule either; reading it says where.
        with suppress(TypeError, ValueError, RecursionError):
            text = json.dumps(dict(config), sort_keys=True, ensure_ascii=False)
            return _parse_text(schedule_type, text, timezone, policies)
    return _parse(schedule_type, config, timezone, policies)


@lru_cache(maxsize=4_096, typed=True)
def _parse_text(schedule_type: str, config_text: str, timezone: str, policies: _Policies) -> Rule:
    return _parse(schedule_type, json.loads(config_text), timezone, policies)


def _parse(schedule_type: object, config: object, timezone: object, policies: _Policies) -> Rule:
    problems = [*zone_problems(timezone), *_policy_problems(policies)]
    reading, timing = _read(schedule_type, config, str(timezone), problems)
    if problems or timing is None:
        raise RuleInvalid("the schedule's rule cannot be used", problems)
    counts_instants = timing.is_elapsed
    rule = Rule(
        schedule_type=ScheduleType(str(schedule_type)),
        config_text=json.dumps(reading.config, sort_keys=True, ensure_ascii=False),
        timezone=str(timezone),
        place=zone_of(str(timezone)),
        timing=timing,
        walls=timing.amended(reading.amendments),
        gap=Gap.SKIP if counts_instants else Gap(str(policies.gap)),
        fold=Fold.BOTH if counts_instants else Fold(str(policies.fold)),
        jitter_seconds=int(str(policies.jitter_seconds)),
        amendments=reading.amendments,
        max_runs=reading.max_runs,
    )
    problems += pace_problems(rule, policies.floor)
    if problems:
        raise RuleInvalid("the schedule's rule cannot be used", problems)
    return rule


def _read(
    schedule_type: object, config: object, timezone: str, problems: list[Problem]
) -> tuple[Reading, Timing | None]:
    if schedule_type not in list(ScheduleType):
        problems.append(_unknown_type(schedule_type))
        return Reading({}), None
    kind = ScheduleType(str(schedule_type))
    if not isinstance(config, Mapping):
        message = f"{config!r} is not a set of keys and values"
        problems.append(Problem(path="config", message=message, example=EXAMPLES[kind]))
        return Reading({}), None
    reading = Reading(config, timezone=timezone)
    check_keys(reading, kind)
    reading.amendments = read_amendments(reading)
    reading.max_runs = read_max_runs(reading)
    timing = READERS[kind](reading)
    problems += reading.problems
    return reading, timing


def _policy_problems(policies: _Policies) -> list[Problem]:
    found = [
        Problem(
            path=name,
            message=f"{given!r} is not one of them",
            allowed=", ".join(known),
            example=known[0],
        )
        for name, given, known in (
            ("gap", policies.gap, list(Gap)),
            ("fold", policies.fold, list(Fold)),
        )
        if given not in known
    ]
    seconds = policies.jitter_seconds
    is_whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not is_whole or seconds not in range(LONGEST_JITTER_SECONDS + 1):
        message = f"{seconds!r} is not a whole number of seconds in range"
        allowed = f"0 to {LONGEST_JITTER_SECONDS}"
        found.append(
            Problem(path="jitter_seconds", message=message, allowed=allowed, example="300")
        )
    return found


def _unknown_type(schedule_type: object) -> Problem:
    return Problem(
        path="type",
        message=f"{schedule_type!r} is not a kind of schedule",
        allowed=", ".join(ScheduleType),
        example="daily",
    )
