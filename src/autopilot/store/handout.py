"""Handing out: queued runs looked at one by one, or in a row without holding them, for a fleet whose
messages carry the id of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    bindparam,
    exists,
    func,
    literal_column,
    select,
)

from autopilot.domain.run import Run, Trigger
from autopilot.store.runs import run_of
from autopilot.store.tables import newsletter_runs as table


def claimable_run(connection: Connection, run_id: UUID, now: datetime) -> Run | None:
    """Return this run if it may start, locked where the store can lock rows; else None.

    Also None while somebody else holds its row: whoever does is about to claim it.
    """
    row = connection.execute(_ONE, {"run_id": run_id, "now": now}).first()
    return None if row is None else run_of(row)


def startable_runs(
    connection: Connection, workspace_id: UUID, now: datetime, *, most: int
) -> Sequence[Run]:
    """Return a workspace's queued runs that may start, most urgent first, without holding any."""
    given = {"workspace_id": workspace_id, "now": now, "most": most}
    return [run_of(row) for row in connection.execute(_IN_LINE, given)]


def count_running_in(connection: Connection, workspace_id: UUID) -> int:
    """Return how many runs of a workspace are running."""
    query = select(func.count()).select_from(table)
    return int(connection.scalar(query.where(table.c.workspace_id == workspace_id, _RUNNING)) or 0)


def _startable() -> Select[Any]:
    """Queued runs that are due and wait for no other of their schedule, as `queue` claims them."""
    other = table.alias("other")
    blocked = exists().where(
        table.c.alone,
        other.c.autopilot_schedule_id == table.c.autopilot_schedule_id,
        other.c.status == literal_column("'running'"),
        other.c.trigger == literal_column(f"'{Trigger.SCHEDULE.value}'"),
    )
    now = bindparam("now", type_=table.c.due_at.type)
    return select(table).where(
        table.c.status == literal_column("'queued'"), table.c.due_at <= now, ~blocked
    )


_RUNNING = table.c.status == literal_column("'running'")
# Built once, like those of the queue.
_ONE = (
    _startable()
    .where(table.c.id == bindparam("run_id", type_=table.c.id.type))
    .with_for_update(skip_locked=True, of=table)
)
_IN_LINE = (
    _startable()
    .where(table.c.workspace_id == bindparam("workspace_id", type_=table.c.workspace_id.type))
    .order_by(table.c.priority.desc(), table.c.due_at, table.c.id)
    .limit(bindparam("most", type_=Integer))
)
