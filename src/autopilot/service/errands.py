"""Errands: what is done between issues, when there is time: tell owners, look at sources, forget
old articles.
"""

from __future__ import annotations

from datetime import datetime

from autopilot.service.context import App
from autopilot.store import articles, sources, telling


def has_errands(app: App, now: datetime) -> bool:
    """Whether there is anything to do; looks into indexes."""
    from autopilot.service.weekly_report import has_reports

    with app.database.read() as connection:
        check = sources.next_check_at(connection)
        oldest = articles.oldest_first_seen_at(connection)
        news = telling.next_tell_at(connection)
    kept_since = now - app.settings.retention
    due = any(moment is not None and moment <= now for moment in (check, news))
    return due or (oldest is not None and oldest < kept_since) or has_reports(app, now)


def run_errands(app: App, now: datetime, *, limit: int) -> int:
    """Tell owners what is new, look at up to `limit` sources whose time has come and forget articles
    past their keeping.

    Returns how many sources were looked at. It may take as long as the slowest of them.
    """
    # Late: an idle worker has no pipeline in memory.
    from autopilot.service.polling import poll_sources
    from autopilot.service.retention import forget_old_articles
    from autopilot.service.telling import tell_owners
    from autopilot.service.weekly_report import report_weeks

    tell_owners(app, now)
    report_weeks(app, now)
    forget_old_articles(app, now)
    return poll_sources(app, now, limit=limit)
