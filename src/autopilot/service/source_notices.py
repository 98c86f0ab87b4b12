"""Telling owners about their sources: once for each outage, one notice for all of a round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.notice import Notice, NoticeKind
from autopilot.service.context import App
from autopilot.service.source_health import NEEDS_CARE, Health, State, health_of, usual_gap
from autopilot.service.source_state import Look, after_look
from autopilot.store import articles, notices, specifications
from autopilot.store.sources import SourceRow

NAMED = 5
"""Sources a notice names; the others are counted."""
OWN_NETWORK = 5
"""Failures in one round of which not one source answered: that is our line, not theirs."""
GAP_LOOKS_BACK = timedelta(days=90)
TOLD = NEEDS_CARE | {State.MOVED}


def tell_owners(app: App, rows: Sequence[SourceRow], looks: Sequence[Look], now: datetime) -> None:
    """Keep a notice for each specification some of whose sources came to need care in this round.

    A source that was in that state at its last look is not told again.
    """
    if _is_our_own_line(looks):
        return
    per_specification: dict[UUID, list[str]] = {}
    with app.database.read() as connection:
        for row, look in zip(rows, looks, strict=True):
            health = _news_of(connection, row, look, now)
            if health is not None:
                told = f"{row.source.name or row.state.title or row.source.url}: {health.sentence}"
                per_specification.setdefault(row.specification_id, []).append(told)
    for specification_id, sentences in per_specification.items():
        with app.database.begin() as connection:
            _tell(connection, specification_id, sentences, now)


def _news_of(connection: Connection, row: SourceRow, look: Look, now: datetime) -> Health | None:
    """Return how a source is where it was not like that at its last look, and owners should know."""
    if not look.was_asked:
        return None
    after = replace(row, state=after_look(row, look, now))
    health, gap = health_of(after, now), None
    if health.state is State.SILENT:  # knowing its pace only makes us more patient
        times = articles.publication_times(connection, row.id, now - GAP_LOOKS_BACK)
        gap = usual_gap(times)
        health = health_of(after, now, usual_gap=gap)
    if health.state not in TOLD:
        return None
    last = row.state.last_fetched_at
    before = None if last is None else health_of(row, last, usual_gap=gap).state
    return None if before is health.state else health


def _is_our_own_line(looks: Sequence[Look]) -> bool:
    silent = [look for look in looks if look.fetched.error is not None and not look.fetched.status]
    return len(silent) >= OWN_NETWORK and len(silent) == len(looks)


def _tell(
    connection: Connection, specification_id: UUID, sentences: Sequence[str], now: datetime
) -> None:
    row = specifications.get_specification(connection, specification_id)
    if row is None:
        return
    more = f"; and {len(sentences) - NAMED} more" if len(sentences) > NAMED else ""
    noun = "A source needs" if len(sentences) == 1 else f"{len(sentences)} sources need"
    notices.add_notice(
        connection,
        Notice(
            workspace_id=row.workspace_id,
            specification_id=row.id,
            schedule_id=None,
            run_id=None,
            kind=NoticeKind.SOURCE,
            message=f"{noun} a look in {row.slug}: {'; '.join(sentences[:NAMED])}{more}. "
            f"See: autopilot sources list {row.slug}",
            at=now,
        ),
    )
