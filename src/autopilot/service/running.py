"""Running by hand: issues that a person or program asks for, queued for the next worker that is free.

What is asked for this way is a draft: it reaches readers only where somebody approves it. No slot
and no figure of a schedule moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.errors import Conflict, NotFound
from autopilot.service.backfill import drafts_of
from autopilot.service.context import App
from autopilot.service.generate import manual_run
from autopilot.service.rehearsal import rehearsal_of
from autopilot.store import audit, runs, schedules, specifications
from autopilot.store.changes import announce

BEHIND_SLOTS = -1
"""The priority of drafts of past slots: however many there are, slots that are due come first."""


def run_now(app: App, schedule_id: UUID, *, actor: str) -> Run:
    """Queue an issue as this schedule would make it now, and return its run.

    The window is one cadence ending now in the schedule's zone. Raises NotFound for an unknown
    schedule, Conflict for a cancelled one.
    """
    schedule = _usable(app, schedule_id)
    return _queue(app, rehearsal_of(app, schedule.id, actor=actor), "run.asked_for", actor)


def queue_test(app: App, schedule_id: UUID, *, actor: str) -> Run:
    """Queue a test of a schedule: as `run_now`, and the audit log calls it a test."""
    schedule = _usable(app, schedule_id)
    return _queue(app, rehearsal_of(app, schedule.id, actor=actor), "run.tested", actor)


def queue_issue(
    app: App,
    specification_id: UUID,
    workspace_id: UUID,
    *,
    actor: str,
    start: datetime | None = None,
    end: datetime | None = None,
    categories_override: Sequence[str] | None = None,
    regions_override: Sequence[str] | None = None,
    cadence_override: str | None = None,
) -> Run:
    """Queue an issue of a specification for the window [start, end); raises as `generate` does."""
    run = manual_run(
        app,
        specification_id,
        workspace_id,
        actor,
        start=start,
        end=end,
        categories_override=categories_override,
        regions_override=regions_override,
        cadence_override=cadence_override,
    )
    return _queue(app, run, "run.asked_for", actor)


def queue_backfill(
    app: App, schedule_id: UUID, start: datetime, end: datetime, *, actor: str
) -> Sequence[Run]:
    """Queue a draft for each slot of a schedule in (start, end], oldest first, behind due slots.

    Raises as `backfill` does, and Conflict for a cancelled schedule.
    """
    schedule = _usable(app, schedule_id)
    drafts = [
        replace(draft, priority=BEHIND_SLOTS)
        for draft in drafts_of(app, schedule.id, start, end, actor=actor)
    ]
    with app.database.begin() as connection:
        for draft in drafts:
            runs.add_run(connection, draft)
        _note(connection, app, schedule, drafts=len(drafts), actor=actor)
        announce(connection)
    return drafts


def _usable(app: App, schedule_id: UUID) -> Schedule:
    with app.database.read() as connection:
        schedule = schedules.get_schedule(connection, schedule_id)
        if schedule is None:
            raise NotFound(
                f"There is no schedule {schedule_id}.", hint="See: autopilot schedules list"
            )
        row = specifications.get_specification(connection, schedule.specification_id)
    if schedule.status is ScheduleStatus.CANCELLED:
        raise Conflict(
            f"Schedule {schedule.name!r} is cancelled; it makes no issues.",
            hint="A cancelled schedule stays cancelled; create a new one.",
        )
    if row is not None and row.status != specifications.ACTIVE:
        raise Conflict(f"The specification {row.slug!r} is cancelled.", hint="Apply it again.")
    return schedule


def _queue(app: App, run: Run, action: str, actor: str) -> Run:
    with app.database.begin() as connection:
        runs.add_run(connection, run)
        audit.note(
            connection,
            at=run.created_at,
            actor=actor,
            action=action,
            subject=("run", run.id),
            workspace_id=run.workspace_id,
            detail={"schedule_id": run.schedule_id and str(run.schedule_id)},
        )
        announce(connection)
    return run


def _note(connection: Connection, app: App, schedule: Schedule, *, drafts: int, actor: str) -> None:
    audit.note(
        connection,
        at=app.clock(),
        actor=actor,
        action="schedule.backfilled",
        subject=("schedule", schedule.id),
        workspace_id=schedule.workspace_id,
        detail={"name": schedule.name, "drafts": drafts},
    )
