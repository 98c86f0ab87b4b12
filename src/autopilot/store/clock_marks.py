"""Clock marks: times in the store that only a clock ahead of this one can have written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, literal_column, select, update

from autopilot.domain.schedule import Schedule
from autopilot.store.schedules import computed_otherwise
from autopilot.store.tables import audit_log, workers
from autopilot.store.tables import newsletter_runs as runs

# Literal words, as in the partial indexes: a bound value would keep SQLite from using them.
_QUEUED = runs.c.status == literal_column("'queued'")
_RUNNING = runs.c.status == literal_column("'running'")
_NO_VERSION = ""


def turn_back_workers(connection: Connection, now: datetime) -> None:
    """Let no worker have been seen after now."""
    for column in (workers.c.last_seen_at, workers.c.last_tick_at, workers.c.stopped_at):
        connection.execute(update(workers).where(column > now).values({column: now}))


def end_leases(connection: Connection, *, after: datetime, now: datetime) -> int:
    """End the leases that last longer than `after` and return how many; who lives renews its own."""
    expiring = update(runs).where(_RUNNING, runs.c.lease_until > after).values(lease_until=now)
    return connection.execute(expiring).rowcount


def bring_forward(connection: Connection, *, after: datetime, now: datetime) -> int:
    """Let queued runs whose slot has come, but which wait for longer than `after`, begin now."""
    waiting = (
        update(runs)
        .where(_QUEUED, runs.c.scheduled_for <= now, runs.c.due_at > after)
        .values(due_at=now)
    )
    return connection.execute(waiting).rowcount


def schedules_passed_by(connection: Connection, now: datetime) -> Sequence[Schedule]:
    """Return the schedules that are on and of whose slots some were only counted, at a later time."""
    counted = select(audit_log.c.subject_id).where(
        audit_log.c.action == "schedule.slots_missed", audit_log.c.at > now
    )
    ids = set(connection.scalars(counted))
    return [item for item in computed_otherwise(connection, _NO_VERSION) if item.id in ids]
