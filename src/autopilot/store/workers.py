"""Workers: who is alive, so that silence can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from autopilot.store.tables import workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One row of `workers`; `last_tick_at` is the end of its last good tick."""

    id: UUID
    hostname: str
    pid: int
    version: str
    started_at: datetime
    last_seen_at: datetime
    last_tick_at: datetime | None = None
    stopped_at: datetime | None = None


def add_worker(connection: Connection, worker: Worker) -> None:
    """Insert a worker that has just started."""
    connection.execute(
        insert(workers).values(
            id=worker.id,
            hostname=worker.hostname,
            pid=worker.pid,
            version=worker.version,
            started_at=worker.started_at,
            last_seen_at=worker.last_seen_at,
        )
    )


def touch_worker(connection: Connection, worker_id: UUID, now: datetime) -> None:
    """Note that a worker finished a tick now."""
    connection.execute(
        update(workers).where(workers.c.id == worker_id).values(last_seen_at=now, last_tick_at=now)
    )


def stop_worker(connection: Connection, worker_id: UUID, now: datetime) -> None:
    """Note that a worker ended in good order."""
    connection.execute(
        update(workers).where(workers.c.id == worker_id).values(stopped_at=now, last_seen_at=now)
    )


def forget_workers(connection: Connection, before: datetime) -> None:
    """Remove workers that ended in good order before then, but not the one that ticked last."""
    latest = select(func.max(workers.c.last_tick_at)).scalar_subquery()
    connection.execute(
        delete(workers).where(
            workers.c.stopped_at < before,
            workers.c.last_tick_at.is_(None) | (workers.c.last_tick_at < latest),
        )
    )


def last_tick_at(connection: Connection) -> datetime | None:
    """Return when a tick of any worker last succeeded."""
    found: datetime | None = connection.scalar(select(func.max(workers.c.last_tick_at)))
    return found


def recent_workers(connection: Connection, since: datetime) -> Sequence[Worker]:
    """Return workers seen since then that have not stopped, last seen first."""
    query = (
        select(workers)
        .where(workers.c.last_seen_at >= since, workers.c.stopped_at.is_(None))
        .order_by(workers.c.last_seen_at.desc())
    )
    return [Worker(**row) for row in connection.execute(query).mappings()]
