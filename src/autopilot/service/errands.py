"""Errands: what is done between issues, when there is time: ask reviewers, tell owners, look at
sources, forget old articles.
"""

from __future__ import annotations

from datetime import datetime

from autopilot.service.context import App
from autopilot.store import articles, review_letters, sources, telling


def has_errands(app: App, now: datetime) -> bool:
    """Whether there is anything to do; looks into indexes."""
    from autopilot.service.weekly_report import has_reports

    with app.database.read() as connection:
        check = sources.next_check_at(connection)
        oldest = articles.oldest_first_seen_at(connection)
        news = telling.next_tell_at(connection)
    kept_since = now - app.settings.retention
    due = any(moment is not None and moment <= now for moment in (check, news))
    if due or (oldest is not None and oldest < kept_since) or _has_letters(app, now):
        return True
    return has_reports(app, now)


def run_errands(app: App, now: datetime, *, limit: int) -> int:
    """Ask reviewers, tell owners what is new, look at up to `limit` sources whose time has come and
    forget articles past their keeping.

    Returns how many sources were looked at. It may take as long as the slowest of them.
    """
    # Late: an idle worker has no pipeline in memory.
    from autopilot.service.polling import poll_sources
    from autopilot.service.retention import forget_old_articles
    from autopilot.service.telling import tell_owners
    from autopilot.service.weekly_report import report_weeks

    if _has_letters(app, now):
        from autopilot.service.review_letters import send_letters

        send_letters(app)
    tell_owners(app, now)
    report_weeks(app, now)
    forget_old_articles(app, now)
    return poll_sources(app, now, limit=limit)


def _has_letters(app: App, now: datetime) -> bool:
    """Whether a reviewer is to be asked, and there is a relay to ask over."""
    if app.post is None:
        return False
    with app.database.read() as connection:
        moment = review_letters.next_letter_at(connection)
    return moment is not None and moment <= now
