"""Articles out of a feed: dated, named, with a key; and what the source as a whole gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from autopilot.domain.content import Article, Entry, Feed, Fetched, SourceReport, SourceStatus
from autopilot.domain.instants import as_utc
from autopilot.domain.specification import Source
from autopilot.pipeline.collect.canonical import canonical_url, clean_url
from autopilot.pipeline.collect.links import host_of
from autopilot.pipeline.collect.plain_text import first_words
from autopilot.pipeline.collect.reading import read_answer
from autopilot.pipeline.collect.source_names import publication
from autopilot.pipeline.collect.twice_encoded import taken_back

NO_ENTRIES = "the feed is there, but holds no entries"
NO_LINKS = "none of the feed's {count} entries has a link to a web page"


def read_source(
    source: Source,
    fetched: Fetched,
    seen_at: datetime,
    first_seen: Mapping[str, datetime],
    *,
    now: datetime | None = None,
) -> tuple[tuple[Article, ...], SourceReport]:
    """Return a source's articles and what to tell about it; a failure is a report, never an error.

    `seen_at` is what an article without a usable date is dated with, `first_seen` when earlier runs
    met such an article (key -> time); a date after `now` (default: `seen_at`) lies in the future. A
    source that answered "unchanged" gives no articles: what it gave before is still known.
    """
    if fetched.error is not None or fetched.unchanged:
        return (), report_of(source, fetched, None, ())
    feed = read_answer(source, fetched).feed
    articles = articles_of(feed, source, seen_at, first_seen, now=now)
    return articles, report_of(source, fetched, feed, articles)


def report_of(
    source: Source, fetched: Fetched, feed: Feed | None, articles: Sequence[Article]
) -> SourceReport:
    """Return what to tell about a source that answered so and was read as `feed`."""
    if fetched.error is not None:
        return _report(source, None, SourceStatus.FAILED, error=fetched.error)
    if fetched.unchanged or feed is None:
        return _report(source, None, SourceStatus.UNCHANGED)
    if feed.problem is not None:
        return _report(source, feed, SourceStatus.FAILED, error=feed.problem)
    if not feed.entries:
        return _report(source, feed, SourceStatus.EMPTY, error=NO_ENTRIES)
    if not articles:
        told = NO_LINKS.format(count=len(feed.entries))
        return _report(source, feed, SourceStatus.EMPTY, error=told)
    return _report(source, feed, SourceStatus.OK)


def articles_of(
    feed: Feed,
    source: Source,
    seen_at: datetime,
    first_seen: Mapping[str, datetime],
    *,
    now: datetime | None = None,
) -> tuple[Article, ...]:
    """Return one article per entry that has a link, in the feed's order.

    An entry without a date takes the time it was first seen and says so (`dated` is False); a date
    after `now` (default: `seen_at`) becomes `seen_at`. Raises ValueError where `seen_at` has no time zone.
    """
    seen_at = as_utc(seen_at)
    now = seen_at if now is None else as_utc(now)
    name = source_name(source, feed)
    return tuple(
        _article(entry, feed, source, name, _published(entry, seen_at, first_seen, now))
        for entry in feed.entries
        if entry.link
    )


def source_name(source: Source, feed: Feed | None) -> str:
    """Return what readers call the source: its given name, its publication's, or its host."""
    return (
        source.name
        or (publication(taken_back(feed.title)) if feed else "")
        or host_of(source.url)
        or source.url
    )


def _article(
    entry: Entry,
    feed: Feed,
    source: Source,
    name: str,
    published: datetime,
) -> Article:
    key = canonical_url(entry.link)
    return Article(
        key=key,
        url=clean_url(entry.link),
        title=taken_back(entry.title) or first_words(taken_back(entry.summary)) or key,
        text=taken_back(entry.summary),
        published=published,
        dated=entry.published is not None,
        source=name,
        source_url=source.url,
        region=source.region,
        local=source.local,
        language=entry.language or feed.language,
        weight=source.weight,
    )


def _published(
    entry: Entry, seen_at: datetime, first_seen: Mapping[str, datetime], now: datetime
) -> datetime:
    if entry.published is None:
        return as_utc(first_seen.get(canonical_url(entry.link), seen_at))
    return entry.published if entry.published <= now else seen_at


def _report(
    source: Source, feed: Feed | None, status: SourceStatus, *, error: str | None = None
) -> SourceReport:
    return SourceReport(
        url=source.url,
        name=source_name(source, feed),
        status=status,
        entries=len(feed.entries) if feed else 0,
        error=error,
    )
