"""Skipping: a schedule's next slot makes no issue because a person said so; the one after it comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.content import Window
from autopilot.domain.recurrence.civil_time import tzdata_version
from autopilot.domain.recurrence.period import window_start
from autopilot.domain.recurrence.slots import Slot, calculate_next_run
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import Cadence
from autopilot.errors import Conflict, NotFound
from autopilot.service.context import App
from autopilot.service.timing import upcoming
from autopilot.store import audit, figures, runs, schedules, specifications
from autopilot.store.changes import announce

_INSTANT = timedelta(microseconds=1)
_CHANGED = "Look at it again and repeat your change."


def skip_next(app: App, schedule_id: UUID, *, actor: str, version: int | None = None) -> Run:
    """Let a schedule's next slot be skipped, move on to the one after it, and return the skipped run.

    In one transaction: a tick that comes at the same time has either planned the slot before, and
    then the next one is skipped, or finds it gone. With `version` it is refused when somebody edited
    that version meanwhile. Raises NotFound, and Conflict for a schedule that has no next slot.
    """
    now = app.clock()
    with app.database.begin() as connection:
        seen = schedules.lock_schedule(connection, schedule_id)
        if seen is None:
            raise NotFound(
                f"There is no schedule {schedule_id}.", hint="See: autopilot schedules list"
            )
        at = _next_of(seen, version)
        skipped, slot = _skipped(connection, seen, at, actor, now)
        if not runs.add_run(connection, skipped, slot=slot, tzdata_version=tzdata_version()):
            raise Conflict(f"The slot of {at:%Y-%m-%d %H:%M} UTC has a run already.", hint=_CHANGED)
        moved = seen.advance(upcoming(seen, seen.rule, at))
        if not schedules.advance_schedule(connection, seen, moved):
            raise Conflict(f"Schedule {seen.name!r} moved meanwhile.", hint=_CHANGED)
        figures.count_missed(connection, seen.id, slots=1, now=now)
        _note(connection, seen, at, actor, now)
        announce(connection)
    return skipped


def _next_of(seen: Schedule, version: int | None) -> datetime:
    if version is not None and version != seen.version:
        raise Conflict(
            f"Schedule {seen.name!r} was changed by somebody else meanwhile.", hint=_CHANGED
        )
    if seen.next_run_at is None:
        raise Conflict(
            f"Schedule {seen.name!r} is {seen.status}; it has no next slot to skip.",
            hint="Resume it first.",
        )
    return seen.next_run_at


def _skipped(
    connection: Connection, seen: Schedule, at: datetime, actor: str, now: datetime
) -> tuple[Run, Slot | None]:
    row = specifications.get_specification(connection, seen.specification_id)
    if row is None:
        raise NotFound(f"The specification of schedule {seen.id} is gone.")
    slot = calculate_next_run(seen.rule, at - _INSTANT)
    if slot is not None and slot.utc != at:
        slot = None  # the zone's rules changed since the slot was found
    cadence = Cadence(seen.cadence_override or row.document.cadence)
    nominal = None if slot is None else slot.local
    run = Run(
        id=uuid4(),
        workspace_id=seen.workspace_id,
        specification_id=seen.specification_id,
        schedule_id=seen.id,
        trigger=Trigger.SCHEDULE,
        scheduled_for=at,
        zone=seen.timezone,
        window=Window(start=window_start(cadence, at, seen.timezone, nominal=nominal), end=at),
        due_at=seen.due_at or at,
        status=RunStatus.QUEUED,
        created_by=seen.created_by,
        created_at=now,
        priority=seen.policy.priority,
        categories_override=seen.categories_override,
        regions_override=seen.regions_override,
        cadence_override=seen.cadence_override,
    )
    return run.skip(f"skipped by {actor}", now), slot


def _note(
    connection: Connection, schedule: Schedule, at: datetime, actor: str, now: datetime
) -> None:
    audit.note(
        connection,
        at=now,
        actor=actor,
        action="schedule.slot_skipped",
        subject=("schedule", schedule.id),
        workspace_id=schedule.workspace_id,
        detail={"name": schedule.name, "slot": at.isoformat()},
    )
