"""The archive: stored articles read back, for the memory of issues and for what they teach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from autopilot.domain.content import Article, Window
from autopilot.store.articles import articles_in
from autopilot.store.sources import SourceRow
from autopilot.store.tables import articles

BATCH = 500  # keys in one statement
LONGEST_TEXT = 4_000  # characters of one article; its news stands at the top


def texts_of(
    connection: Connection, rows: Sequence[SourceRow], keys: Iterable[str]
) -> Mapping[str, str]:
    """Return title and text of stored articles of these sources by key; forgotten ones are absent."""
    wanted = sorted(set(keys))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), BATCH):
        query = select(
            articles.c.key,
            articles.c.title,
            func.substr(articles.c.text, 1, LONGEST_TEXT).label("opening"),
        ).where(
            articles.c.source_id.in_([row.id for row in rows]),
            articles.c.key.in_(wanted[start : start + BATCH]),
        )
        for row in connection.execute(query):
            found[row.key] = f"{row.title}\n{row.opening}"
    return found


def articles_before(
    connection: Connection, rows: Sequence[SourceRow], until: datetime, *, limit: int
) -> tuple[Article, ...]:
    """Return the newest stored articles of these sources published before an instant."""
    since = (
        select(articles.c.published_at)
        .where(articles.c.source_id.in_([row.id for row in rows]), articles.c.published_at < until)
        .order_by(articles.c.published_at.desc())
        .limit(limit)
    )
    moments = list(connection.execute(since).scalars())
    if not moments:
        return ()
    return articles_in(connection, rows, Window(start=moments[-1], end=until))[:limit]
