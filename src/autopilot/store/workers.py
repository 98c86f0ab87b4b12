"""Workers: who is alive, so that silence can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, case, func, insert, or_, select, update

from autopilot.store.tables import workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One row of `workers`; `last_tick_at` is the end of its last good tick.

    `last_tick_seconds` and, of about a day, `slowest_tick_seconds` are without the making of issues.
    """

    id: UUID
    hostname: str
    pid: int
    version: str
    started_at: datetime
    last_seen_at: datetime
    last_tick_at: datetime | None = None
    stopped_at: datetime | None = None
    last_tick_seconds: float | None = None
    slowest_tick_seconds: float | None = None
    slowest_tick_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TickTimes:
    """How long ticks took, in seconds: the last ones, and the slowest of a day and when that was."""

    last: float | None = None
    slowest: float | None = None
    slowest_at: datetime | None = None


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


def touch_worker(
    connection: Connection,
    worker_id: UUID,
    now: datetime,
    *,
    heard_since: datetime,
    seconds: float | None = None,
    day: datetime,
) -> bool:
    """Note that a worker finished a tick now, which took so long; False where nothing was written.

    That is where its row is gone, or was last heard of before `heard_since`: a stretch that ended.
    The slowest tick is replaced by a slower one, and when it lies before `day`.
    """
    it = workers.c
    values: dict[str, object] = {"last_seen_at": now, "last_tick_at": now}
    if seconds is not None:
        is_slowest = or_(
            it.slowest_tick_at.is_(None),
            it.slowest_tick_at < day,
            it.slowest_tick_seconds <= seconds,
        )
        values |= {
            "last_tick_seconds": seconds,
            "slowest_tick_seconds": case((is_slowest, seconds), else_=it.slowest_tick_seconds),
            "slowest_tick_at": case((is_slowest, now), else_=it.slowest_tick_at),
        }
    found = connection.execute(
        update(workers)
        .where(it.id == worker_id, func.coalesce(it.last_tick_at, it.started_at) >= heard_since)
        .values(values)
    )
    return found.rowcount == 1


def stop_worker(connection: Connection, worker_id: UUID, now: datetime) -> None:
    """Note that a worker ended in good order."""
    connection.execute(
        update(workers).where(workers.c.id == worker_id).values(stopped_at=now, last_seen_at=now)
    )


def tick_times(connection: Connection, since: datetime) -> TickTimes:
    """Return how long ticks took that ended since then."""
    it = workers.c
    rows = connection.execute(
        select(
            it.last_tick_at, it.last_tick_seconds, it.slowest_tick_seconds, it.slowest_tick_at
        ).where(it.last_seen_at >= since, it.slowest_tick_at >= since)
    ).all()
    if not rows:
        return TickTimes()
    slowest = max(rows, key=lambda row: row.slowest_tick_seconds)
    return TickTimes(
        last=max(rows, key=lambda row: row.last_tick_at).last_tick_seconds,
        slowest=slowest.slowest_tick_seconds,
        slowest_at=slowest.slowest_tick_at,
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
