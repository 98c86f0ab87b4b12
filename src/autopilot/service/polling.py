"""Polling: look at sources between issues, so that what a feed shows for a day is not lost by Friday."""

from __future__ import annotations

from datetime import datetime, timedelta

from autopilot.service.context import App
from autopilot.service.looking import look_at
from autopilot.store import sources

MOST = 50
CLAIM = timedelta(minutes=15)
"""How long a claimed source is nobody else's; a worker that dies leaves it to others after that."""
DORMANT = timedelta(hours=6)
"""How often is looked whether a source without an enabled schedule has one by now."""


def poll_sources(app: App, now: datetime, *, limit: int = MOST) -> int:
    """Look at up to `limit` sources whose time has come, and return how many were looked at.

    Only those of specifications with an enabled schedule count. Costs one look into an index when
    nothing is due; workers that poll at once never get the same source.
    """
    if (moment := next_poll_at(app)) is None or moment > now:
        return 0
    with app.database.begin() as connection:
        claimed = sources.claim_due(connection, now, until=now + CLAIM, limit=limit)
        dormant = sources.without_schedule(connection, [row.id for row in claimed])
        sources.put_off(connection, dormant, now + DORMANT)
    due = [row for row in claimed if row.id not in dormant]
    look_at(app, due)
    return len(due)


def next_poll_at(app: App) -> datetime | None:
    """Return when the next source is to be looked at, or None where there is none."""
    with app.database.read() as connection:
        return sources.next_check_at(connection)
