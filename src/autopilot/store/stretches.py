"""Stretches: when somebody ticked, so that a month's silence can be counted.

A row of `workers` is one of them, from an arrival to the last good tick, without a long silence
inside. Those that ended are joined to the ones before them: a month of one-minute ticks from
outside is a handful of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, insert, select, update

from autopilot.store.bulk import among_ids
from autopilot.store.tables import workers
from autopilot.store.workers import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time in which somebody ticked."""

    start: datetime
    end: datetime


def begin_stretch(connection: Connection, worker: Worker) -> None:
    """Let a worker that was silent for long, or forgotten, begin anew; what was before is kept."""
    found = connection.execute(select(workers).where(workers.c.id == worker.id)).mappings().first()
    if found is None:
        connection.execute(insert(workers).values(**asdict(worker)))
        return
    connection.execute(update(workers).where(workers.c.id == worker.id).values(**asdict(worker)))
    if found["last_tick_at"] is not None:
        ended = dict(found) | {"id": uuid4(), "stopped_at": found["last_tick_at"]}
        connection.execute(insert(workers).values(**ended))


def join_stretches(
    connection: Connection, *, before: datetime, silence: timedelta, forget: datetime
) -> None:
    """Join what ended before then to stretches without a longer `silence` inside.

    Those that ended before `forget` are forgotten, but not the one that ticked last.
    """
    query = select(workers.c.id, workers.c.started_at, workers.c.last_tick_at)
    rows = connection.execute(
        query.where(workers.c.last_seen_at < before).order_by(workers.c.started_at)
    )
    past, gone = [], []
    for identity, start, end in rows:
        if end is None:
            gone.append(identity)  # it never ticked
        else:
            past.append(_Past(identity, start, end))
    for group in _groups(past, silence):
        gone += _join(connection, group)
    latest = select(func.max(workers.c.last_tick_at)).scalar_subquery()
    old = (workers.c.last_tick_at < forget) & (workers.c.last_tick_at < latest)
    connection.execute(delete(workers).where(among_ids(connection, workers.c.id, gone)))
    connection.execute(delete(workers).where(workers.c.last_seen_at < before, old))


class _Past(NamedTuple):
    id: UUID
    start: datetime
    end: datetime


def _groups(past: Sequence[_Past], silence: timedelta) -> list[list[_Past]]:
    """What ended, by its start, in groups without a longer silence inside."""
    groups: list[list[_Past]] = []
    heard: datetime | None = None
    for one in past:
        if heard is None or one.start > heard + silence:
            groups.append([])
            heard = one.end
        groups[-1].append(one)
        heard = max(heard, one.end)
    return groups


def _join(connection: Connection, group: Sequence[_Past]) -> list[UUID]:
    """Let the first of a group stand for all, and return which are superfluous now."""
    first, *rest = group
    if not rest:
        return []
    end = max(one.end for one in group)
    held = connection.execute(
        update(workers)
        .where(workers.c.id == first.id, workers.c.last_tick_at == first.end)
        .values(last_tick_at=end, last_seen_at=end, stopped_at=end)
    )
    return [one.id for one in rest] if held.rowcount else []  # another worker was quicker


def stretches(connection: Connection) -> Sequence[Stretch]:
    """Return when somebody ticked, as far as it is kept, in no order; they may overlap."""
    query = select(workers.c.started_at, workers.c.last_tick_at).where(
        workers.c.last_tick_at.is_not(None)
    )
    return [Stretch(start=start, end=end) for start, end in connection.execute(query)]
