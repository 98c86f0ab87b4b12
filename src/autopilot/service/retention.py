"""Retention: articles are kept for as long as the operator says, and not longer."""

from __future__ import annotations

from datetime import datetime

from autopilot.service.context import App
from autopilot.store.articles import forget_articles

MOST = 5_000


def forget_old_articles(app: App, now: datetime, *, limit: int = MOST) -> int:
    """Forget articles past AUTOPILOT_RETENTION_DAYS, oldest first; return how many, at most `limit`.

    Bounded, so that a worker's tick never waits for it: where it returns `limit`, call it again soon.
    Issues keep the passages they quote.
    """
    before = now - app.settings.retention
    with app.database.begin() as connection:
        return forget_articles(connection, before, limit=limit)
