"""Schedules: rows of `autopilot_schedules`, and the one guarded UPDATE that moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from autopilot.domain.run import Run, RunStatus
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.errors import Conflict
from autopilot.store.tables import autopilot_schedules as table


def add_schedule(connection: Connection, schedule: Schedule) -> None:
    """Insert a schedule; raises Conflict when its specification has one of that name."""
    taken = find_schedule(connection, schedule.specification_id, schedule.name)
    if taken is not None:
        raise Conflict(
            f"This specification already has a schedule named {schedule.name!r} ({taken.id}).",
            hint="Choose another name, or change that schedule.",
        )
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


def edit_schedule(connection: Connection, seen: Schedule, edited: Schedule) -> Schedule:
    """Write what a person changed; raises Conflict when somebody else edited it meanwhile."""
    newer = replace(edited, version=seen.version + 1)
    written = connection.execute(
        update(table)
        .where(table.c.id == seen.id, table.c.version == seen.version)
        .values(version=newer.version, **_document(newer), **_state(newer))
    )
    if written.rowcount != 1:
        raise Conflict(
            f"Schedule {seen.name!r} was changed by somebody else meanwhile.",
            hint="Look at it again and repeat your change.",
        )
    return newer


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
    connection.execute(
        update(table)
        .where(table.c.id == schedule_id)
        .values(
            run_count=table.c.run_count + slots,
            success_count=table.c.success_count + int(status is RunStatus.SUCCEEDED),
            failure_count=table.c.failure_count + int(status is RunStatus.FAILED),
            last_run_at=at,
            last_run_status=status.value,
            last_run_error=error,
        )
    )


def due_schedules(connection: Connection, now: datetime, *, limit: int) -> Sequence[Schedule]:
    """Return due schedules, longest due first, passing over rows another tick holds."""
    query = (
        select(table)
        .where(table.c.enabled.is_(True), table.c.next_run_at <= now)
        .order_by(table.c.next_run_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has one writer and ignores it
    )
    return [_schedule(row) for row in connection.execute(query)]


def next_due_at(connection: Connection) -> datetime | None:
    """Return the earliest next slot of any schedule that is on."""
    found: datetime | None = connection.scalar(
        select(func.min(table.c.next_run_at)).where(table.c.enabled.is_(True))
    )
    return found


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
        policies=row.policies,
        status=ScheduleStatus(row.status),
        status_reason=row.status_reason,
        next_run_at=row.next_run_at,
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
