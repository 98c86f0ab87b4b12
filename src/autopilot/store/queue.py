"""The queue: which run comes next, whose lease ran out, and when a worker should look again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    exists,
    func,
    literal_column,
    select,
    update,
)

from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.store.runs import run_of, state_of
from autopilot.store.tables import newsletter_runs as table
from autopilot.store.tables import workspaces

# Literal words, as in the partial indexes: a bound value would keep SQLite from using them.
_QUEUED = table.c.status == literal_column("'queued'")
_RUNNING = table.c.status == literal_column("'running'")


def rescue_run(connection: Connection, seen: Run, moved: Run) -> bool:
    """Write a rescue; False when the lease was renewed, or another worker was first.

    A row that somebody holds is passed over: a worker that froze inside a transaction would
    otherwise take everybody who comes to its rescue with it. The next tick asks again.
    """
    expired = (
        select(table.c.id)
        .where(
            table.c.id == seen.id,
            table.c.status == RunStatus.RUNNING.value,
            table.c.epoch == seen.epoch,
            table.c.lease_until == seen.lease_until,
        )
        .with_for_update(skip_locked=True)  # SQLite has one writer and ignores it
    )
    if connection.scalar(expired) is None:
        return False
    connection.execute(update(table).where(table.c.id == seen.id).values(**state_of(moved)))
    return True


def claimable_run(connection: Connection, workspace_id: UUID, now: datetime) -> Run | None:
    """Return a workspace's most urgent queued run, locked where the store can lock rows.

    A run waits while another of its schedule is running, unless its schedule allows both; it waits
    for nothing that a person asked for (drafts of past slots).
    """
    other = table.alias("other")
    blocked = exists().where(
        table.c.alone,
        other.c.autopilot_schedule_id == table.c.autopilot_schedule_id,
        other.c.status == RunStatus.RUNNING.value,
        other.c.trigger == Trigger.SCHEDULE.value,
    )
    query = (
        select(table)
        .where(
            table.c.workspace_id == workspace_id,
            _QUEUED,
            table.c.due_at <= now,
            ~blocked,
        )
        .order_by(table.c.priority.desc(), table.c.due_at, table.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=table)
    )
    row = connection.execute(query).first()
    return None if row is None else run_of(row)


def workspaces_waiting(
    connection: Connection, now: datetime, *, most_each: int | None
) -> Sequence[UUID]:
    """Return the workspaces with queued runs that may start, in the order in which they are served.

    The one with the most urgent run first; of equals the one served longest ago. A workspace with
    `most_each` running runs is passed over.
    """
    first = (
        select(table.c.priority)
        .where(table.c.workspace_id == workspaces.c.id, _QUEUED, table.c.due_at <= now)
        .order_by(table.c.priority.desc(), table.c.due_at)
        .limit(1)
        .scalar_subquery()
    )
    query = select(workspaces.c.id).where(first.is_not(None))
    if most_each is not None:
        query = query.where(_running_in(workspaces.c.id) < most_each)
    served = (
        select(func.max(table.c.started_at))
        .where(table.c.workspace_id == workspaces.c.id)
        .scalar_subquery()
    )
    query = query.order_by(first.desc(), served.is_not(None), served, workspaces.c.id)
    return list(connection.scalars(query))


def count_running(connection: Connection) -> int:
    """Return how many runs are running in all workspaces."""
    query = select(func.count()).select_from(table).where(_RUNNING)
    return int(connection.scalar(query) or 0)


def _running_in(workspace_id: ColumnElement[UUID]) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(table)
        .where(table.c.workspace_id == workspace_id, _RUNNING)
        .scalar_subquery()
    )


def expired_runs(connection: Connection, now: datetime) -> Sequence[Run]:
    """Return running runs whose lease ran out."""
    query = select(table).where(_RUNNING, table.c.lease_until <= now)
    return [run_of(row) for row in connection.execute(query)]


def next_wake_at(connection: Connection) -> datetime | None:
    """Return the earliest time a queued run may start or a lease runs out."""
    queued = first_queued_at(connection)
    leased = connection.scalar(select(func.min(table.c.lease_until)).where(_RUNNING))
    return min((moment for moment in (queued, leased) if moment is not None), default=None)


def first_queued_at(connection: Connection) -> datetime | None:
    """Return the earliest time a queued run may start, None when nothing is queued."""
    found: datetime | None = connection.scalar(select(func.min(table.c.due_at)).where(_QUEUED))
    return found
