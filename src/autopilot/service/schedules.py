"""Schedules as people work with them; the functions of the original plan keep their names here.

Each takes `app` as its last, optional argument; without it the App in use is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.recurrence.describe import describe, warnings
from autopilot.domain.recurrence.preview import preview
from autopilot.domain.recurrence.slots import Slot, calculate_next_run
from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.domain.specification import Specification
from autopilot.errors import Conflict, InputRefused, NotFound, Problem, RuleInvalid
from autopilot.service.context import App, current_app
from autopilot.service.overrides import override_problems
from autopilot.service.timing import first_after, new_state, upcoming
from autopilot.store import audit, figures, runs, schedules, specifications, workspaces

__all__ = [
    "calculate_next_run",
    "create_autopilot_schedule",
    "delete_schedule",
    "disable_schedule",
    "enable_schedule",
    "get_autopilot_schedules",
    "get_due_schedules",
    "get_schedule_detail",
    "preview",
    "update_schedule_after_run",
]
DUE_LIMIT = 1_000


class ScheduleDetail(NamedTuple):
    """A schedule with its rule in words, its next slots and its last runs."""

    schedule: Schedule
    description: str
    upcoming: tuple[Slot, ...]
    warnings: tuple[str, ...]
    runs: tuple[Run, ...]


def create_autopilot_schedule(
    specification_id: UUID,
    workspace_id: UUID,
    created_by: str,
    schedule_name: str,
    schedule_type: str,
    schedule_config: Mapping[str, object],
    *,
    timezone: str | None = None,
    categories_override: Sequence[str] | None = None,
    regions_override: Sequence[str] | None = None,
    cadence_override: str | None = None,
    enabled: bool = True,
    notes: str | None = None,
    policies: Mapping[str, object] | None = None,
    app: App | None = None,
) -> Schedule:
    """Create a schedule whose first slot lies strictly after now, and return it.

    `timezone` defaults to the workspace's. Raises InputRefused with every problem at once,
    NotFound for an unknown specification, Conflict when the name is taken.
    """
    app = current_app(app)
    now = app.clock()
    with app.database.begin() as connection:
        row = specifications.get_specification(connection, specification_id)
        workspace = workspaces.get_workspace(connection, workspace_id)
        if row is None or workspace is None or row.workspace_id != workspace_id:
            raise NotFound(f"There is no specification {specification_id} in this workspace.")
        if row.status != specifications.ACTIVE:
            raise Conflict(f"The specification {row.slug!r} is cancelled.", hint="Apply it again.")
        schedule = Schedule(
            id=uuid4(),
            workspace_id=workspace_id,
            specification_id=specification_id,
            created_by=created_by,
            name=schedule_name.strip(),
            type=schedule_type,
            config=dict(schedule_config),
            timezone=timezone or workspace.timezone,
            categories_override=_tupled(categories_override),
            regions_override=_tupled(regions_override),
            cadence_override=cadence_override,
            notes=notes,
            policies=dict(policies or {}),
        )
        check_schedule(schedule, row.document)
        schedule = new_state(schedule, enabled, now)
        schedules.add_schedule(connection, schedule)
        _note(connection, schedule, "schedule.created", created_by, now)
    return schedule


def get_autopilot_schedules(
    *,
    workspace_id: UUID | None = None,
    specification_id: UUID | None = None,
    status: ScheduleStatus | str | None = None,
    enabled: bool | None = None,
    owner: str | None = None,
    app: App | None = None,
) -> Sequence[Schedule]:
    """Return schedules in the order of their next slot; cancelled ones only when asked for."""
    with current_app(app).database.read() as connection:
        return schedules.list_schedules(
            connection,
            workspace_id=workspace_id,
            specification_id=specification_id,
            status=None if status is None else ScheduleStatus(status),
            enabled=enabled,
            owner=owner,
        )


def get_due_schedules(now: datetime | None = None, *, app: App | None = None) -> Sequence[Schedule]:
    """Return the schedules with a slot at or before now, longest due first."""
    app = current_app(app)
    with app.database.read() as connection:
        return schedules.due_schedules(connection, now or app.clock(), limit=DUE_LIMIT)


def get_schedule_detail(
    schedule_id: UUID, *, slots: int = 5, history: int = 10, app: App | None = None
) -> ScheduleDetail:
    """Return a schedule with its sentence, next slots, warnings and last runs; raises NotFound."""
    app = current_app(app)
    with app.database.read() as connection:
        schedule = _existing(connection, schedule_id)
        last = runs.list_runs(connection, schedule_id=schedule_id, limit=history)
    try:
        rule = schedule.rule
    except RuleInvalid as error:
        return ScheduleDetail(schedule, f"This rule cannot be used: {error}", (), (), tuple(last))
    upcoming = preview(rule, app.clock(), slots) if schedule.enabled else ()
    return ScheduleDetail(schedule, describe(rule), upcoming, warnings(rule), tuple(last))


def enable_schedule(schedule_id: UUID, *, actor: str = "", app: App | None = None) -> Schedule:
    """Switch a schedule on, from its next slot after now; what it missed is not replayed."""
    app = current_app(app)
    with app.database.begin() as connection:
        seen = _existing(connection, schedule_id)
        resumed = seen.resume(first_after(seen, app.clock()))
        if seen.enabled:
            return seen
        edited = schedules.edit_schedule(connection, seen, resumed)
        _note(connection, edited, "schedule.resumed", actor, app.clock())
    return edited


def disable_schedule(
    schedule_id: UUID, *, reason: str | None = None, actor: str = "", app: App | None = None
) -> Schedule:
    """Switch a schedule off, with a reason for whoever finds it later."""
    app = current_app(app)
    with app.database.begin() as connection:
        seen = _existing(connection, schedule_id)
        edited = schedules.edit_schedule(connection, seen, seen.pause(reason))
        _note(connection, edited, "schedule.paused", actor, app.clock(), reason=reason)
    return edited


def delete_schedule(
    schedule_id: UUID, hard: bool = False, *, actor: str = "", app: App | None = None
) -> None:
    """Cancel a schedule, or with `hard` remove its row; its runs and issues stay either way."""
    app = current_app(app)
    with app.database.begin() as connection:
        seen = _existing(connection, schedule_id)
        _note(
            connection,
            seen,
            "schedule.deleted" if hard else "schedule.cancelled",
            actor,
            app.clock(),
        )
        if hard:
            schedules.delete_schedule_row(connection, schedule_id)
        else:
            schedules.edit_schedule(connection, seen, seen.cancel())


def update_schedule_after_run(
    schedule_id: UUID,
    success: bool,
    error_message: str | None = None,
    run_id: UUID | None = None,
    *,
    app: App | None = None,
) -> Schedule:
    """Record a run that another loop made for a schedule, and move the schedule past now.

    For loops written after the original plan (`get_due_schedules`, `execute_generator`, this). A
    run that Autopilot itself made for the schedule is recorded already: nothing changes then.
    """
    app = current_app(app)
    now = app.clock()
    with app.database.begin() as connection:
        seen = _existing(connection, schedule_id)
        if run_id is not None and not _adopt(connection, seen, run_id):
            return seen
        figures.count_result(connection, schedule_id, success=success, error=error_message, now=now)
        if seen.is_due(now) and seen.next_run_at is not None:
            done = max(now, seen.next_run_at)  # with a lead, the slot itself is still to come
            moved = seen.advance(upcoming(seen, seen.rule, done))
            schedules.advance_schedule(connection, seen, moved)
        return _existing(connection, schedule_id)


def _adopt(connection: Connection, schedule: Schedule, run_id: UUID) -> bool:
    """Let a run belong to the schedule; False when it did already or is another schedule's."""
    run = runs.get_run(connection, run_id)
    if run is None or run.specification_id != schedule.specification_id:
        raise NotFound(
            f"There is no run {run_id} of the specification of schedule {schedule.name!r}.",
            hint="See: autopilot runs list",
        )
    return runs.adopt_run(connection, run_id, schedule.id)


def _existing(connection: Connection, schedule_id: UUID) -> Schedule:
    schedule = schedules.get_schedule(connection, schedule_id)
    if schedule is None:
        raise NotFound(f"There is no schedule {schedule_id}.", hint="See: autopilot schedules list")
    return schedule


def check_schedule(schedule: Schedule, specification: Specification) -> None:
    """Raise InputRefused with everything that is wrong with a schedule a person wrote."""
    problems = _unreadable(schedule)
    if not 1 <= len(schedule.name) <= 200:
        problems.append(Problem(path="name", message="must have 1 to 200 characters"))
    problems += override_problems(
        specification,
        categories=schedule.categories_override,
        regions=schedule.regions_override,
        cadence=schedule.cadence_override,
    )
    if problems:
        raise InputRefused("The schedule cannot be saved as it is:", problems)


def _unreadable(schedule: Schedule) -> list[Problem]:
    """What is wrong with the policies, and with the rule whatever the policies are."""
    problems: list[Problem] = []
    try:
        _ = schedule.policy
    except RuleInvalid as error:
        problems += error.problems
        schedule = replace(schedule, policies={})
    try:
        _ = schedule.rule
    except RuleInvalid as error:
        problems += error.problems
    return problems


def _note(
    connection: Connection,
    schedule: Schedule,
    action: str,
    actor: str,
    now: datetime,
    **detail: object,
) -> None:
    audit.note(
        connection,
        at=now,
        actor=actor or "unknown",
        action=action,
        subject=("schedule", schedule.id),
        workspace_id=schedule.workspace_id,
        detail={"name": schedule.name, **detail},
    )


def _tupled(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
