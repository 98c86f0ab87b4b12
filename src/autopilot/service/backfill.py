"""Backfill: drafts for slots of the past, each with its own slot's window. The plan does not move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from autopilot.domain.content import Window
from autopilot.domain.recurrence.period import window_start
from autopilot.domain.recurrence.slots import Slot, slots_between
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import Cadence
from autopilot.errors import InputRefused, NotFound, Problem
from autopilot.service.claim import claim_new
from autopilot.service.context import App, current_app
from autopilot.service.execute import execute
from autopilot.store import schedules, specifications

MOST_SLOTS = 100
LIST_HINT = "See: autopilot schedules list"


def backfill(
    schedule_id: UUID, start: datetime, end: datetime, *, actor: str, app: App | None = None
) -> Iterator[Run]:
    """Make a draft for each slot of a schedule in (start, end], oldest first, yielding each run.

    Drafts are never sent and count nowhere. Raises InputRefused for an empty span, one that ends
    in the future, or one with more than 100 slots; NotFound for an unknown schedule.
    """
    app = current_app(app)
    for draft in drafts_of(app, schedule_id, start, end, actor=actor):
        yield execute(claim_new(app, draft))


def drafts_of(
    app: App, schedule_id: UUID, start: datetime, end: datetime, *, actor: str
) -> Sequence[Run]:
    """Return the runs that `backfill` makes, not yet stored; raises as it does."""
    now = app.clock()
    with app.database.read() as connection:
        schedule = schedules.get_schedule(connection, schedule_id)
        if schedule is None:
            raise NotFound(f"There is no schedule {schedule_id}.", hint=LIST_HINT)
        row = specifications.get_specification(connection, schedule.specification_id)
    if row is None:
        raise NotFound(f"The specification of schedule {schedule_id} is gone.")
    slots = _past_slots(schedule, start, end, now)
    cadence = Cadence(schedule.cadence_override or row.document.cadence)
    return [_draft_of(schedule, cadence, slot, actor, now) for slot in slots]


def _past_slots(
    schedule: Schedule, start: datetime, end: datetime, now: datetime
) -> tuple[Slot, ...]:
    problems = [
        Problem(
            path=path,
            message=f"{moment.isoformat()} has no time zone",
            example=f"{moment.isoformat()}Z",
        )
        for path, moment in (("--from", start), ("--to", end))
        if moment.tzinfo is None
    ]
    if not problems and start >= end:
        problems.append(Problem(path="--from", message=f"{start} is not before {end}"))
    if end.tzinfo is not None and end > now:
        problems.append(
            Problem(path="--to", message=f"{end} is not past; slots to come are planned")
        )
    slots = () if problems else tuple(slots_between(schedule.rule, start, end))
    if len(slots) > MOST_SLOTS:
        problems.append(
            Problem(path="--from", message=f"{len(slots)} slots; {MOST_SLOTS} at once is the most")
        )
    if problems:
        raise InputRefused("The slots cannot be backfilled as asked:", problems)
    return slots


def _draft_of(schedule: Schedule, cadence: Cadence, slot: Slot, actor: str, now: datetime) -> Run:
    start = window_start(cadence, slot.utc, slot.zone, nominal=slot.local)
    return Run(
        id=uuid4(),
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        trigger=Trigger.MANUAL,
        scheduled_for=slot.utc,
        zone=slot.zone,
        window=Window(start=start, end=slot.utc),
        due_at=now,
        status=RunStatus.QUEUED,
        created_by=actor,
        created_at=now,
        alone=False,
        categories_override=schedule.categories_override,
        regions_override=schedule.regions_override,
        cadence_override=schedule.cadence_override,
    )
