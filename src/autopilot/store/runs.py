"""Runs: rows of `newsletter_runs`, and the one guarded UPDATE that performs every move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, func, select, update

from autopilot.domain.content import SourceReport, Window
from autopilot.domain.recurrence.slots import Slot
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.errors import LeaseLost
from autopilot.store.inserting import insert_into
from autopilot.store.tables import newsletter_runs as table

_REPORTS = TypeAdapter(tuple[SourceReport, ...])


def add_run(
    connection: Connection, run: Run, *, slot: Slot | None = None, tzdata_version: str | None = None
) -> bool:
    """Insert a run; False when its slot has one already (somebody else was first)."""
    values = {
        "id": run.id,
        "workspace_id": run.workspace_id,
        "specification_id": run.specification_id,
        "autopilot_schedule_id": run.schedule_id,
        "trigger": run.trigger.value,
        "scheduled_for": run.scheduled_for,
        "slot_local": slot and slot.local.isoformat(timespec="minutes"),
        "slot_fold": slot.fold if slot else 0,
        "zone": run.zone,
        "tzdata_version": tzdata_version,
        "window_start": run.window.start,
        "window_end": run.window.end,
        "due_at": run.due_at,
        "categories_override": _listed(run.categories_override),
        "regions_override": _listed(run.regions_override),
        "cadence_override": run.cadence_override,
        "created_by": run.created_by,
        "created_at": run.created_at,
        **_state(run),
    }
    # RETURNING tells what was inserted; the row count of an INSERT is not dependable everywhere.
    statement = (
        insert_into(connection, table).values(values).on_conflict_do_nothing().returning(table.c.id)
    )
    return connection.scalar(statement) is not None


def adopt_run(connection: Connection, run_id: UUID, schedule_id: UUID) -> bool:
    """Let a manual run belong to a schedule; False when it belongs to one already."""
    written = connection.execute(
        update(table)
        .where(table.c.id == run_id, table.c.autopilot_schedule_id.is_(None))
        .values(autopilot_schedule_id=schedule_id)
    )
    return written.rowcount == 1


def move_run(connection: Connection, seen: Run, moved: Run) -> Run:
    """Write a move; raises LeaseLost unless exactly the row as it was seen is still there."""
    written = connection.execute(
        update(table)
        .where(
            table.c.id == seen.id,
            table.c.status == seen.status.value,
            table.c.epoch == seen.epoch,
            table.c.owner_token.is_not_distinct_from(seen.owner_token),
        )
        .values(**_state(moved))
    )
    if written.rowcount != 1:
        raise LeaseLost(
            f"Run {seen.id} is no longer {seen.status} in epoch {seen.epoch}; nothing was written."
        )
    return moved


def rescue_run(connection: Connection, seen: Run, moved: Run) -> bool:
    """Write a rescue; False when the lease was renewed, or another worker was first."""
    written = connection.execute(
        update(table)
        .where(
            table.c.id == seen.id,
            table.c.status == RunStatus.RUNNING.value,
            table.c.epoch == seen.epoch,
            table.c.lease_until == seen.lease_until,
        )
        .values(**_state(moved))
    )
    return written.rowcount == 1


def claimable_run(connection: Connection, now: datetime) -> Run | None:
    """Return the queued run that has waited longest, locked where the store can lock rows."""
    query = (
        select(table)
        .where(table.c.status == RunStatus.QUEUED.value, table.c.due_at <= now)
        .order_by(table.c.due_at, table.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(query).first()
    return None if row is None else _run(row)


def expired_runs(connection: Connection, now: datetime) -> Sequence[Run]:
    """Return running runs whose lease ran out."""
    query = select(table).where(
        table.c.status == RunStatus.RUNNING.value, table.c.lease_until <= now
    )
    return [_run(row) for row in connection.execute(query)]


def next_wake_at(connection: Connection) -> datetime | None:
    """Return the earliest time a queued run may start or a lease runs out."""
    queued = connection.scalar(
        select(func.min(table.c.due_at)).where(table.c.status == RunStatus.QUEUED.value)
    )
    leased = connection.scalar(
        select(func.min(table.c.lease_until)).where(table.c.status == RunStatus.RUNNING.value)
    )
    return min((moment for moment in (queued, leased) if moment is not None), default=None)


def get_run(connection: Connection, run_id: UUID) -> Run | None:
    """Return the run with this id."""
    row = connection.execute(select(table).where(table.c.id == run_id)).first()
    return None if row is None else _run(row)


def runs_starting_with(connection: Connection, prefix: str) -> Sequence[Run]:
    """Return up to two runs whose id starts with these hexadecimal digits (as people abbreviate)."""
    low, high = UUID(prefix.ljust(32, "0")), UUID(prefix.ljust(32, "f"))
    query = select(table).where(table.c.id >= low, table.c.id <= high).limit(2)
    return [_run(row) for row in connection.execute(query)]


def list_runs(
    connection: Connection,
    *,
    workspace_id: UUID | None = None,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    status: RunStatus | None = None,
    limit: int = 20,
) -> Sequence[Run]:
    """Return runs, newest first."""
    query = select(table).order_by(table.c.created_at.desc(), table.c.id).limit(limit)
    for column, value in (
        (table.c.workspace_id, workspace_id),
        (table.c.specification_id, specification_id),
        (table.c.autopilot_schedule_id, schedule_id),
        (table.c.status, status and status.value),
    ):
        if value is not None:
            query = query.where(column == value)
    return [_run(row) for row in connection.execute(query)]


def open_slots(connection: Connection, schedule_ids: Iterable[UUID]) -> Mapping[UUID, datetime]:
    """Return the slots of these schedules whose runs are still queued or running."""
    query = select(table.c.autopilot_schedule_id, table.c.scheduled_for).where(
        table.c.autopilot_schedule_id.in_(list(schedule_ids)),
        table.c.trigger == Trigger.SCHEDULE.value,
        table.c.status.in_([RunStatus.QUEUED.value, RunStatus.RUNNING.value]),
    )
    return {row.autopilot_schedule_id: row.scheduled_for for row in connection.execute(query)}


def _state(run: Run) -> dict[str, object]:
    """The columns that moves write."""
    return {
        "status": run.status.value,
        "reason": run.reason,
        "owner_token": run.owner_token,
        "lease_until": run.lease_until,
        "epoch": run.epoch,
        "attempt": run.attempt,
        "due_at": run.due_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "source_reports": _REPORTS.dump_python(run.sources, mode="json"),
    }


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        workspace_id=row.workspace_id,
        specification_id=row.specification_id,
        schedule_id=row.autopilot_schedule_id,
        trigger=Trigger(row.trigger),
        scheduled_for=row.scheduled_for,
        zone=row.zone,
        window=Window(start=row.window_start, end=row.window_end),
        due_at=row.due_at,
        status=RunStatus(row.status),
        reason=row.reason,
        owner_token=row.owner_token,
        lease_until=row.lease_until,
        epoch=row.epoch,
        attempt=row.attempt,
        created_by=row.created_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        sources=_REPORTS.validate_python(row.source_reports or ()),
        categories_override=_tupled(row.categories_override),
        regions_override=_tupled(row.regions_override),
        cadence_override=row.cadence_override,
    )


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _tupled(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
