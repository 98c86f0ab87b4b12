"""Plan: every due slot becomes exactly one run, and its schedule moves on, in one transaction.

Losing the insert to another tick means that somebody else has the slot; any number of ticks at
once are harmless (docs/reference/schedules.md).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection

from autopilot.domain.content import Window
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.domain.policies import Gap, Overlap, Policies
from autopilot.domain.recurrence.civil_time import tzdata_version
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import passed_over, slots_between
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule, Upcoming
from autopilot.domain.specification import Cadence
from autopilot.errors import Conflict, RuleInvalid
from autopilot.service.admission import Standing, Verdict, judge
from autopilot.service.almanac import INSTANT
from autopilot.service.context import App
from autopilot.service.survey import Survey, survey
from autopilot.service.timing import begin_at, coming
from autopilot.store import audit, batches, figures, notices, runs, schedules

log = structlog.get_logger(__name__)
BATCH = 250  # schedules per transaction: short for other writers, long enough to be quick
# A year of missed slots takes a while to count (0.5 s at every five minutes), and others want to
# write meanwhile: who waits for SQLite's lock looks every 100 ms.
BATCH_SECONDS = 1.0
REST_SECONDS = 0.12
MAX_MISSED_ROWS = 100  # of more missed slots of one schedule, the last ones get rows
MAX_RETRY_AGE = timedelta(hours=24)
INTERVALS_ON_TIME = 3  # a slot found within three poll intervals was not missed, only waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How many runs were queued, and how many slots were skipped with a reason.

    Of those, `missed` were found too late; the others were skipped as their schedule asks.
    """

    queued: int = 0
    skipped: int = 0
    missed: int = 0

    def __add__(self, other: Planned) -> Planned:
        return Planned(
            queued=self.queued + other.queued,
            skipped=self.skipped + other.skipped,
            missed=self.missed + other.missed,
        )


def plan(app: App, now: datetime, *, is_still: Callable[[], bool] = lambda: True) -> Planned:
    """Turn every slot due by now into a run, and return how many.

    Where `now` may turn out to be wrong, `is_still` says whether it still holds: nothing is
    committed for a time that does not, and planning ends.
    """
    total, has_more = Planned(), True
    while has_more:
        began = time.monotonic()
        try:
            planned, has_more = _plan_batch(app, now, is_still)
        except _TimeIsWrong:
            return total
        total += planned
        if has_more and time.monotonic() - began > BATCH_SECONDS:
            time.sleep(REST_SECONDS)
    return total


class _TimeIsWrong(Exception):
    """The clock was set right while a batch was planned with its time: nothing of it is kept."""


def _plan_batch(app: App, now: datetime, is_still: Callable[[], bool]) -> tuple[Planned, bool]:
    """Plan some due schedules, and say whether there may be more."""
    until = time.monotonic() + BATCH_SECONDS
    with app.database.begin() as connection:
        due = schedules.due_schedules(connection, now, limit=BATCH)
        if not due:
            return Planned(), False
        on_time = app.settings.poll_interval * INTERVALS_ON_TIME
        known = survey(connection, due, now, on_time=on_time)
        found, seen = _look_until(until, known, due)
        total = _write(known, found)
        if not is_still():
            raise _TimeIsWrong
    return total, seen == BATCH or seen < len(due)


def _look_until(
    moment: float, known: Survey, due: Sequence[Schedule]
) -> tuple[Sequence[_Outlook], int]:
    """Look at schedules until a moment of the monotonic clock, at one at least; say at how many."""
    found: list[_Outlook] = []
    for place, schedule in enumerate(due, start=1):
        if (outlook := _look(known, schedule)) is not None:
            found.append(outlook)
        if time.monotonic() > moment:
            return found, place
    return found, len(due)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outlook:
    """What is to become of one schedule's due slots. Of older ones, `dropped` get no row."""

    schedule: Schedule
    policy: Policies
    rule: Rule
    until: datetime
    verdicts: Sequence[Verdict]
    planned: Sequence[Run]
    dropped: int


def _look(known: Survey, schedule: Schedule) -> _Outlook | None:
    """Judge a schedule's due slots; None for one whose stored rule broke: it is out of service."""
    connection, now, almanac = known.connection, known.now, known.almanac
    try:
        policy = schedule.policy
        rule = schedule.rule_under(policy)
        cadence = known.cadences[schedule.specification_id]
        if schedule.cadence_override is not None:
            cadence = Cadence(schedule.cadence_override)
    except (RuleInvalid, ValueError) as error:
        _break_off(connection, schedule, error, now)
        return None
    until = now + policy.lead
    slots, dropped = almanac.due_slots(
        rule, schedule.next_run_at or until, until, most=MAX_MISSED_ROWS
    )
    standing = Standing(
        rule=rule,
        almanac=almanac,
        policy=policy,
        now=now,
        going=known.going.get(schedule.id, ()),
        on_time=known.on_time,
        begins=partial(begin_at, schedule, policy, rule),
        issues=partial(known.issues, schedule),
        runs_left=_runs_left(connection, rule, schedule),
    )
    verdicts = (*judge(standing, slots), *_passed_over(connection, rule, schedule, policy, until))
    planned = [_run_of(known, schedule, policy, rule, cadence, verdict) for verdict in verdicts]
    return _Outlook(
        schedule=schedule,
        policy=policy,
        rule=rule,
        until=until,
        verdicts=verdicts,
        planned=planned,
        dropped=dropped,
    )


def _write(known: Survey, found: Sequence[_Outlook]) -> Planned:
    """Insert the runs of all schedules at once, tell what was missed, and move the schedules on."""
    connection, total = known.connection, Planned()
    slots = [
        (run, verdict.slot)
        for outlook in found
        for run, verdict in zip(outlook.planned, outlook.verdicts, strict=True)
    ]
    added = batches.add_runs(connection, slots, tzdata_version=tzdata_version())
    for outlook in found:
        planned = _counted(outlook, added)
        if planned.skipped:
            _tell_skipped(connection, outlook, planned, known.now)
        total += planned
    _move_on(known, found)
    return total


def _counted(outlook: _Outlook, added: Collection[UUID]) -> Planned:
    """How many runs a schedule got; a slot that somebody else has counts for nothing."""
    queued, skipped, missed = 0, outlook.dropped, outlook.dropped
    for run, verdict in zip(outlook.planned, outlook.verdicts, strict=True):
        if run.id in added:
            queued += verdict.reason is None
            skipped += verdict.reason is not None
            missed += verdict.reason is not None and verdict.missed
    return Planned(queued=queued, skipped=skipped, missed=missed)


def _tell_skipped(
    connection: Connection, outlook: _Outlook, planned: Planned, now: datetime
) -> None:
    schedule = outlook.schedule
    figures.count_missed(connection, schedule.id, slots=planned.skipped, now=now)
    if planned.missed:
        _tell_missed(connection, schedule, planned, now)
    if outlook.dropped:
        _note_dropped(connection, schedule, outlook.dropped, now)


def _passed_over(
    connection: Connection, rule: Rule, schedule: Schedule, policy: Policies, until: datetime
) -> Iterator[Verdict]:
    """The slots that holidays, excluded dates and gaps took since the last slot that has a row."""
    takes = "holidays" in schedule.config or "exclude_dates" in schedule.config
    if not takes and policy.gap is not Gap.SKIP:
        return  # nothing but a gap of hours could take a slot: spare the question
    last = runs.last_slot(connection, schedule.id)
    if last is not None and schedule.next_run_at is not None:
        # Slots of a pause have no rows: what they lie between is not told either.
        unplanned = deque(slots_between(rule, last, schedule.next_run_at - INSTANT), maxlen=1)
        start = unplanned[0].utc if unplanned else last
        for passed in islice(passed_over(rule, start, until), MAX_MISSED_ROWS):
            yield Verdict(slot=passed.slot, reason=passed.reason)


def _runs_left(connection: Connection, rule: Rule, schedule: Schedule) -> int | None:
    """How many runs `max_runs` leaves; skipped and manual ones do not use it up."""
    if rule.max_runs is None:
        return None
    return max(0, rule.max_runs - runs.count_slots(connection, schedule.id))


def _move_on(known: Survey, found: Sequence[_Outlook]) -> None:
    """Set the schedules' next slots; one that has had all its runs, or all its slots, is finished."""
    connection = known.connection
    moves: list[tuple[Schedule, Upcoming]] = []
    all_moved = True
    for outlook in found:
        schedule, rule = outlook.schedule, outlook.rule
        is_spent = _runs_left(connection, rule, schedule) == 0
        following = None if is_spent else known.almanac.following(rule, outlook.until)
        if following is not None:
            moves.append((schedule, coming(schedule, outlook.policy, rule, following)))
        else:
            finished = schedule.advance(None)
            all_moved &= schedules.advance_schedule(connection, schedule, finished)
    if not (schedules.advance_schedules(connection, moves) and all_moved):
        raise Conflict("A schedule was changed while it was planned; tick again.")


def _run_of(
    known: Survey,
    schedule: Schedule,
    policy: Policies,
    rule: Rule,
    cadence: Cadence,
    verdict: Verdict,
) -> Run:
    slot, now = verdict.slot, known.now
    start = known.almanac.window_start(rule, cadence, slot)
    run = Run(
        id=uuid4(),
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
        categories_override=schedule.categories_override,
        regions_override=schedule.regions_override,
        cadence_override=schedule.cadence_override,
    )
    return run if verdict.reason is None else run.skip(verdict.reason, now)


def _break_off(
    connection: Connection, schedule: Schedule, error: RuleInvalid | ValueError, now: datetime
) -> None:
    """Take only this schedule out of service, visibly; the others keep their time."""
    told = error.problems[0] if isinstance(error, RuleInvalid) and error.problems else error
    reason = f"its stored rule cannot be used: {told}"
    schedules.advance_schedule(connection, schedule, schedule.break_off(reason))
    message = f"{schedule.name!r} is out of service: {reason}. Mend the rule, then resume it."
    _tell(connection, schedule, NoticeKind.PAUSED, message, now)
    log.warning("A schedule is broken.", action="break_off", schedule_id=str(schedule.id))
    audit.note(
        connection,
        at=now,
        actor="autopilot",
        action="schedule.broken",
        subject=("schedule", schedule.id),
        workspace_id=schedule.workspace_id,
        detail={"reason": reason},
    )


def _tell_missed(
    connection: Connection, schedule: Schedule, planned: Planned, now: datetime
) -> None:
    """One notice for all slots of a schedule that were missed at once."""
    slots = f"{planned.missed} slot{'s' * (planned.missed > 1)}"
    went_on = "; the latest runs now" if planned.queued else ""
    told = f"{schedule.name!r} missed {slots}{went_on}. Reasons: autopilot runs list"
    _tell(connection, schedule, NoticeKind.MISSED, told, now)


def _tell(
    connection: Connection, schedule: Schedule, kind: NoticeKind, message: str, now: datetime
) -> None:
    notice = Notice(
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        run_id=None,
        kind=kind,
        message=message,
        at=now,
    )
    notices.add_notice(connection, notice)


def _note_dropped(connection: Connection, schedule: Schedule, dropped: int, now: datetime) -> None:
    audit.note(
        connection,
        at=now,
        actor="autopilot",
        action="schedule.slots_missed",
        subject=("schedule", schedule.id),
        workspace_id=schedule.workspace_id,
        detail={"slots_without_row": dropped, "rows": MAX_MISSED_ROWS},
    )
