"""Handing out: queued runs looked at one by one, or in a row without holding them, for a fleet whose
messages carry the id of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam

from autopilot.domain.run import Run
from autopilot.store import queue
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


# Built once, like those of the queue.
_ONE = (
    queue.startable()
    .where(table.c.id == bindparam("run_id", type_=table.c.id.type))
    .with_for_update(skip_locked=True, of=table)
)
_IN_LINE = queue.in_line()
