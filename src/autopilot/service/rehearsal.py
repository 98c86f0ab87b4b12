"""Rehearsal: a schedule's issue made now and delivered to nobody; no slot and no figure moves."""

from __future__ import annotations

from uuid import UUID, uuid4

from autopilot.domain.content import Window
from autopilot.domain.recurrence.period import window_start
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.specification import Cadence
from autopilot.errors import NotFound
from autopilot.service.claim import claim_new
from autopilot.service.context import App, current_app
from autopilot.service.execute import execute
from autopilot.store import schedules, specifications


def rehearse(schedule_id: UUID, *, actor: str, app: App | None = None) -> Run:
    """Make the issue of a schedule as if its slot were now and return the run as it ended.

    The window is one cadence ending now in the schedule's zone. The run is in the schedule's
    history as asked for by a person. Raises NotFound for an unknown schedule.
    """
    app = current_app(app)
    return execute(claim_new(app, rehearsal_of(app, schedule_id, actor=actor)))


def rehearsal_of(app: App, schedule_id: UUID, *, actor: str) -> Run:
    """Return the run that `rehearse` makes, not yet stored; raises as it does."""
    now = app.clock()
    with app.database.read() as connection:
        schedule = schedules.get_schedule(connection, schedule_id)
        if schedule is None:
            raise NotFound(
                f"There is no schedule {schedule_id}.", hint="See: autopilot schedules list"
            )
        row = specifications.get_specification(connection, schedule.specification_id)
    if row is None:
        raise NotFound(f"The specification of schedule {schedule_id} is gone.")
    cadence = Cadence(schedule.cadence_override or row.document.cadence)
    return Run(
        id=uuid4(),
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        trigger=Trigger.MANUAL,
        scheduled_for=None,
        zone=schedule.timezone,
        window=Window(start=window_start(cadence, now, schedule.timezone), end=now),
        due_at=now,
        status=RunStatus.QUEUED,
        created_by=actor,
        created_at=now,
        alone=False,  # it waits for nobody
        categories_override=schedule.categories_override,
        regions_override=schedule.regions_override,
        cadence_override=schedule.cadence_override,
    )
