"""Full text: the pages of articles whose source gives only their beginning, asked for with restraint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from autopilot.domain.content import Article, Fetched, FetchRequest, SourceStatus, Window
from autopilot.domain.editorial import SourceKind
from autopilot.pipeline.collect.page_text import PageText, read_page
from autopilot.pipeline.collect.teasers import retitled, to_be_read, with_page
from autopilot.service.context import App
from autopilot.service.source_state import Look
from autopilot.store import articles
from autopilot.store.sources import SourceRow

MOST_PER_SOURCE = 15
MOST_AT_ONCE = 150
TOGETHER = 50
PATIENCE_SECONDS = 30.0
"""For TOGETHER pages; who is slower than that is read from the feed alone."""
TRIED_FOR = timedelta(hours=6)
"""From the first look at an article; later its page is not asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    place: int
    article: Article


def add_full_texts(
    app: App, rows: Sequence[SourceRow], looks: Sequence[Look], window: Window, now: datetime
) -> list[Look]:
    """Return the looks with the texts of pages in place of teasers, where pages are worth asking.

    At most MOST_PER_SOURCE pages of a source and MOST_AT_ONCE in all, the first of each source
    before the second of any; a page that fails leaves its article as it is.
    """
    wanted = _in_turn(
        [
            _wanted(app, place, row, look, window, now)
            for place, (row, look) in enumerate(zip(rows, looks, strict=True))
        ]
    )
    read: dict[tuple[int, str], PageText] = {}
    wanted = wanted[:MOST_AT_ONCE]
    for start in range(0, len(wanted), TOGETHER):
        some = wanted[start : start + TOGETHER]
        requests = [FetchRequest(url=one.article.url) for one in some]
        answers = app.outgoing.fetch_all(requests, within_seconds=PATIENCE_SECONDS)
        for one, fetched in zip(some, answers, strict=True):
            if (page := _page(fetched)) is not None:
                read[one.place, one.article.key] = page
    return [_with_texts(place, look, read, now) for place, look in enumerate(looks)]


def _wanted(
    app: App, place: int, row: SourceRow, look: Look, window: Window, now: datetime
) -> list[_Wanted]:
    if look.reading is None or look.report.status is not SourceStatus.OK:
        return []
    feed, kind = look.reading.feed, look.reading.kind
    inside = [it for it in look.articles if not it.dated or it.published in window]
    listed = to_be_read(row.source, feed, kind, inside, most=len(inside))
    if not listed:
        return []
    with app.database.read() as connection:
        known = articles.known_articles(connection, row.id, [it.key for it in listed])
    fresh = [it for it in listed if _is_to_be_tried(known.get(it.key), now)]
    return [_Wanted(place=place, article=article) for article in fresh[:MOST_PER_SOURCE]]


def _is_to_be_tried(known: articles.Known | None, now: datetime) -> bool:
    return known is None or (not known.extracted and now - known.first_seen_at < TRIED_FOR)


def _in_turn(per_source: Sequence[Sequence[_Wanted]]) -> list[_Wanted]:
    """The first of each source, then the second of each: nobody's pages wait for all of another's."""
    longest = max(map(len, per_source), default=0)
    return [one[turn] for turn in range(longest) for one in per_source if turn < len(one)]


def _page(fetched: Fetched) -> PageText | None:
    if fetched.error is not None or not _is_html(fetched):
        return None
    return read_page(fetched.body, fetched.answered_by or fetched.url, fetched.content_type)


def _is_html(fetched: Fetched) -> bool:
    kind = fetched.content_type.lower()
    return not kind or "html" in kind


def _with_texts(
    place: int, look: Look, read: dict[tuple[int, str], PageText], now: datetime
) -> Look:
    changed = []
    for article in look.articles:
        page = read.get((place, article.key))
        if page is not None and look.reading and look.reading.kind is SourceKind.SITEMAP:
            article = retitled(article, page)
        changed.append(with_page(article, page, now))
    return replace(look, articles=tuple(changed))
