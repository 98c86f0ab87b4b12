"""Plan: every due slot becomes exactly one run, and its schedule moves on, in one transaction.

Losing the insert to another tick means that somebody else has the slot; any number of ticks at
once are harmless (docs/reference/schedules.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection

from autopilot.domain.content import Window
from autopilot.domain.recurrence.civil_time import tzdata_version
from autopilot.domain.recurrence.period import period_after, window_start
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import Slot, slots_between
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import Cadence
from autopilot.errors import Conflict, RuleInvalid
from autopilot.service.context import App
from autopilot.service.timing import next_slot_at
from autopilot.store import audit, runs, schedules, specifications

log = structlog.get_logger(__name__)
BATCH = 100  # schedules per transaction: short for other writers, long enough to be quick
MAX_MISSED_ROWS = 100  # of more missed slots of one schedule, the last ones get rows
MAX_LATENESS = timedelta(hours=24)
GRACE = timedelta(seconds=60)  # lateness below this is an ordinary wake-up, not worth a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How many runs were queued, and how many slots were skipped with a reason."""

    queued: int = 0
    skipped: int = 0

    def __add__(self, other: Planned) -> Planned:
        return Planned(queued=self.queued + other.queued, skipped=self.skipped + other.skipped)


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
        for schedule in due:
            own = cadences[schedule.specification_id]
            total += _plan_schedule(connection, schedule, own, going, now)
    return total, len(due)


def _plan_schedule(
    connection: Connection,
    schedule: Schedule,
    cadence: Cadence,
    going: Mapping[UUID, datetime],
    now: datetime,
) -> Planned:
    try:
        rule = schedule.rule
        cadence = Cadence(schedule.cadence_override or cadence)
    except (RuleInvalid, ValueError) as error:
        _break_off(connection, schedule, error, now)
        return Planned()
    slots, dropped = _due_slots(rule, schedule, now)
    planned = Planned(skipped=dropped)
    for slot in slots:
        reason = _why_not(rule, slot, slots[-1], going.get(schedule.id), now)
        planned += _add(connection, schedule, cadence, slot, reason, now)
    if planned.skipped:
        schedules.count_missed(connection, schedule.id, slots=planned.skipped, now=now)
    if dropped:
        _note_dropped(connection, schedule, dropped, now)
    moved = schedule.advance(next_slot_at(rule, now))
    if not schedules.advance_schedule(connection, schedule, moved):
        raise Conflict(f"Schedule {schedule.id} was changed while it was planned; tick again.")
    return planned


def _due_slots(rule: Rule, schedule: Schedule, now: datetime) -> tuple[list[Slot], int]:
    """The due slots, oldest first, at most MAX_MISSED_ROWS; and how many older ones there were."""
    if schedule.next_run_at is None:
        return [], 0
    just_before = schedule.next_run_at - timedelta(microseconds=1)
    kept: deque[Slot] = deque(maxlen=MAX_MISSED_ROWS)
    count = 0
    for slot in slots_between(rule, just_before, now):
        kept.append(slot)
        count += 1
    return list(kept), count - len(kept)


def _why_not(
    rule: Rule, slot: Slot, latest: Slot, going: datetime | None, now: datetime
) -> str | None:
    """The reason a slot is skipped, or None when it is to run: the latest one, if not too late."""
    late = now - slot.utc
    if slot is not latest:
        return f"missed: no worker ran at {slot.local:%Y-%m-%d %H:%M}; a later slot runs instead"
    limit = min(period_after(rule, slot), MAX_LATENESS)
    if late > max(limit, GRACE):
        return f"late: found {_spoken(late)} after its time, more than {_spoken(limit)}"
    if going is not None:
        return f"overlap: the run of the slot {going:%Y-%m-%d %H:%M} UTC is still going"
    return None


def _add(
    connection: Connection,
    schedule: Schedule,
    cadence: Cadence,
    slot: Slot,
    reason: str | None,
    now: datetime,
) -> Planned:
    run = Run(
        id=uuid4(),
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        trigger=Trigger.SCHEDULE,
        scheduled_for=slot.utc,
        zone=slot.zone,
        window=Window(
            start=window_start(cadence, slot.utc, slot.zone, nominal=slot.local), end=slot.utc
        ),
        due_at=slot.utc,
        status=RunStatus.QUEUED,
        created_by=schedule.created_by,
        created_at=now,
        categories_override=schedule.categories_override,
        regions_override=schedule.regions_override,
        cadence_override=schedule.cadence_override,
    )
    if reason is not None:
        run = run.skip(reason, now)
    if not runs.add_run(connection, run, slot=slot, tzdata_version=tzdata_version()):
        return Planned()
    return Planned(skipped=1) if reason is not None else Planned(queued=1)


def _break_off(
    connection: Connection, schedule: Schedule, error: RuleInvalid | ValueError, now: datetime
) -> None:
    """Take only this schedule out of service, visibly; the others keep their time."""
    told = error.problems[0] if isinstance(error, RuleInvalid) and error.problems else error
    reason = f"its stored rule cannot be used: {told}"
    schedules.advance_schedule(connection, schedule, schedule.break_off(reason))
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


def _spoken(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "under a minute"
