"""Articles: everything seen, so that an unchanged feed and an undated item keep their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, select

from autopilot.domain.content import Article, Window
from autopilot.domain.specification import Source
from autopilot.store.inserting import insert_into
from autopilot.store.sources import SourceRow
from autopilot.store.tables import articles

BATCH = 500  # rows per statement; SQLite takes at most 32,766 values in one
MAX_PER_WINDOW = 20_000


def keep_articles(
    connection: Connection, source_id: UUID, seen: Iterable[Article], now: datetime
) -> None:
    """Insert new articles of a source and refresh the words of known ones.

    The first-seen time never changes, so an undated article keeps its place in time.
    """
    rows = [_columns(source_id, article, now) for article in seen]
    for start in range(0, len(rows), BATCH):
        statement = insert_into(connection, articles).values(rows[start : start + BATCH])
        fresh = {name: statement.excluded[name] for name in ("url", "title", "text", "language")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["source_id", "key"], set_=fresh)
        )


def first_seen(connection: Connection, source_id: UUID) -> Mapping[str, datetime]:
    """Return when each undated article of a source was first seen, by key."""
    query = select(articles.c.key, articles.c.first_seen_at).where(
        articles.c.source_id == source_id, articles.c.dated.is_(False)
    )
    return {row.key: row.first_seen_at for row in connection.execute(query)}


def articles_in(
    connection: Connection, rows: Sequence[SourceRow], window: Window
) -> tuple[Article, ...]:
    """Return the stored articles of these sources published in the window, newest first."""
    by_id = {row.id: row.source for row in rows}
    query = (
        select(articles)
        .where(
            articles.c.source_id.in_(by_id),
            articles.c.published_at >= window.start,
            articles.c.published_at < window.end,
        )
        .order_by(articles.c.published_at.desc(), articles.c.key)
        .limit(MAX_PER_WINDOW)
    )
    return tuple(_article(row, by_id[row.source_id]) for row in connection.execute(query))


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
    }


def _article(row: Row[Any], source: Source) -> Article:
    return Article(
        key=row.key,
        url=row.url,
        title=row.title,
        text=row.text,
        published=row.published_at,
        dated=row.dated,
        source=source.name or row.source_name,
        source_url=source.url,
        region=source.region,
        local=source.local,
        language=row.language,
    )
