"""Plan: every due slot becomes exactly one run, and its schedule moves on, in one transaction.

Losing the insert to another tick means that somebody else has the slot; any number of ticks at
once are harmless (docs/reference/schedules.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from autopilot.domain.content import Window
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.domain.policies import Gap, Overlap
from autopilot.domain.recurrence.civil_time import tzdata_version
from autopilot.domain.recurrence.period import period_after, window_start
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import Slot, passed_over, slots_between
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import Cadence
from autopilot.errors import Conflict, RuleInvalid
from autopilot.service.admission import INSTANT, Standing, Verdict, judge
from autopilot.service.context import App
from autopilot.service.timing import begin_at, upcoming
from autopilot.store import audit, notices, runs, schedules, specifications

log = structlog.get_logger(__name__)
BATCH = 100  # schedules per transaction: short for other writers, long enough to be quick
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


def plan(app: App, now: datetime) -> Planned:
    """Turn every slot due by now into a run, and return how many."""
    total = Planned()
    while True:
        planned, count = _plan_batch(app, now)
        total += planned
        if count < BATCH:
            return total


def _plan_batch(app: App, now: datetime) -> tuple[Planned, int]:
    total = Planned()
    with app.database.begin() as connection:
        due = schedules.due_schedules(connection, now, limit=BATCH)
        cadences = specifications.cadences(connection, {item.specification_id for item in due})
        going = runs.open_slots(connection, [item.id for item in due])
        moment = _Moment(connection, now, app.settings.poll_interval * INTERVALS_ON_TIME)
        for schedule in due:
            own = cadences[schedule.specification_id]
            total += _plan_schedule(moment, schedule, own, going.get(schedule.id, ()))
    return total, len(due)


@dataclass(frozen=True, slots=True)
class _Moment:
    """One batch: its transaction, its time, and how late a slot may be without being missed."""

    connection: Connection
    now: datetime
    on_time: timedelta


def _plan_schedule(
    moment: _Moment, schedule: Schedule, cadence: Cadence, going: Sequence[datetime]
) -> Planned:
    connection, now = moment.connection, moment.now
    try:
        rule, policy = schedule.rule, schedule.policy
        cadence = Cadence(schedule.cadence_override or cadence)
    except (RuleInvalid, ValueError) as error:
        _break_off(connection, schedule, error, now)
        return Planned()
    until = now + policy.lead
    slots, dropped = _due_slots(rule, schedule, until)
    standing = Standing(
        rule=rule,
        policy=policy,
        now=now,
        going=going,
        on_time=moment.on_time,
        begins=partial(begin_at, schedule, rule),
        issues=partial(_issues, connection, schedule),
        runs_left=_runs_left(connection, rule, schedule),
    )
    planned = Planned(skipped=dropped, missed=dropped)
    for verdict in (*judge(standing, slots), *_passed_over(connection, rule, schedule, until)):
        planned += _add(connection, schedule, rule, cadence, verdict, now)
    if planned.skipped:
        schedules.count_missed(connection, schedule.id, slots=planned.skipped, now=now)
    if planned.missed:
        _tell_missed(connection, schedule, planned, now)
    if dropped:
        _note_dropped(connection, schedule, dropped, now)
    _move_on(connection, schedule, rule, until)
    return planned


def _due_slots(rule: Rule, schedule: Schedule, until: datetime) -> tuple[list[Slot], int]:
    """The due slots, oldest first, at most MAX_MISSED_ROWS; and how many older ones there were."""
    if schedule.next_run_at is None:
        return [], 0
    kept: deque[Slot] = deque(maxlen=MAX_MISSED_ROWS)
    count = 0
    for slot in slots_between(rule, schedule.next_run_at - INSTANT, until):
        kept.append(slot)
        count += 1
    return list(kept), count - len(kept)


def _passed_over(
    connection: Connection, rule: Rule, schedule: Schedule, until: datetime
) -> Iterator[Verdict]:
    """The slots that holidays, excluded dates and gaps took since the last slot that has a row."""
    takes = {"holidays", "exclude_dates"} & schedule.config.keys()
    if not takes and schedule.policy.gap is not Gap.SKIP:
        return  # nothing but a gap of hours could take a slot: spare the question
    last = runs.last_slot(connection, schedule.id)
    if last is not None and schedule.next_run_at is not None:
        # Slots of a pause have no rows: what they lie between is not told either.
        unplanned = deque(slots_between(rule, last, schedule.next_run_at - INSTANT), maxlen=1)
        start = unplanned[0].utc if unplanned else last
        for passed in islice(passed_over(rule, start, until), MAX_MISSED_ROWS):
            yield Verdict(slot=passed.slot, reason=passed.reason)


def _issues(connection: Connection, schedule: Schedule, start: datetime, end: datetime) -> int:
    return runs.count_slots(connection, schedule.id, start=start, end=end, delivering=True)


def _runs_left(connection: Connection, rule: Rule, schedule: Schedule) -> int | None:
    """How many runs `max_runs` leaves; skipped and manual ones do not use it up."""
    if rule.max_runs is None:
        return None
    return max(0, rule.max_runs - runs.count_slots(connection, schedule.id))


def _move_on(connection: Connection, schedule: Schedule, rule: Rule, until: datetime) -> None:
    """Set the schedule's next slot; one that has had all its runs is finished."""
    is_spent = _runs_left(connection, rule, schedule) == 0
    moved = schedule.advance(None if is_spent else upcoming(schedule, rule, until))
    if not schedules.advance_schedule(connection, schedule, moved):
        raise Conflict(f"Schedule {schedule.id} was changed while it was planned; tick again.")


def _add(
    connection: Connection,
    schedule: Schedule,
    rule: Rule,
    cadence: Cadence,
    verdict: Verdict,
    now: datetime,
) -> Planned:
    slot = verdict.slot
    run = _run_of(schedule, rule, cadence, slot, now)
    if verdict.reason is not None:
        run = run.skip(verdict.reason, now)
    if not runs.add_run(connection, run, slot=slot, tzdata_version=tzdata_version()):
        return Planned()
    if verdict.reason is None:
        return Planned(queued=1)
    return Planned(skipped=1, missed=int(verdict.missed))


def _run_of(schedule: Schedule, rule: Rule, cadence: Cadence, slot: Slot, now: datetime) -> Run:
    policy = schedule.policy
    start = window_start(cadence, slot.utc, slot.zone, nominal=slot.local)
    return Run(
        id=uuid4(),
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        trigger=Trigger.SCHEDULE,
        scheduled_for=slot.utc,
        zone=slot.zone,
        window=Window(start=start, end=slot.utc),
        due_at=begin_at(schedule, rule, slot),
        status=RunStatus.QUEUED,
        created_by=schedule.created_by,
        created_at=now,
        retries=policy.retries,
        retry_until=slot.utc + min(period_after(rule, slot), MAX_RETRY_AGE),
        priority=policy.priority,
        alone=policy.overlap is not Overlap.ALLOW,
        categories_override=schedule.categories_override,
        regions_override=schedule.regions_override,
        cadence_override=schedule.cadence_override,
    )


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
