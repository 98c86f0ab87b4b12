"""Rescue: runs whose worker died go back to the queue, or end as poison after three deaths."""

from __future__ import annotations

from datetime import datetime

import structlog

from autopilot.domain.run import Run
from autopilot.service.context import App
from autopilot.service.lease import log_end, record_end
from autopilot.store import runs

log = structlog.get_logger(__name__)


def rescue(app: App, now: datetime) -> int:
    """Take back every run whose lease ran out, and return how many; a renewed one is left alone."""
    with app.database.read() as connection:
        expired = runs.expired_runs(connection, now)
    return sum(_take_back(app, run, now) for run in expired)


def _take_back(app: App, seen: Run, now: datetime) -> bool:
    moved = seen.rescue(now)
    with app.database.begin() as connection:
        taken = runs.rescue_run(connection, seen, moved)
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
