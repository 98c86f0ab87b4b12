"""Articles: everything seen, so that an unchanged feed and an undated item keep their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    Connection,
    Integer,
    and_,
    case,
    cast,
    delete,
    func,
    not_,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from autopilot.domain.content import Article, Window
from autopilot.domain.specification import Source
from autopilot.store.inserting import insert_into
from autopilot.store.sources import SourceRow
from autopilot.store.tables import articles, issue_stories, issues

BATCH = 500  # rows per statement; SQLite takes at most 32,766 values in one
MAX_PER_WINDOW = 20_000
_READ = (
    "key", "url", "title", "text", "published_at", "dated", "language", "source_name", "extracted",
)  # fmt: skip
_SOURCE_AS_STORED = type_coerce(articles.c.source_id, NullType())
"""What the driver gives, text or UUID: making a UUID of it costs more than all the rest of a row."""
_HAS_TEXT = or_(articles.c.dated, articles.c.text != "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored of an article: when it was first seen, and whether its page was read."""

    first_seen_at: datetime
    extracted: bool


def keep_articles(
    connection: Connection, source_id: UUID, seen: Iterable[Article], now: datetime
) -> None:
    """Insert new articles of a source and refresh the words of known ones.

    The first-seen time never changes, so an undated article keeps its place in time; a feed's
    teaser never replaces the text that was read from the article's page.
    """
    rows = [_columns(source_id, article, now) for article in seen]
    if not rows:
        return
    statement = insert_into(connection, articles)
    new = statement.excluded
    fresh: dict[str, Any] = {name: new[name] for name in ("url", "title", "language")}
    keep = and_(articles.c.extracted, not_(new.extracted))
    fresh["text"] = case((keep, articles.c.text), else_=new.text)
    fresh["extracted"] = or_(articles.c.extracted, new.extracted)
    # Row by row in one call of the driver: a statement of 500 rows takes longer to write than to run.
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source_id", "key"], set_=fresh), rows
    )


def known_articles(
    connection: Connection, source_id: UUID, keys: Sequence[str]
) -> Mapping[str, Known]:
    """Return which of these keys the source is known to have, and what is stored of each."""
    found: dict[str, Known] = {}
    for start in range(0, len(keys), BATCH):
        query = select(articles.c.key, articles.c.first_seen_at, articles.c.extracted).where(
            articles.c.source_id == source_id, articles.c.key.in_(keys[start : start + BATCH])
        )
        for row in connection.execute(query):
            found[row.key] = Known(first_seen_at=row.first_seen_at, extracted=row.extracted)
    return found


def first_seen(connection: Connection, source_id: UUID) -> Mapping[str, datetime]:
    """Return when each undated article of a source was first seen, by key."""
    query = select(articles.c.key, articles.c.first_seen_at).where(
        articles.c.source_id == source_id, articles.c.dated.is_(False)
    )
    return {row.key: row.first_seen_at for row in connection.execute(query)}


def forget_articles(connection: Connection, before: datetime, *, limit: int = 5_000) -> int:
    """Delete articles first seen before a moment, oldest first, and return how many; at most `limit`.

    An undated one leaves its key behind, without its text: its feed may still list it, and it would
    come back as news.
    """
    query = (
        select(articles.c.id)
        .where(articles.c.first_seen_at < before, _HAS_TEXT)
        .order_by(articles.c.first_seen_at)
        .limit(limit)
    )
    past = list(connection.execute(query).scalars())
    for start in range(0, len(past), BATCH):
        some = articles.c.id.in_(past[start : start + BATCH])
        connection.execute(update(articles).where(some, not_(articles.c.dated)).values(text=""))
        connection.execute(delete(articles).where(some, articles.c.dated))
    return len(past)


def oldest_first_seen_at(connection: Connection) -> datetime | None:
    """Return when the oldest article that still has its text was first seen."""
    return connection.execute(_OLDEST).scalar()


def publication_times(
    connection: Connection, source_id: UUID, since: datetime
) -> Sequence[datetime]:
    """Return when a source's articles since then were published, newest first."""
    query = (
        select(articles.c.published_at)
        .where(articles.c.source_id == source_id, articles.c.published_at >= since)
        .order_by(articles.c.published_at.desc())
        .limit(MAX_PER_WINDOW)
    )
    return list(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """How many articles of a source are stored, and how many of them were chosen for an issue."""

    stored: int = 0
    extracted: int = 0
    chosen: int = 0


def stock_of(
    connection: Connection, specification_id: UUID, source_ids: Sequence[UUID]
) -> Mapping[UUID, Stock]:
    """Return the stock of each of these sources; `chosen` counts leads of the specification's issues."""
    counted = connection.execute(
        select(
            articles.c.source_id,
            func.count().label("stored"),
            func.sum(cast(articles.c.extracted, Integer)).label("extracted"),
        )
        .where(articles.c.source_id.in_(source_ids))
        .group_by(articles.c.source_id)
    )
    leads = (
        select(articles.c.source_id, func.count(func.distinct(articles.c.key)).label("chosen"))
        .join(issue_stories, issue_stories.c.key == articles.c.key)
        .join(issues, issues.c.id == issue_stories.c.issue_id)
        .where(issues.c.specification_id == specification_id, articles.c.source_id.in_(source_ids))
        .group_by(articles.c.source_id)
    )
    chosen = {row.source_id: row.chosen for row in connection.execute(leads)}
    return {
        row.source_id: Stock(
            stored=row.stored, extracted=row.extracted or 0, chosen=chosen.get(row.source_id, 0)
        )
        for row in counted
    }


def reach_back(
    connection: Connection, rows: Sequence[SourceRow], before: datetime, *, least: int
) -> bool:
    """Say whether so many articles of these sources, or more, were published before an instant."""
    older = (
        select(articles.c.key)
        .where(articles.c.source_id.in_([row.id for row in rows]), articles.c.published_at < before)
        .limit(least)
        .subquery()
    )
    return connection.execute(select(func.count()).select_from(older)).scalar_one() >= least


def articles_in(
    connection: Connection, rows: Sequence[SourceRow], window: Window
) -> tuple[Article, ...]:
    """Return the stored articles of these sources published in the window, newest first."""
    query = (
        select(_SOURCE_AS_STORED, *(articles.c[name] for name in _READ))
        .where(
            articles.c.source_id.in_([row.id for row in rows]),
            articles.c.published_at >= window.start,
            articles.c.published_at < window.end,
        )
        .order_by(articles.c.published_at.desc(), articles.c.key)
        .limit(MAX_PER_WINDOW)
    )
    found: dict[object, Source] = {row.id: row.source for row in rows}
    found.update({row.id.hex: row.source for row in rows})
    return tuple(_article(found[row[0]], *row[1:]) for row in connection.execute(query))


def _columns(source_id: UUID, article: Article, now: datetime) -> dict[str, object]:
    return {
        "id": uuid4(),
        "source_id": source_id,
        "key": article.key,
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "published_at": article.published,
        "dated": article.dated,
        "language": article.language,
        "first_seen_at": now if article.dated else article.published,
        "source_name": article.source,
        "extracted": article.extracted,
    }


def _article(
    source: Source,
    key: str,
    url: str,
    title: str,
    text: str,
    published: datetime,
    dated: bool,
    language: str | None,
    source_name: str,
    extracted: bool,
) -> Article:
    """Return a row's values, in the order of `_READ`, as the article they are."""
    return Article(
        key=key,
        url=url,
        title=title,
        text=text,
        published=published,
        dated=dated,
        source=source.name or source_name,
        source_url=source.url,
        region=source.region,
        local=source.local,
        language=language,
        extracted=extracted,
        weight=source.weight,
    )


# Built once: every idle tick asks it.
_OLDEST = (
    select(articles.c.first_seen_at).where(_HAS_TEXT).order_by(articles.c.first_seen_at).limit(1)
)
