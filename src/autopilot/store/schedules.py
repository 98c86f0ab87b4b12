"""Schedules: rows of `autopilot_schedules`, and the one guarded UPDATE that moves them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Update,
    delete,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)

from autopilot.domain.schedule import Schedule, ScheduleStatus, Upcoming
from autopilot.errors import Conflict
from autopilot.store.bulk import BulkSelect, BulkUpdate, Given
from autopilot.store.changes import announce
from autopilot.store.tables import autopilot_schedules as table

# As the indexes spell them: SQLite uses a partial or expression index only for the same words.
ACTIVE: ColumnElement[Any] = literal_column("autopilot_schedules.enabled")
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


def advance_schedules(connection: Connection, moves: Sequence[tuple[Schedule, Upcoming]]) -> bool:
    """Write the next slots of schedules that stay on; False unless all were still as seen."""
    rows = [
        (seen.id, seen.version, seen.next_run_at, next_.at, next_.due_at, next_.computed_with)
        for seen, next_ in moves
    ]
    return _ADVANCE.execute(connection, rows) == len(rows)


def prepare(connection: Connection) -> None:
    """Build the statement that moves many schedules on before there are any."""
    _ADVANCE.prepare(connection)


def lock_schedules(connection: Connection, schedule_ids: Collection[UUID]) -> None:
    """Keep these rows ours until the transaction ends; SQLite's one writer has them anyway."""
    if connection.dialect.name == "postgresql":
        _LOCK.execute(connection, schedule_ids)


def due_schedules(connection: Connection, now: datetime, *, limit: int) -> Sequence[Schedule]:
    """Return due schedules, longest due first, passing over rows another tick holds."""
    query = select(table).where(ACTIVE, now >= DUE_AT).order_by(DUE_AT).limit(limit)
    # SQLite has one writer and ignores the lock.
    locked = query.with_for_update(skip_locked=True)
    return [schedule_of(row) for row in connection.execute(locked)]


def computed_otherwise(
    connection: Connection,
    computed_with: str,
    *,
    after: UUID | None = None,
    limit: int | None = None,
) -> Sequence[Schedule]:
    """Return the schedules that are on and whose next slot another calendar computed, by id.

    With `after` and `limit` so many of those that come after an id.
    """
    other = table.c.computed_with.is_distinct_from(computed_with)
    # Spelled as the list's index has it: nearly always all rows are read, and none is found.
    query = select(table).where(table.c.enabled == true(), other)
    query = query.order_by(table.c.id).limit(limit)
    if after is not None:
        query = query.where(table.c.id > after)
    return [schedule_of(row) for row in connection.execute(query)]


def lock_schedule(connection: Connection, schedule_id: UUID) -> Schedule | None:
    """Return a schedule whose row stays ours until the transaction ends."""
    query = select(table).where(table.c.id == schedule_id).with_for_update()
    row = connection.execute(query).first()
    return None if row is None else schedule_of(row)


def get_schedule(connection: Connection, schedule_id: UUID) -> Schedule | None:
    """Return the schedule with this id, cancelled or not."""
    row = connection.execute(select(table).where(table.c.id == schedule_id)).first()
    return None if row is None else schedule_of(row)


def find_schedule(connection: Connection, specification_id: UUID, name: str) -> Schedule | None:
    """Return the schedule of a specification with this name that is not cancelled."""
    query = select(table).where(
        table.c.specification_id == specification_id,
        table.c.schedule_name == name,
        table.c.status != ScheduleStatus.CANCELLED.value,
    )
    row = connection.execute(query).first()
    return None if row is None else schedule_of(row)


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
    return [schedule_of(row) for row in connection.execute(query)]


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


def schedule_of(row: Row[Any]) -> Schedule:
    """Return the schedule a row holds."""
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
        status=_STATUSES[row.status],
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


def _advance(given: Given) -> Update:
    return (
        update(table)
        .where(
            table.c.id == given("id"),
            table.c.version == given("version"),
            table.c.status == _ACTIVE,
            table.c.next_run_at == given("seen_next_run_at"),
        )
        .values(
            next_run_at=given("next_run_at"),
            due_at=given("due_at"),
            computed_with=given("computed_with"),
        )
    )


_STATUSES = {status.value: status for status in ScheduleStatus}
_ACTIVE: ColumnElement[str] = literal_column(f"'{ScheduleStatus.ACTIVE.value}'")
# When the next run of any schedule that is on may begin.
NEXT_DUE = select(DUE_AT).where(ACTIVE).order_by(DUE_AT).limit(1)
_LOCK = BulkSelect(
    table.c.id,
    lambda is_one: select(table.c.id).where(is_one).order_by(table.c.id).with_for_update(),
)
_ADVANCE = BulkUpdate(
    (
        table.c.id,
        table.c.version,
        Column("seen_next_run_at", table.c.next_run_at.type),
        table.c.next_run_at,
        table.c.due_at,
        table.c.computed_with,
    ),
    _advance,
)
