"""How a source is, in one word, one sentence and one piece of advice; and the facts it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median
from uuid import UUID

from autopilot.service.context import App
from autopilot.service.source_state import FOUND_ON_PAGE, GONE, LOGIN, PAGE, UNKNOWN_HOST
from autopilot.store import articles, sources
from autopilot.store.articles import Stock
from autopilot.store.sources import SourceRow

FAILING_AFTER = 3
"""Failures in a row; fewer are the weather of the web."""
DEAD_AFTER = 2
SILENT_AFTER = timedelta(days=12)
"""At the least; a source that writes less often has five times its usual gap."""
GAPS = 5
PACE_LOOKS_BACK = timedelta(days=90)


class State(StrEnum):
    """How a source is: never looked at, well, quiet for too long, moved, gone, or out of order."""

    NEW = "new"
    OK = "ok"
    MOVED = "moved"
    EMPTY = "empty"
    SILENT = "silent"
    UNSTEADY = "unsteady"
    FAILING = "failing"
    LOGIN = "login"
    PAGE = "page"
    DEAD = "dead"


NEEDS_CARE = frozenset({State.SILENT, State.FAILING, State.LOGIN, State.PAGE, State.DEAD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A source's state, a sentence about it, and what its owner can do ("" where nothing is to do)."""

    state: State
    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything worth knowing of one source. `per_week` counts articles over the last 90 days (or
    since the oldest stored one), `stock` what is stored and was chosen.
    """

    row: SourceRow
    health: Health
    per_week: float
    stock: Stock


def health_of(row: SourceRow, now: datetime, *, usual_gap: timedelta | None = None) -> Health:
    """Return how a source is at a moment, by its last look; `usual_gap` lies between its articles."""
    state = row.state
    if state.last_fetched_at is None:
        return Health(state=State.NEW, sentence="nobody has looked at it yet")
    if state.consecutive_failures:
        return _failing(row, now)
    quiet = None if state.newest_article_at is None else now - state.newest_article_at
    if quiet is not None and quiet > max(SILENT_AFTER, GAPS * (usual_gap or timedelta(0))):
        return Health(
            state=State.SILENT,
            sentence=f"nothing for {quiet.days} days" + _usually(usual_gap),
            advice="look at the site: it may have a new feed (autopilot sources find ADDRESS)",
        )
    if state.last_error is not None:
        return Health(state=State.EMPTY, sentence=state.last_error)
    if state.moved_to is not None and state.found_kind != FOUND_ON_PAGE:
        return Health(
            state=State.MOVED,
            sentence=f"moved for good to {state.moved_to}, which is read now",
            advice="write the new address into the specification",
        )
    if state.moved_to is not None:
        return Health(state=State.OK, sentence=f"its page's feed is read: {state.moved_to}")
    return Health(state=State.OK, sentence="well")


def usual_gap(published: Sequence[datetime]) -> timedelta | None:
    """Return the median time between articles (newest first), or None for fewer than four."""
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(published)]
    return timedelta(seconds=median(gaps)) if len(gaps) >= 3 else None


def facts_of(app: App, rows: Sequence[SourceRow], now: datetime) -> tuple[Facts, ...]:
    """Return the facts of these sources of one specification."""
    if not rows:
        return ()
    since = now - PACE_LOOKS_BACK
    with app.database.read() as connection:
        stock = articles.stock_of(connection, rows[0].specification_id, [row.id for row in rows])
        times = [articles.publication_times(connection, row.id, since) for row in rows]
    return tuple(
        Facts(
            row=row,
            health=health_of(row, now, usual_gap=usual_gap(published)),
            per_week=_per_week(published, now),
            stock=stock.get(row.id, Stock()),
        )
        for row, published in zip(rows, times, strict=True)
    )


def source_facts(app: App, specification_id: UUID, now: datetime) -> tuple[Facts, ...]:
    """Return the facts of all active sources of a specification, in its order."""
    return facts_of(app, source_rows(app, specification_id), now)


def source_rows(app: App, specification_id: UUID) -> Sequence[SourceRow]:
    """Return all active sources of a specification, in its order."""
    with app.database.read() as connection:
        return sources.list_sources(connection, specification_id)


def _failing(row: SourceRow, now: datetime) -> Health:
    state, failures = row.state, row.state.consecutive_failures
    since = (
        f", last good {_ago(now - state.last_good_at)}" if state.last_good_at else ", never read"
    )
    sentence = f"{state.last_error or 'it failed'}{since}"
    if state.last_status in (GONE, UNKNOWN_HOST) and (
        failures >= DEAD_AFTER or state.last_good_at is None
    ):
        advice = "find its new address (autopilot sources find SITE) or take it out"
        return Health(state=State.DEAD, sentence=sentence, advice=advice)
    if state.last_status == LOGIN:
        advice = "it is for members now: find another source or take it out"
        return Health(state=State.LOGIN, sentence=sentence, advice=advice)
    if state.last_status == PAGE:
        advice = "find its new feed (autopilot sources find SITE) or take it out"
        return Health(state=State.PAGE, sentence=sentence, advice=advice)
    if failures < FAILING_AFTER:
        return Health(state=State.UNSTEADY, sentence=sentence, advice="it is tried again")
    told = f"{sentence}, {failures} failures in a row"
    advice = "open its address in a browser; it is tried again at least once a day"
    return Health(state=State.FAILING, sentence=told, advice=advice)


def _usually(gap: timedelta | None) -> str:
    if gap is None:
        return ""
    days = gap / timedelta(days=1)
    return (
        f"; it usually writes every {days:.0f} days" if days >= 2 else "; it usually writes daily"
    )


def _ago(span: timedelta) -> str:
    if span.days:
        return f"{span.days} day{'s' if span.days > 1 else ''} ago"
    return f"{int(span.total_seconds() // 3600)} h ago"


def _per_week(published: Sequence[datetime], now: datetime) -> float:
    if not published:
        return 0.0
    span = max(now - published[-1], timedelta(days=7))
    return round(len(published) / (span / timedelta(days=7)), 1)
