"""The queue: which run comes next, whose lease ran out, and when a worker should look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    ScalarSelect,
    Select,
    bindparam,
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


def claimable_runs(
    connection: Connection, workspace_id: UUID, now: datetime, *, most: int
) -> Sequence[Run]:
    """Return a workspace's queued runs, most urgent first, locked where the store can lock rows.

    A run waits while another of its schedule is running, unless its schedule allows both; it waits
    for nothing that a person asked for (drafts of past slots).
    """
    given = {"workspace_id": workspace_id, "now": now, "most": most}
    return [run_of(row) for row in connection.execute(_CLAIMABLE, given)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A workspace with queued runs that may start: its highest priority, its running runs.

    `running` is None where nobody asked for it.
    """

    workspace_id: UUID
    priority: int
    running: int | None


def workspaces_waiting(
    connection: Connection, now: datetime, *, most_each: int | None
) -> Sequence[Waiting]:
    """Return the workspaces with queued runs that may start, in the order in which they are served.

    The one with the most urgent run first; of equals the one served longest ago. A workspace with
    `most_each` running runs is passed over.
    """
    if most_each is None:
        found = connection.execute(_WAITING, {"now": now})
    else:
        found = connection.execute(_WAITING_CAPPED, {"now": now, "most_each": most_each})
    return [
        Waiting(workspace_id=row[0], priority=row[1], running=row[2] if most_each else None)
        for row in found
    ]


def is_anybody_waiting(connection: Connection, now: datetime) -> bool:
    """Return whether a queued run may start."""
    return connection.execute(_ANYBODY, {"now": now}).first() is not None


def asked_for(connection: Connection, specification_id: UUID) -> Run | None:
    """Return the run under way that a person asked for of a specification, None where there is none.

    Runs of schedules are none of these.
    """
    query = (
        select(table)
        .where(
            table.c.autopilot_schedule_id.is_(None),
            table.c.specification_id == specification_id,
            _QUEUED | _RUNNING,
        )
        .order_by(table.c.created_at)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else run_of(row)


def count_running(connection: Connection, workspace_id: UUID | None = None) -> int:
    """Return how many runs are running, in a workspace or in all of them."""
    query = select(func.count()).select_from(table).where(_RUNNING)
    if workspace_id is not None:
        query = query.where(table.c.workspace_id == workspace_id)
    return int(connection.scalar(query) or 0)


def count_due(connection: Connection, now: datetime) -> int:
    """Return how many queued runs have come due in all workspaces."""
    query = select(func.count()).select_from(table).where(_QUEUED, table.c.due_at <= now)
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
    return [run_of(row) for row in connection.execute(_EXPIRED, {"now": now})]


def first_queued_at(connection: Connection) -> datetime | None:
    """Return the earliest time a queued run may start, None when nothing is queued."""
    found: datetime | None = connection.scalar(FIRST_QUEUED)
    return found


def startable() -> Select[Any]:
    """Return the query for queued runs that are due (`now`) and wait for no other of their schedule."""
    other = table.alias("other")
    blocked = exists().where(
        table.c.alone,
        other.c.autopilot_schedule_id == table.c.autopilot_schedule_id,
        other.c.status == literal_column("'running'"),
        other.c.trigger == literal_column(f"'{Trigger.SCHEDULE.value}'"),
    )
    return select(table).where(_QUEUED, table.c.due_at <= _NOW, ~blocked)


def in_line() -> Select[Any]:
    """Return the query for the first startable runs of a workspace (`workspace_id`, `most`)."""
    return (
        startable()
        .where(table.c.workspace_id == bindparam("workspace_id", type_=table.c.workspace_id.type))
        .order_by(table.c.priority.desc(), table.c.due_at, table.c.id)
        .limit(bindparam("most", type_=Integer))
    )


def _waiting(*, capped: bool) -> Select[Any]:
    first = (
        select(table.c.priority)
        .where(table.c.workspace_id == workspaces.c.id, _QUEUED, table.c.due_at <= _NOW)
        .order_by(table.c.priority.desc(), table.c.due_at)
        .limit(1)
        .scalar_subquery()
    )
    served = (
        select(func.max(table.c.started_at))
        .where(table.c.workspace_id == workspaces.c.id)
        .scalar_subquery()
    )
    query = select(workspaces.c.id, first).where(first.is_not(None))
    if capped:
        running = _running_in(workspaces.c.id)
        query = query.add_columns(running).where(running < bindparam("most_each", type_=Integer))
    return query.order_by(first.desc(), served.is_not(None), served, workspaces.c.id)


# Built once: making these anew takes longer than the store takes to answer them.
_NOW = bindparam("now", type_=table.c.due_at.type)
_EXPIRED = select(table).where(_RUNNING, table.c.lease_until <= _NOW)
# The ends of leases, and when a queued run may start.
FIRST_LEASE = select(func.min(table.c.lease_until)).where(_RUNNING)
LATEST_LEASE = select(func.max(table.c.lease_until)).where(_RUNNING)
FIRST_QUEUED = select(func.min(table.c.due_at)).where(_QUEUED)
_ANYBODY = select(table.c.id).where(_QUEUED, table.c.due_at <= _NOW).limit(1)
_CLAIMABLE = in_line().with_for_update(skip_locked=True, of=table)
_WAITING, _WAITING_CAPPED = _waiting(capped=False), _waiting(capped=True)
