"""Batches: many runs added, claimed, renewed, given back or ended by one statement each.

The guards are those of `runs.move_run`, row by row: state, epoch and owner. The caller compares how
many rows were written with how many it meant, and rolls back when they differ.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Update, literal_column, null, select, update

from autopilot.domain.recurrence.slots import Slot
from autopilot.domain.run import Run, RunStatus
from autopilot.store.bulk import BulkInsert, BulkUpdate, Given, among_ids
from autopilot.store.runs import add_run
from autopilot.store.tables import newsletter_runs as table

_OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)
_ONE: ColumnElement[int] = literal_column("1")
_QUEUED: ColumnElement[str] = literal_column("'queued'")
_RUNNING: ColumnElement[str] = literal_column("'running'")


def add_runs(
    connection: Connection, planned: Sequence[tuple[Run, Slot]], *, tzdata_version: str
) -> Set[UUID]:
    """Insert the runs of slots, queued or claimed; return the ids of those whose slot had none before."""
    plain = [pair for pair in planned if _is_plain(pair[0])]
    rows = [
        (
            run.id,
            run.workspace_id,
            run.specification_id,
            run.schedule_id,
            run.scheduled_for,
            _minute(slot.local),
            slot.fold,
            run.zone,
            tzdata_version,
            run.window.start,
            run.window.end,
            run.due_at,
            run.cadence_override,
            run.created_by,
            run.created_at,
            run.retries,
            run.retry_until,
            run.priority,
            run.alone,
            str(run.status),
            run.owner_token,
            run.lease_until,
            run.epoch,
            run.attempt,
            run.started_at,
        )
        for run, slot in plain
    ]
    added = {run.id for run, _ in plain}
    if _ADD.execute(connection, rows) != len(rows):
        query = select(table.c.id).where(among_ids(connection, table.c.id, added))
        added = set(connection.scalars(query))
    for run, slot in planned:
        if not _is_plain(run) and add_run(
            connection, run, slot=slot, tzdata_version=tzdata_version
        ):
            added.add(run.id)
    return added


def claim_runs(connection: Connection, seen: Sequence[Run], claimed: Sequence[Run]) -> bool:
    """Write claims; False unless every run was still queued as it was seen."""
    rows = [
        (before.id, before.epoch, run.owner_token, run.lease_until, run.started_at)
        for before, run in zip(seen, claimed, strict=True)
    ]
    return _CLAIM.execute(connection, rows) == len(rows)


def renew_runs(connection: Connection, held: Sequence[Run], until: datetime) -> int:
    """Write new ends of leases and return how many of the runs are still held."""
    rows = [(run.id, run.epoch, run.owner_token, until) for run in held]
    return _RENEW.execute(connection, rows)


def release_runs(connection: Connection, held: Sequence[Run]) -> int:
    """Return runs to the queue, at their old places, and return how many were still held."""
    rows = [(run.id, run.epoch, run.owner_token) for run in held]
    return _RELEASE.execute(connection, rows)


def end_runs(connection: Connection, ends: Sequence[tuple[Run, Run]]) -> bool:
    """Write ends of runs, each as it was held and as it ended; False unless all were still held."""
    rows = [
        (held.id, held.epoch, held.owner_token, str(run.status), run.reason, run.finished_at)
        for held, run in ends
    ]
    return _END.execute(connection, rows) == len(rows)


@lru_cache(maxsize=64)
def _minute(local: datetime) -> str:
    return local.isoformat(timespec="minutes")


def prepare(connection: Connection) -> None:
    """Build the statements of a batch before there is one."""
    for statement in (_ADD, _CLAIM, _RENEW, _RELEASE, _END):
        statement.prepare(connection)


def _is_plain(run: Run) -> bool:
    """Whether it has not ended and has nothing that is a document."""
    has_none = run.categories_override is None and run.regions_override is None
    return has_none and run.status in _OPEN


def _held(given: Given) -> Update:
    return update(table).where(
        table.c.id == given("id"),
        table.c.epoch == given("epoch"),
        table.c.owner_token == given("owner_token"),
        table.c.status == _RUNNING,
    )


def _claim(given: Given) -> Update:
    return (
        update(table)
        .where(
            table.c.id == given("id"), table.c.epoch == given("epoch"), table.c.status == _QUEUED
        )
        .values(
            status=_RUNNING,
            owner_token=given("owner_token"),
            lease_until=given("lease_until"),
            epoch=table.c.epoch + _ONE,
            attempt=table.c.attempt + _ONE,
            started_at=given("started_at"),
        )
    )


def _release(given: Given) -> Update:
    return _held(given).values(
        status=_QUEUED, owner_token=null(), lease_until=null(), attempt=table.c.attempt - _ONE
    )


def _end(given: Given) -> Update:
    return _held(given).values(
        status=given("status"),
        reason=given("reason"),
        finished_at=given("finished_at"),
        owner_token=null(),
        lease_until=null(),
    )


_OWNED = (table.c.id, table.c.epoch, table.c.owner_token)
_ADD = BulkInsert(
    table,
    (
        table.c.id,
        table.c.workspace_id,
        table.c.specification_id,
        table.c.autopilot_schedule_id,
        table.c.scheduled_for,
        table.c.slot_local,
        table.c.slot_fold,
        table.c.zone,
        table.c.tzdata_version,
        table.c.window_start,
        table.c.window_end,
        table.c.due_at,
        table.c.cadence_override,
        table.c.created_by,
        table.c.created_at,
        table.c.retries,
        table.c.retry_until,
        table.c.priority,
        table.c.alone,
        table.c.status,
        table.c.owner_token,
        table.c.lease_until,
        table.c.epoch,
        table.c.attempt,
        table.c.started_at,
    ),
    trigger="'schedule'",
)
_CLAIM = BulkUpdate(
    (*_OWNED[:2], table.c.owner_token, table.c.lease_until, table.c.started_at), _claim
)
_RENEW = BulkUpdate(
    (*_OWNED, table.c.lease_until),
    lambda given: _held(given).values(lease_until=given("lease_until")),
)
_RELEASE = BulkUpdate(_OWNED, _release)
_END = BulkUpdate((*_OWNED, table.c.status, table.c.reason, table.c.finished_at), _end)
