"""Looking: ask sources, read what they gave and where that leads, keep it, and note how they are.

Issues, the rounds between them and `sources check` all look in this one way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from autopilot.domain.content import Feed, Fetched, FetchRequest, Window
from autopilot.domain.editorial import SourceKind
from autopilot.domain.specification import Source
from autopilot.pipeline.collect.articles import articles_of, report_of
from autopilot.pipeline.collect.collection import without_copies
from autopilot.pipeline.collect.reading import Reading, read_answer
from autopilot.pipeline.collect.sitemaps import MAX_ENTRIES
from autopilot.service.context import App
from autopilot.service.full_text import add_full_texts
from autopilot.service.source_notices import tell_owners
from autopilot.service.source_state import FOUND_ON_PAGE, WAITING, Look, after_look
from autopilot.store import articles, sources
from autopilot.store.sources import SourceRow

BATCH = 64
"""Sources looked at together: their bodies lie in memory side by side."""
MEMORY = timedelta(days=31)
"""Articles older than this are not worth the reading of their page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A source as it was before, and what the look gave."""

    row: SourceRow
    look: Look


SeenAt = Callable[[datetime], datetime]


def look_at(
    app: App,
    rows: Sequence[SourceRow],
    *,
    seen_at: SeenAt = lambda now: now,
    window: Window | None = None,
    afresh: bool = False,
    pages: bool = True,
) -> tuple[Looked, ...]:
    """Look at these sources and keep what they gave; one that fails is a report, never an error.

    `seen_at` gives, for the time of the answers, what an article without a date is dated with.
    Pages are read for articles of the `window` (default: of the last month), unless `pages` is False.
    `afresh` asks without conditions, and also who asked us to wait.
    """
    looked: list[Looked] = []
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        looks = _looks(app, some, seen_at, afresh)
        now = app.clock()
        if pages:
            inside = window or Window(start=now - MEMORY, end=now + timedelta(days=1))
            looks = add_full_texts(app, some, looks, inside, now)
        _keep(app, some, looks, now)
        looked += [Looked(row=row, look=look) for row, look in zip(some, looks, strict=True)]
    return tuple(looked)


def _looks(app: App, rows: Sequence[SourceRow], seen_at: SeenAt, afresh: bool) -> list[Look]:
    answers = _answers(app, rows, afresh)
    now = app.clock()
    found = _followed(app, rows, [_read(row, answers.get(row.id), now) for row in rows])
    return [
        _with_articles(app, row, look, seen_at(now), now)
        for row, look in zip(rows, found, strict=True)
    ]


def _answers(app: App, rows: Sequence[SourceRow], afresh: bool) -> dict[UUID, Fetched]:
    now = app.clock()
    asked = [row for row in rows if afresh or not _is_to_wait(row, now)]
    fetched = app.outgoing.fetch_all([_request(row, afresh) for row in asked])
    return {row.id: answer for row, answer in zip(asked, fetched, strict=True)}


def _request(row: SourceRow, afresh: bool) -> FetchRequest:
    if afresh:
        return FetchRequest(url=row.asked_url)
    return FetchRequest(
        url=row.asked_url, etag=row.state.etag, last_modified=row.state.last_modified
    )


def _is_to_wait(row: SourceRow, now: datetime) -> bool:
    """Whether its server said when to ask again, and that is not yet (RFC 9110 section 10.2.3)."""
    again = row.state.check_at
    return row.state.last_status == WAITING and again is not None and again > now


def _read(row: SourceRow, fetched: Fetched | None, now: datetime) -> Look:
    if fetched is None:
        again = row.state.check_at or now
        told = f"not asked: its server asked to wait until {again:%Y-%m-%d %H:%M} UTC"
        waiting = _look(row.source, Fetched(url=row.source.url, error=told), None)
        return replace(waiting, was_asked=False)
    if fetched.error is not None or fetched.unchanged:
        return _look(row.source, fetched, None)
    was_feed = row.state.found_kind in (SourceKind.FEED.value, FOUND_ON_PAGE)
    return _look(row.source, fetched, read_answer(row.source, fetched, was_feed=was_feed))


def _look(source: Source, fetched: Fetched, reading: Reading | None) -> Look:
    report = report_of(source, fetched, None if reading is None else reading.feed, ())
    return Look(fetched=fetched, reading=reading, report=report)


def _followed(app: App, rows: Sequence[SourceRow], looks: Sequence[Look]) -> list[Look]:
    """Ask the addresses that answers only named, all at once, and put what they hold in place."""
    wanted = [
        (place, url)
        for place, look in enumerate(looks)
        for url in (look.reading.leads_to if look.reading else ())
    ]
    found = list(looks)
    if not wanted:
        return found
    answers = app.outgoing.fetch_all([FetchRequest(url=url) for _, url in wanted])
    per_place: dict[int, list[Fetched]] = {}
    for (place, _), fetched in zip(wanted, answers, strict=True):
        per_place.setdefault(place, []).append(fetched)
    for place, given in per_place.items():
        found[place] = _joined(rows[place].source, looks[place], given)
    return found


def _joined(source: Source, first: Look, given: Sequence[Fetched]) -> Look:
    assert first.reading is not None
    if first.reading.kind is SourceKind.SITEMAP:
        return _joined_sitemaps(source, first, given)
    (fetched,) = given
    if fetched.error is not None:
        told = f"its page says that its feed is {fetched.url}, and that one failed: {fetched.error}"
        return _look(source, replace(fetched, error=told), None)
    as_feed = source.model_copy(update={"kind": SourceKind.FEED})
    look = _look(source, fetched, read_answer(as_feed, fetched))
    return replace(look, led_to=fetched.moved_to or fetched.url)


def _joined_sitemaps(source: Source, first: Look, given: Sequence[Fetched]) -> Look:
    assert first.reading is not None
    as_sitemap = source.model_copy(update={"kind": SourceKind.SITEMAP})
    good = [fetched for fetched in given if fetched.error is None]
    feeds = [read_answer(as_sitemap, fetched).feed for fetched in good]
    entries = [entry for feed in feeds for entry in feed.entries]
    entries.sort(key=lambda entry: entry.published or sources.AT_ONCE, reverse=True)
    problem = next((feed.problem for feed in feeds if feed.problem), None)
    problem = problem or next((fetched.error for fetched in given if fetched.error), None)
    feed = Feed(
        title=next((feed.title for feed in feeds if feed.title), ""),
        entries=tuple(entries[:MAX_ENTRIES]),
        site=source.url,
        problem=None if entries else problem,
    )
    # The index says nothing of what changed below it: its own validators would hide that.
    fetched = replace(first.fetched, etag=None, last_modified=None)
    return _look(source, fetched, replace(first.reading, feed=feed))


def _with_articles(app: App, row: SourceRow, look: Look, seen_at: datetime, now: datetime) -> Look:
    if look.reading is None or look.reading.feed.problem is not None:
        return look
    known = _first_seen(app, row, look.reading.feed)
    given = articles_of(look.reading.feed, row.source, seen_at, known, now=now)
    oldest = now - timedelta(days=app.settings.retention_days)
    kept = [it for it in without_copies(given) if not it.dated or it.published >= oldest]
    report = report_of(row.source, look.fetched, look.reading.feed, given)
    return replace(look, articles=tuple(kept), report=report)


def _first_seen(app: App, row: SourceRow, feed: Feed) -> Mapping[str, datetime]:
    """Return when undated articles were first seen; a feed that dates all of its own needs no asking."""
    if all(entry.published is not None for entry in feed.entries):
        return {}
    with app.database.read() as connection:
        return articles.first_seen(connection, row.id)


def _keep(app: App, rows: Sequence[SourceRow], looks: Sequence[Look], now: datetime) -> None:
    """Store articles and states, so that an unchanged feed still has its say next time."""
    asked = [pair for pair in zip(rows, looks, strict=True) if pair[1].was_asked]
    # In one order for everybody: two that look at the same sources wait for each other, never both.
    asked.sort(key=lambda pair: pair[0].id)
    with app.database.begin() as connection:
        for row, look in asked:
            articles.keep_articles(connection, row.id, look.articles, now)
            sources.record_look(connection, row.id, after_look(row, look, now))
    tell_owners(app, rows, looks, now)
