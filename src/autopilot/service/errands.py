"""Errands: what is done between issues, when there is time: look at sources, forget old articles."""

from __future__ import annotations

from datetime import datetime

from autopilot.service.context import App
from autopilot.store import articles, sources


def has_errands(app: App, now: datetime) -> bool:
    """Whether there is anything to do; two looks into indexes."""
    with app.database.read() as connection:
        moment = sources.next_check_at(connection)
        oldest = articles.oldest_first_seen_at(connection)
    kept_since = now - app.settings.retention
    return (moment is not None and moment <= now) or (oldest is not None and oldest < kept_since)


def run_errands(app: App, now: datetime, *, limit: int) -> int:
    """Look at up to `limit` sources whose time has come and forget articles past their keeping.

    Returns how many sources were looked at. It may take as long as the slowest of them.
    """
    # Late: an idle worker has no pipeline in memory.
    from autopilot.service.polling import poll_sources
    from autopilot.service.retention import forget_old_articles

    forget_old_articles(app, now)
    return poll_sources(app, now, limit=limit)
