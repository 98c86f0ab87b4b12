"""Backlog: what is due and waits - after a pass that ended early, what that has left."""

from __future__ import annotations

from autopilot.service.context import App
from autopilot.store.due import count_due_schedules
from autopilot.store.queue import count_due


def left_over(app: App) -> int:
    """Return how many runs are due and wait, whether planned or not."""
    now = app.clock()
    with app.database.read() as connection:
        return count_due(connection, now) + count_due_schedules(connection, now)
