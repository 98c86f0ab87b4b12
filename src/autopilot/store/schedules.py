"""Schedules: rows of `autopilot_schedules`, and the one guarded UPDATE that moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, case, delete, func, insert, select, true, update

from autopilot.domain.run import Run, RunStatus
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.errors import Conflict
from autopilot.store.changes import announce
from autopilot.store.tables import autopilot_schedules as table

# As the indexes spell them: SQLite uses a partial or expression index only for the same words.
ACTIVE = table.c.enabled == true()
DUE_AT = func.coalesce(table.c.due_at, table.c.next_run_at, type_=table.c.next_run_at.type)


def add_schedule(connection: Connection, schedule: Schedule) -> None:
    """Insert a schedule; raises Conflict when its specification has one of that name."""
    _refuse_taken_name(connection, schedule)
    connection.execute(
        insert(table).values(
            id=schedule.id,
            workspace_id=schedule.workspace_id,
            specification_id=schedule.specification_id,
            created_by=schedule.created_by,
            **_document(schedule),
            **_state(schedule),
        )
    )
    announce(connection)


def edit_schedule(connection: Connection, seen: Schedule, edited: Schedule) -> Schedule:
    """Write what a person changed; raises Conflict when somebody else edited it meanwhile, or its
    new name is taken.
    """
    if edited.name != seen.name:
        _refuse_taken_name(connection, edited)
    resumed = edited.enabled and not seen.enabled  # a fresh start: old failures no longer count
    failures = 0 if resumed else seen.consecutive_failures
    newer = replace(edited, version=seen.version + 1, consecutive_failures=failures)
    values = {"version": newer.version, **_document(newer), **_state(newer)}
    written = connection.execute(
        update(table)
        .where(table.c.id == seen.id, table.c.version == seen.version)
        .values(values | ({"consecutive_failures": 0} if resumed else {}))
    )
    if written.rowcount != 1:
        raise Conflict(
            f"Schedule {seen.name!r} was changed by somebody else meanwhile.",
            hint="Look at it again and repeat your change.",
        )
    announce(connection)
    return newer


def _refuse_taken_name(connection: Connection, schedule: Schedule) -> None:
    taken = find_schedule(connection, schedule.specification_id, schedule.name)
    if taken is not None:
        raise Conflict(
            f"This specification already has a schedule named {schedule.name!r} ({taken.id}).",
            hint="Choose another name, or change that schedule.",
        )


def advance_schedule(connection: Connection, seen: Schedule, moved: Schedule) -> bool:
    """Write the next slot; False when another tick or an edit was first (nothing is written)."""
    written = connection.execute(
        update(table)
        .where(
            table.c.id == seen.id,
            table.c.version == seen.version,
            table.c.status == seen.status.value,
            table.c.next_run_at == seen.next_run_at,
        )
        .values(**_state(moved))
    )
    return written.rowcount == 1


def count_run(connection: Connection, schedule_id: UUID, run: Run) -> None:
    """Add an ended run to its schedule's figures; a skipped one is neither success nor failure."""
    _count(
        connection,
        schedule_id,
        status=run.status,
        error=run.reason if run.status is RunStatus.FAILED else None,
        at=run.finished_at,
    )


def uncount_failure(connection: Connection, schedule_id: UUID) -> None:
    """Take a failed run out of its schedule's figures: it is tried again and will be counted then."""
    in_a_row = table.c.consecutive_failures
    connection.execute(
        update(table)
        .where(table.c.id == schedule_id)
        .values(
            run_count=table.c.run_count - 1,
            failure_count=table.c.failure_count - 1,
            # A resume or another slot's success has begun the count anew meanwhile.
            consecutive_failures=case((in_a_row > 0, in_a_row - 1), else_=0),
        )
    )


def count_result(
    connection: Connection, schedule_id: UUID, *, success: bool, error: str | None, now: datetime
) -> None:
    """Add a run that was made elsewhere to a schedule's figures."""
    status = RunStatus.SUCCEEDED if success else RunStatus.FAILED
    _count(connection, schedule_id, status=status, error=None if success else error, at=now)


def count_missed(connection: Connection, schedule_id: UUID, *, slots: int, now: datetime) -> None:
    """Add slots that were skipped without a worker to a schedule's figures."""
    _count(connection, schedule_id, status=RunStatus.SKIPPED, error=None, at=now, slots=slots)


def _count(
    connection: Connection,
    schedule_id: UUID,
    *,
    status: RunStatus,
    error: str | None,
    at: datetime | None,
    slots: int = 1,
) -> None:
    failed, succeeded = status is RunStatus.FAILED, status is RunStatus.SUCCEEDED
    in_a_row = table.c.consecutive_failures + int(failed)
    connection.execute(
        update(table)
        .where(table.c.id == schedule_id)
        .values(
            run_count=table.c.run_count + slots,
            success_count=table.c.success_count + int(succeeded),
            failure_count=table.c.failure_count + int(failed),
            consecutive_failures=0 if succeeded else in_a_row,
            last_run_at=at,
            last_run_status=status.value,
            last_run_error=error,
        )
    )


def due_schedules(connection: Connection, now: datetime, *, limit: int) -> Sequence[Schedule]:
    """Return due schedules, longest due first, passing over rows another tick holds."""
    query = (
        select(table)
        .where(ACTIVE, now >= DUE_AT)
        .order_by(DUE_AT, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has one writer and ignores it
    )
    return [_schedule(row) for row in connection.execute(query)]


def next_due_at(connection: Connection) -> datetime | None:
    """Return the earliest time at which a run of any schedule that is on may begin."""
    found: datetime | None = connection.scalar(
        select(DUE_AT).where(ACTIVE).order_by(DUE_AT).limit(1)
    )
    return found


def computed_otherwise(connection: Connection, computed_with: str) -> Sequence[Schedule]:
    """Return the schedules that are on and whose next slot another calendar computed."""
    other = table.c.computed_with.is_distinct_from(computed_with)
    query = select(table).where(ACTIVE, other).order_by(table.c.id)
    return [_schedule(row) for row in connection.execute(query)]


def lock_schedule(connection: Connection, schedule_id: UUID) -> Schedule | None:
    """Return a schedule whose row stays ours until the transaction ends."""
    query = select(table).where(table.c.id == schedule_id).with_for_update()
    row = connection.execute(query).first()
    return None if row is None else _schedule(row)


def get_schedule(connection: Connection, schedule_id: UUID) -> Schedule | None:
    """Return the schedule with this id, cancelled or not."""
    row = connection.execute(select(table).where(table.c.id == schedule_id)).first()
    return None if row is None else _schedule(row)


def find_schedule(connection: Connection, specification_id: UUID, name: str) -> Schedule | None:
    """Return the schedule of a specification with this name that is not cancelled."""
    query = select(table).where(
        table.c.specification_id == specification_id,
        table.c.schedule_name == name,
        table.c.status != ScheduleStatus.CANCELLED.value,
    )
    row = connection.execute(query).first()
    return None if row is None else _schedule(row)


def list_schedules(
    connection: Connection,
    *,
    workspace_id: UUID | None = None,
    specification_id: UUID | None = None,
    status: ScheduleStatus | None = None,
    enabled: bool | None = None,
    owner: str | None = None,
    with_cancelled: bool = False,
) -> Sequence[Schedule]:
    """Return schedules in the order of their next slot; those without one come last."""
    query = select(table).order_by(
        table.c.next_run_at.is_(None), table.c.next_run_at, table.c.schedule_name, table.c.id
    )
    for column, value in (
        (table.c.workspace_id, workspace_id),
        (table.c.specification_id, specification_id),
        (table.c.status, status and status.value),
        (table.c.enabled, enabled),
        (table.c.created_by, owner),
    ):
        if value is not None:
            query = query.where(column == value)
    if status is None and not with_cancelled:
        query = query.where(table.c.status != ScheduleStatus.CANCELLED.value)
    return [_schedule(row) for row in connection.execute(query)]


def delete_schedule_row(connection: Connection, schedule_id: UUID) -> None:
    """Remove a schedule for good; its runs and issues stay, without a schedule."""
    connection.execute(delete(table).where(table.c.id == schedule_id))


def _document(schedule: Schedule) -> dict[str, object]:
    """The columns a person writes."""
    return {
        "schedule_name": schedule.name,
        "schedule_type": schedule.type,
        "schedule_config": dict(schedule.config),
        "timezone": schedule.timezone,
        "policies": dict(schedule.policies),
        "categories_override": _listed(schedule.categories_override),
        "regions_override": _listed(schedule.regions_override),
        "cadence_override": schedule.cadence_override,
        "notes": schedule.notes,
    }


def _state(schedule: Schedule) -> dict[str, object]:
    """The columns that moves write."""
    return {
        "status": schedule.status.value,
        "enabled": schedule.enabled,
        "status_reason": schedule.status_reason,
        "next_run_at": schedule.next_run_at,
        "due_at": schedule.due_at,
        "computed_with": schedule.computed_with,
    }


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        id=row.id,
        workspace_id=row.workspace_id,
        specification_id=row.specification_id,
        created_by=row.created_by,
        name=row.schedule_name,
        type=row.schedule_type,
        config=row.schedule_config,
        timezone=row.timezone,
        # What is no object is kept as one that no policy has, to be refused with the others.
        policies=row.policies if isinstance(row.policies, dict) else {"policies": row.policies},
        status=ScheduleStatus(row.status),
        status_reason=row.status_reason,
        next_run_at=row.next_run_at,
        due_at=row.due_at,
        computed_with=row.computed_with,
        consecutive_failures=row.consecutive_failures,
        version=row.version,
        categories_override=_tupled(row.categories_override),
        regions_override=_tupled(row.regions_override),
        cadence_override=row.cadence_override,
        notes=row.notes,
        last_run_at=row.last_run_at,
        last_run_status=row.last_run_status,
        last_run_error=row.last_run_error,
        run_count=row.run_count,
        success_count=row.success_count,
        failure_count=row.failure_count,
    )


def _tupled(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
