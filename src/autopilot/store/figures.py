"""Figures: how often a schedule ran, and how that ended, counted in its own row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Update, case, literal_column, update

from autopilot.domain.run import Run, RunStatus
from autopilot.store.bulk import BulkUpdate, Given
from autopilot.store.tables import autopilot_schedules as table


def count_runs(connection: Connection, ended: Sequence[Run]) -> None:
    """Add ended runs, none of them failed, to their schedules' figures."""
    rows = [
        (run.schedule_id, run.finished_at, str(run.status), int(run.status is RunStatus.SUCCEEDED))
        for run in ended
    ]
    _COUNT.execute(connection, rows)


def count_run(connection: Connection, schedule_id: UUID, run: Run) -> None:
    """Add an ended run to its schedule's figures; a skipped one is neither success nor failure."""
    _count(
        connection,
        schedule_id,
        status=run.status,
        error=run.reason if run.status is RunStatus.FAILED else None,
        at=run.finished_at,
    )


def prepare(connection: Connection) -> None:
    """Build the statement that counts many runs before there are any."""
    _COUNT.prepare(connection)


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


def _count_ended(given: Given) -> Update:
    succeeded = given("success_count")
    return (
        update(table)
        .where(table.c.id == given("id"))
        .values(
            run_count=table.c.run_count + literal_column("1"),
            success_count=table.c.success_count + succeeded,
            consecutive_failures=table.c.consecutive_failures * (literal_column("1") - succeeded),
            last_run_at=given("last_run_at"),
            last_run_status=given("last_run_status"),
            last_run_error=literal_column("NULL"),
        )
    )


_COUNT = BulkUpdate(
    (table.c.id, table.c.last_run_at, table.c.last_run_status, table.c.success_count), _count_ended
)
