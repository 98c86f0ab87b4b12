"""Collecting: ask every source, keep what it gave, and take the articles of the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from autopilot.domain.content import (
    Article,
    Collection,
    Fetched,
    FetchRequest,
    LeftOut,
    SourceReport,
    Window,
)
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.pipeline.collect.articles import read_source
from autopilot.pipeline.collect.collection import gather, without_copies
from autopilot.service.context import App
from autopilot.service.job import Job
from autopilot.service.lease import Done
from autopilot.store import articles, sources
from autopilot.store.sources import SourceRow

LATEST_LOOK = timedelta(hours=24)  # a later look (a backfill) says nothing about when it appeared


def collect(app: App, job: Job) -> Done[Collection]:
    """Fetch all sources side by side and return the window's articles and a report on each source."""
    requests = [
        FetchRequest(url=row.source.url, etag=row.etag, last_modified=row.last_modified)
        for row in job.sources
    ]
    answers = app.outgoing.fetch_all(requests)
    now = app.clock()
    fresh = [
        _keep(app, row, fetched, now, _seen_at(job.run.window, now))
        for row, fetched in zip(job.sources, answers, strict=True)
    ]
    gathered = gather(fresh, job.run.window, zone=zone_of(job.run.zone).info)
    with app.database.read() as connection:
        stored = articles.articles_in(connection, job.sources, job.run.window)
    collection = _first_published(gathered, stored)
    return Done(output=collection, count_in=len(requests), count_out=len(collection.articles))


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


def _keep(
    app: App, row: SourceRow, fetched: Fetched, now: datetime, seen_at: datetime
) -> tuple[tuple[Article, ...], SourceReport]:
    """Read one answer and store its articles, so that an unchanged feed still has its say next time."""
    with app.database.read() as connection:
        first_seen = articles.first_seen(connection, row.id)
    found, report = read_source(row.source, fetched, seen_at, first_seen, now=now)
    found = without_copies(found)  # PostgreSQL takes no row twice in one statement
    with app.database.begin() as connection:
        articles.keep_articles(connection, row.id, found, now)
        sources.record_fetch(connection, row.id, fetched, report, now)
    return found, report
