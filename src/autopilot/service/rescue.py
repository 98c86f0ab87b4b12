"""Rescue: runs whose worker died go back to the queue, or end as poison after three deaths."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from autopilot.domain.run import Run
from autopilot.service.context import App
from autopilot.service.ending import log_end, record_end
from autopilot.store import queue

log = structlog.get_logger(__name__)
INSTANT = timedelta(microseconds=1)


def rescue(app: App, now: datetime) -> int:
    """Take back every run whose lease ran out, and return how many; a renewed one is left alone."""
    with app.database.read() as connection:
        expired = queue.expired_runs(connection, now)
    return sum(_take_back(app, run, now) for run in expired)


def _take_back(app: App, seen: Run, now: datetime) -> bool:
    with app.database.begin() as connection:
        moved = replace(seen.rescue(now), due_at=_due_first(connection, seen))
        taken = queue.rescue_run(connection, seen, moved)
        if taken and moved.has_ended:
            record_end(connection, moved)
    if taken:
        log.warning(
            "A run lost its worker and was taken back.",
            action="rescue",
            run_id=str(seen.id),
            attempt=seen.attempt,
        )
        if moved.has_ended:
            log_end(moved)
    return taken


def _due_first(connection: Connection, seen: Run) -> datetime:
    """Before whatever is queued: it continues soon, however long the queue behind it is."""
    first = queue.first_queued_at(connection)
    return seen.due_at if first is None else min(seen.due_at, first - INSTANT)
