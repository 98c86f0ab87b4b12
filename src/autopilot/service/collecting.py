"""Collecting: ask every source, keep what it gave, and take the articles of the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from autopilot.domain.content import Article, Collection, LeftOut, Window
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.pipeline.collect.collection import gather
from autopilot.service.context import App
from autopilot.service.job import Job
from autopilot.service.lease import Done
from autopilot.service.looking import look_at
from autopilot.store import articles

LATEST_LOOK = timedelta(hours=24)  # a later look (a backfill) says nothing about when it appeared


def collect(app: App, job: Job) -> Done[Collection]:
    """Look at all sources and return the window's articles and a report on each source."""
    window = job.content_window
    looked = look_at(app, job.sources, seen_at=lambda now: _seen_at(window, now), window=window)
    fresh = [(tuple(one.look.articles), one.look.report) for one in looked]
    gathered = gather(fresh, window, zone=zone_of(job.run.zone).info)
    with app.database.read() as connection:
        stored = articles.articles_in(connection, job.sources, window)
    collection = _first_published(gathered, stored)
    return Done(output=collection, count_in=len(looked), count_out=len(collection.articles))


def _first_published(gathered: Collection, stored: tuple[Article, ...]) -> Collection:
    """The window's articles as they were first seen: a feed that dates an old article anew does not
    bring it back, and one that has dropped an article meanwhile does not lose it.
    """
    known = {(article.key, article.source_url) for article in stored}
    again = tuple(
        LeftOut(
            title=article.title,
            url=article.url,
            reason="dated anew by its feed; it was first published outside this issue's window",
        )
        for article in gathered.articles
        if (article.key, article.source_url) not in known
    )
    return replace(gathered, articles=stored, left_out=gathered.left_out + again)


def _seen_at(window: Window, now: datetime) -> datetime:
    """What an article without a date is dated with: the last instant of the window being made.

    A run looks shortly after its slot; dated "now", such an article would wait for the next issue.
    """
    fresh = timedelta(0) <= now - window.end <= LATEST_LOOK
    return window.end - timedelta(microseconds=1) if fresh else now
