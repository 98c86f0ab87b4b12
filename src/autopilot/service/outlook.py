"""The outlook: what is to become of one schedule's due slots, and the runs that they become.

Most schedules of a batch are written alike, stand alike and are due at one slot: what is true of one
of them is worked out once and holds for all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.content import Window
from autopilot.domain.evolving import evolve
from autopilot.domain.policies import Overlap
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import passed_over, slots_between
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule, Upcoming
from autopilot.domain.specification import Cadence
from autopilot.errors import RuleInvalid
from autopilot.service.admission import Standing, Verdict, judge
from autopilot.service.almanac import INSTANT, Terms
from autopilot.service.plan_notices import break_off
from autopilot.service.survey import Survey
from autopilot.service.timing import begin_at, coming
from autopilot.store import runs

MAX_MISSED_ROWS = 100  # of more missed slots of one schedule, the last ones get rows
MAX_RETRY_AGE = timedelta(hours=24)
# Of a slot that is due for longer, admission may have to ask the store about each schedule.
SOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What runs are planned with that their planner claims at once, all of one workspace."""

    workspace_id: UUID
    owner_token: UUID
    now: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What becomes of the due slots of all schedules that are written alike and stand alike.

    Of older ones, `dropped` get no row. `patterns` are the runs, but for what is each schedule's own;
    `following` is the next slot (None: there is none).
    """

    verdicts: Sequence[Verdict]
    patterns: Sequence[Run]
    dropped: int
    following: Upcoming | None

    @property
    def is_plain(self) -> bool:
        """Whether each due slot runs."""
        return not self.dropped and all(verdict.reason is None for verdict in self.verdicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """One schedule, its prospect, and the runs that its due slots become."""

    schedule: Schedule
    rule: Rule
    prospect: Prospect
    planned: Sequence[Run]


def look(known: Survey, schedule: Schedule, hold: Hold | None) -> Outlook | None:
    """Judge a schedule's due slots; None for one whose stored rule broke: it is out of service."""
    try:
        terms = known.almanac.terms(schedule)
        cadence = known.cadences[schedule.specification_id]
        if schedule.cadence_override is not None:
            cadence = Cadence(schedule.cadence_override)
    except (RuleInvalid, ValueError) as error:
        break_off(known.connection, schedule, error, known.now)
        return None
    prospect = _prospect_of(known, schedule, terms, cadence)
    held = _held(known, schedule, prospect, hold)
    planned = [
        _run_of(known, schedule, pattern, held if pattern.status is RunStatus.QUEUED else _NOT_HELD)
        for pattern in prospect.patterns
    ]
    return Outlook(schedule=schedule, rule=terms.rule, prospect=prospect, planned=planned)


_NOT_HELD: Mapping[str, Any] = {}


def _held(
    known: Survey, schedule: Schedule, prospect: Prospect, hold: Hold | None
) -> Mapping[str, Any]:
    """The fields of a run that is claimed as it is planned; none where others come first.

    That is so beside other runs of its schedule, before its time, and where it is more or less urgent.
    """
    if hold is None or len(prospect.patterns) != 1 or schedule.workspace_id != hold.workspace_id:
        return _NOT_HELD
    (pattern,) = prospect.patterns
    is_its_turn = pattern.due_at <= hold.now and pattern.priority == 0
    if not is_its_turn or schedule.id in known.going:
        return _NOT_HELD
    return {
        "status": RunStatus.RUNNING,
        "owner_token": hold.owner_token,
        "lease_until": hold.lease_until,
        "epoch": 1,
        "attempt": 1,
        "started_at": hold.now,
    }


def _run_of(known: Survey, schedule: Schedule, pattern: Run, held: Mapping[str, Any]) -> Run:
    return evolve(
        pattern,
        id=next(known.ids),
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        created_by=schedule.created_by,
        categories_override=schedule.categories_override,
        regions_override=schedule.regions_override,
        **held,
    )


def _prospect_of(known: Survey, schedule: Schedule, terms: Terms, cadence: Cadence) -> Prospect:
    """The prospect of a schedule, worked out once for all to which it applies."""
    work = partial(_prospect, known, schedule, terms, cadence)
    at = schedule.next_run_at
    if not terms.is_common or at is None or at < known.now - SOON:
        return work()
    going, issued = known.going.get(schedule.id, ()), known.issued.get(schedule.id, ())
    overridden = schedule.cadence_override is not None
    key = (id(terms), at, cadence, overridden, tuple(going), tuple(issued))
    return known.almanac.once(key, terms.rule, work)


def _prospect(known: Survey, schedule: Schedule, terms: Terms, cadence: Cadence) -> Prospect:
    connection, almanac, policy, rule = known.connection, known.almanac, terms.policy, terms.rule
    until = known.now + policy.lead
    slots, dropped = almanac.due_slots(
        rule, schedule.next_run_at or until, until, most=MAX_MISSED_ROWS
    )
    standing = Standing(
        rule=rule,
        almanac=almanac,
        policy=policy,
        now=known.now,
        going=known.going.get(schedule.id, ()),
        on_time=known.on_time,
        begins=partial(begin_at, schedule, policy, rule),
        issues=partial(known.issues, schedule),
        runs_left=runs_left(connection, rule, schedule),
    )
    taken = _passed_over(connection, rule, schedule, until) if terms.may_take else ()
    verdicts = (*judge(standing, slots), *taken)
    following = almanac.following(rule, until)
    return Prospect(
        verdicts=verdicts,
        patterns=[_pattern(known, schedule, terms, cadence, verdict) for verdict in verdicts],
        dropped=dropped,
        following=None if following is None else coming(schedule, policy, rule, following),
    )


def _pattern(
    known: Survey, schedule: Schedule, terms: Terms, cadence: Cadence, verdict: Verdict
) -> Run:
    """The run of a slot, with all that it has in common with those of other schedules."""
    slot, now, policy, rule = verdict.slot, known.now, terms.policy, terms.rule
    start = known.almanac.window_start(rule, cadence, slot)
    run = Run(
        id=schedule.id,
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        trigger=Trigger.SCHEDULE,
        scheduled_for=slot.utc,
        zone=slot.zone,
        window=Window(start=start, end=slot.utc),
        due_at=begin_at(schedule, policy, rule, slot),
        status=RunStatus.QUEUED,
        created_by=schedule.created_by,
        created_at=now,
        retries=policy.retries,
        retry_until=slot.utc + min(known.almanac.period_after(rule, slot), MAX_RETRY_AGE),
        priority=policy.priority,
        alone=policy.overlap is not Overlap.ALLOW,
        cadence_override=schedule.cadence_override,
    )
    return run if verdict.reason is None else run.skip(verdict.reason, now)


def _passed_over(
    connection: Connection, rule: Rule, schedule: Schedule, until: datetime
) -> Iterator[Verdict]:
    """The slots that holidays, excluded dates and gaps took since the last slot that has a row."""
    last = runs.last_slot(connection, schedule.id)
    if last is not None and schedule.next_run_at is not None:
        # Slots of a pause have no rows: what they lie between is not told either.
        unplanned = deque(slots_between(rule, last, schedule.next_run_at - INSTANT), maxlen=1)
        start = unplanned[0].utc if unplanned else last
        for passed in islice(passed_over(rule, start, until), MAX_MISSED_ROWS):
            yield Verdict(slot=passed.slot, reason=passed.reason)


def runs_left(connection: Connection, rule: Rule, schedule: Schedule) -> int | None:
    """Return how many runs `max_runs` leaves, None for no end.

    Skipped runs, and those that a person asked for, do not use it up.
    """
    if rule.max_runs is None:
        return None
    return max(0, rule.max_runs - runs.count_slots(connection, schedule.id))
