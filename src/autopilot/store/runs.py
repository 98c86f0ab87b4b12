"""Runs: rows of `newsletter_runs`, and the one guarded UPDATE that performs every move."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    func,
    literal_column,
    select,
    update,
)

from autopilot.domain.content import SourceReport, Window
from autopilot.domain.recurrence.slots import Slot
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.errors import LeaseLost
from autopilot.store.bulk import BulkSelect
from autopilot.store.inserting import insert_into
from autopilot.store.tables import newsletter_runs as table

_REPORTS = TypeAdapter(tuple[SourceReport, ...])
_TRIGGERS = {trigger.value: trigger for trigger in Trigger}
_OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)
_WITHOUT_ISSUE = (RunStatus.SKIPPED, RunStatus.CANCELLED, RunStatus.FAILED)
_STATUSES = {status.value: status for status in RunStatus}


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
        "retries": run.retries,
        "retry_until": run.retry_until,
        "priority": run.priority,
        "alone": run.alone,
        **state_of(run),
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
        .values(**state_of(moved))
    )
    if written.rowcount != 1:
        raise LeaseLost(
            f"Run {seen.id} is no longer {seen.status} in epoch {seen.epoch}; nothing was written."
        )
    return moved


def get_run(connection: Connection, run_id: UUID) -> Run | None:
    """Return the run with this id."""
    row = connection.execute(select(table).where(table.c.id == run_id)).first()
    return None if row is None else run_of(row)


def runs_starting_with(connection: Connection, prefix: str) -> Sequence[Run]:
    """Return up to two runs whose id starts with these hexadecimal digits (as people abbreviate)."""
    low, high = UUID(prefix.ljust(32, "0")), UUID(prefix.ljust(32, "f"))
    query = select(table).where(table.c.id >= low, table.c.id <= high).limit(2)
    return [run_of(row) for row in connection.execute(query)]


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
    newest = table.c.created_at.desc(), table.c.scheduled_for.desc().nulls_last(), table.c.id
    query = select(table).order_by(*newest).limit(limit)
    for column, value in (
        (table.c.workspace_id, workspace_id),
        (table.c.specification_id, specification_id),
        (table.c.autopilot_schedule_id, schedule_id),
        (table.c.status, status and status.value),
    ):
        if value is not None:
            query = query.where(column == value)
    return [run_of(row) for row in connection.execute(query)]


def schedules_of_runs(connection: Connection, run_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Return the schedule of each of these runs that has one."""
    query = select(table.c.id, table.c.autopilot_schedule_id).where(
        table.c.id.in_(list(run_ids)), table.c.autopilot_schedule_id.is_not(None)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def open_slots(
    connection: Connection, schedule_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[datetime]]:
    """Return the slots of these schedules whose runs are still queued or running, oldest first."""
    return _by_schedule(_OPEN_SLOTS.execute(connection, schedule_ids))


def issued_slots(
    connection: Connection, schedule_ids: Collection[UUID], *, since: datetime
) -> Mapping[UUID, Sequence[datetime]]:
    """Return the slots of these schedules whose issues were made, or are still to be made."""
    return _by_schedule(_ISSUED_SLOTS.execute(connection, schedule_ids, since=since))


def _by_schedule(rows: Iterable[Any]) -> Mapping[UUID, Sequence[datetime]]:
    found: dict[UUID, list[datetime]] = {}
    for schedule_id, slot in rows:
        found.setdefault(schedule_id, []).append(slot)
    return found


def count_slots(
    connection: Connection,
    schedule_id: UUID,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    delivering: bool = False,
) -> int:
    """Return how many slots of a schedule have a run that was not skipped or cancelled.

    `start` and `end` bound the slots (end exclusive); with `delivering` failed runs do not count
    either: only issues made, or still to be made.
    """
    left_out = [RunStatus.SKIPPED.value, RunStatus.CANCELLED.value]
    query = (
        select(func.count())
        .select_from(table)
        .where(
            table.c.autopilot_schedule_id == schedule_id,
            table.c.trigger == Trigger.SCHEDULE.value,
            table.c.status.not_in([*left_out, *([RunStatus.FAILED.value] * delivering)]),
        )
    )
    if start is not None:
        query = query.where(table.c.scheduled_for >= start)
    if end is not None:
        query = query.where(table.c.scheduled_for < end)
    return int(connection.scalar(query) or 0)


def last_slot(connection: Connection, schedule_id: UUID) -> datetime | None:
    """Return the latest slot of a schedule that has a run."""
    found: datetime | None = connection.scalar(_LAST_SLOT, {"schedule_id": schedule_id})
    return found


def state_of(run: Run) -> dict[str, object]:
    """Return the columns that moves write."""
    return {
        "status": run.status.value,
        "reason": run.reason,
        "owner_token": run.owner_token,
        "lease_until": run.lease_until,
        "epoch": run.epoch,
        "attempt": run.attempt,
        "deaths": run.deaths,
        "failures": run.failures,
        "due_at": run.due_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "source_reports": _REPORTS.dump_python(run.sources, mode="json") if run.sources else [],
    }


def run_of(row: Row[Any]) -> Run:
    """Return the run a row holds."""
    return Run(
        id=row.id,
        workspace_id=row.workspace_id,
        specification_id=row.specification_id,
        schedule_id=row.autopilot_schedule_id,
        trigger=_TRIGGERS[row.trigger],
        scheduled_for=row.scheduled_for,
        zone=row.zone,
        window=Window(start=row.window_start, end=row.window_end),
        due_at=row.due_at,
        status=_STATUSES[row.status],
        reason=row.reason,
        owner_token=row.owner_token,
        lease_until=row.lease_until,
        epoch=row.epoch,
        attempt=row.attempt,
        deaths=row.deaths,
        failures=row.failures,
        retries=row.retries,
        retry_until=row.retry_until,
        priority=row.priority,
        alone=row.alone,
        created_by=row.created_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        sources=_REPORTS.validate_python(row.source_reports) if row.source_reports else (),
        categories_override=_tupled(row.categories_override),
        regions_override=_tupled(row.regions_override),
        cadence_override=row.cadence_override,
    )


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _tupled(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _literal(words: Iterable[str]) -> list[ColumnElement[str]]:
    """Words as they stand in the partial indexes: a bound value would keep SQLite from using them."""
    return [literal_column(f"'{word}'") for word in words]


_SCHEDULED = table.c.trigger == literal_column(f"'{Trigger.SCHEDULE.value}'")
_SLOTS = select(table.c.autopilot_schedule_id, table.c.scheduled_for)
_OPEN_SLOTS = BulkSelect(
    table.c.autopilot_schedule_id,
    lambda is_one: _SLOTS.where(is_one, _SCHEDULED, table.c.status.in_(_literal(_OPEN))).order_by(
        table.c.scheduled_for
    ),
)
_ISSUED_SLOTS = BulkSelect(
    table.c.autopilot_schedule_id,
    lambda is_one: _SLOTS.where(
        is_one,
        table.c.scheduled_for >= bindparam("since", type_=table.c.scheduled_for.type),
        _SCHEDULED,
        table.c.status.not_in(_literal(_WITHOUT_ISSUE)),
    ),
)
_LAST_SLOT = (
    select(table.c.scheduled_for)
    .where(
        table.c.autopilot_schedule_id
        == bindparam("schedule_id", type_=table.c.autopilot_schedule_id.type),
        # Every row with a slot is asked for: where NULL comes first differs between the databases.
        table.c.scheduled_for.is_not(None),
        _SCHEDULED,
    )
    .order_by(table.c.scheduled_for.desc())
    .limit(1)
)
