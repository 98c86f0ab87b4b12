"""What is known of a source after a look: one answer folded into what was known before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from autopilot.domain.content import Article, Fetched, SourceReport, SourceStatus
from autopilot.domain.editorial import SourceKind
from autopilot.pipeline.collect.pace import (
    interval_after_entries,
    interval_after_failure,
    interval_after_nothing_new,
    next_look,
)
from autopilot.pipeline.collect.reading import BECAME_LOGIN, BECAME_PAGE, LOGIN_PAGE, Reading
from autopilot.pipeline.collect.teasers import dates_of
from autopilot.store.sources import SourceRow, SourceState, interval_of

GONE, UNKNOWN_HOST, LOGIN, PAGE, WAITING = "gone", "unknown_host", "login", "page", "waiting"
GONE_STATUSES = frozenset({404, 410})
ASKS_TO_WAIT = frozenset({429, 503})
FOUND_ON_PAGE = "page_feed"
"""The `found_kind` of a web page whose own feed is read; `moved_to` is that feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a source: the answer, what was read, and the articles it gave.

    `led_to` is the feed that the source's page advertised, when that was read in its place;
    `was_asked` is False where its server had asked us to wait, and nothing was asked.
    """

    fetched: Fetched
    reading: Reading | None
    report: SourceReport
    articles: Sequence[Article] = ()
    led_to: str | None = None
    was_asked: bool = True


def after_look(row: SourceRow, look: Look, now: datetime) -> SourceState:
    """Return the new state of a source; when to look again is part of it."""
    before = replace(row.state, last_fetched_at=now)
    if look.report.status is SourceStatus.FAILED:
        state = _failed(before, look)
    elif look.report.status is SourceStatus.UNCHANGED:
        state = _unchanged(before, look, now)
    else:
        state = _read(before, look, now)
    hours = look.reading.feed.skip_hours if look.reading else ()
    moment = next_look(
        now,
        interval_of(state) or timedelta(0),
        asked_seconds=_asked_seconds(look),
        skip_hours=hours,
        spread=(row.id.int % 100) / 100,
    )
    return replace(state, check_at=moment)


def word_of(look: Look) -> str:
    """Return how a source answered in one word, finer than a run's report."""
    fetched = look.fetched
    if look.report.status is not SourceStatus.FAILED:
        return look.report.status.value
    if fetched.status in GONE_STATUSES:
        return GONE
    if fetched.unknown_host:
        return UNKNOWN_HOST
    if fetched.wait_seconds is not None and fetched.error is not None:
        return WAITING
    if look.report.error in (LOGIN_PAGE, BECAME_LOGIN):
        return LOGIN
    return PAGE if look.report.error == BECAME_PAGE else SourceStatus.FAILED.value


def _failed(before: SourceState, look: Look) -> SourceState:
    failures = before.consecutive_failures + 1
    # A remembered way that leads nowhere is forgotten: the source's own address is asked again.
    forgotten = {"moved_to": None, "etag": None, "last_modified": None} if before.moved_to else {}
    return replace(
        before,
        last_status=word_of(look),
        last_error=look.report.error,
        consecutive_failures=failures,
        interval_seconds=_seconds(interval_after_failure(failures)),
        **forgotten,
    )


def _unchanged(before: SourceState, look: Look, now: datetime) -> SourceState:
    return replace(
        before,
        last_status=word_of(look),
        last_error=None,
        last_good_at=now,
        consecutive_failures=0,
        moved_to=look.fetched.moved_to or before.moved_to,
        interval_seconds=_seconds(interval_after_nothing_new(interval_of(before))),
    )


def _read(before: SourceState, look: Look, now: datetime) -> SourceState:
    assert look.reading is not None
    feed, kind = look.reading.feed, look.reading.kind
    on_page = look.led_to is not None or (
        before.found_kind == FOUND_ON_PAGE and before.moved_to is not None
    )
    return replace(
        before,
        etag=look.fetched.etag,
        last_modified=look.fetched.last_modified,
        last_status=word_of(look),
        last_error=look.report.error,
        title=feed.title or before.title,
        found_kind=FOUND_ON_PAGE if on_page else kind.value,
        last_good_at=now,
        newest_article_at=max(
            filter(None, (_newest(look, now), before.newest_article_at)), default=None
        ),
        consecutive_failures=0,
        moved_to=look.led_to or look.fetched.moved_to or before.moved_to,
        interval_seconds=_seconds(_interval(look, kind)),
    )


def _newest(look: Look, now: datetime) -> datetime | None:
    """Return when the newest article was published; where all are too old to keep, of those."""
    assert look.reading is not None
    kept = [article.published for article in look.articles]
    dated = (entry.published for entry in look.reading.feed.entries)
    return max(kept or [moment for moment in dated if moment and moment <= now], default=None)


def _interval(look: Look, kind: SourceKind) -> timedelta:
    assert look.reading is not None
    shown = len(look.reading.feed.entries) if kind is SourceKind.FEED else 0
    return interval_after_entries(dates_of(look.articles), shown)


def _asked_seconds(look: Look) -> int | None:
    stated = (
        look.fetched.wait_seconds,
        look.reading.feed.ttl_seconds if look.reading is not None else None,
    )
    return max((seconds for seconds in stated if seconds is not None), default=None)


def _seconds(interval: timedelta) -> int:
    return int(interval.total_seconds())
