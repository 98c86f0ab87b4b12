"""Warming: what the first slot would have to wait for is made ready while nothing is due."""

from __future__ import annotations

from uuid import UUID

from autopilot.domain.notice import NoticeKind
from autopilot.service.context import App
from autopilot.store import (
    batches,
    due,
    figures,
    notices,
    queue,
    runs,
    schedules,
    specifications,
)

NOBODY = UUID(int=0)


def warm_up(app: App) -> None:
    """Ask all that planning, claiming and ending ask, about nothing; nothing is written."""
    if app.traces is not None:
        app.traces.warm_up()
    now = app.clock()
    with app.database.read() as connection:
        due.schedules_to_plan(connection, now, limit=0)
        specifications.cadences(connection, {NOBODY})
        runs.open_slots(connection, [NOBODY])
        runs.issued_slots(connection, [NOBODY], since=now)
        queue.is_anybody_waiting(connection, now)
        schedules.lock_schedules(connection, [NOBODY])
        notices.last_kinds(connection, [NOBODY], among=NoticeKind)
        for rows in (batches, figures, schedules):
            rows.prepare(connection)
