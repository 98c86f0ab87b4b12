"""Collecting: ask every source, keep what it gave, and take the articles of the window."""

from __future__ import annotations

from datetime import datetime

from autopilot.domain.content import Article, Collection, Fetched, FetchRequest, SourceReport
from autopilot.pipeline.collect import gather, read_source
from autopilot.service.context import App
from autopilot.service.job import Job
from autopilot.service.lease import Done
from autopilot.store import articles, sources
from autopilot.store.sources import SourceRow


def collect(app: App, job: Job) -> Done[Collection]:
    """Fetch all sources side by side and return the window's articles and a report on each source."""
    requests = [
        FetchRequest(url=row.source.url, etag=row.etag, last_modified=row.last_modified)
        for row in job.sources
    ]
    answers = app.outgoing.fetch_all(requests)
    now = app.clock()
    fresh = [
        _keep(app, row, fetched, now) for row, fetched in zip(job.sources, answers, strict=True)
    ]
    with app.database.read() as connection:
        stored = articles.articles_in(connection, job.sources, job.run.window)
    collection = gather(fresh, job.run.window, stored=stored)
    return Done(output=collection, count_in=len(requests), count_out=len(collection.articles))


def _keep(
    app: App, row: SourceRow, fetched: Fetched, now: datetime
) -> tuple[tuple[Article, ...], SourceReport]:
    """Read one answer and store its articles, so that an unchanged feed still has its say next time."""
    with app.database.read() as connection:
        first_seen = articles.first_seen(connection, row.id)
    found, report = read_source(row.source, fetched, now, first_seen)
    with app.database.begin() as connection:
        articles.keep_articles(connection, row.id, found, now)
        sources.record_fetch(connection, row.id, fetched, report, now)
    return found, report
