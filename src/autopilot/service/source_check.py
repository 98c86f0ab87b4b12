"""Checking: every source of a specification asked now, those that fail twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from autopilot.domain.content import SourceStatus
from autopilot.service.context import App
from autopilot.service.looking import look_at
from autopilot.service.source_health import Facts, source_facts
from autopilot.service.source_state import UNKNOWN_HOST, WAITING, word_of
from autopilot.store import sources

NOTHING_ANSWERED = frozenset({UNKNOWN_HOST, SourceStatus.FAILED.value})


def check_sources(
    app: App, specification_id: UUID, *, only: Collection[UUID] | None = None
) -> tuple[Facts, ...]:
    """Look at all sources of a specification afresh, or at `only` these, and return their facts.

    One that fails is asked a second time: a single failure is the weather of the web. What was read
    is kept as ever; pages of articles are left to the next issue.
    """
    with app.database.read() as connection:
        rows = [
            row
            for row in sources.list_sources(connection, specification_id)
            if only is None or row.id in only
        ]
    looked = look_at(app, rows, afresh=True, pages=False)
    failed = [
        one.row.id
        for one in looked
        if one.look.report.status is SourceStatus.FAILED and word_of(one.look) != WAITING
    ]
    if failed:
        with app.database.read() as connection:
            again = sources.get_sources(connection, failed)
        look_at(app, list(again.values()), afresh=True, pages=False)
    facts = source_facts(app, specification_id, app.clock())
    return tuple(one for one in facts if only is None or one.row.id in only)


def is_unreadable(facts: Facts) -> bool:
    """Say whether a source could not be read at its last look."""
    return facts.row.state.consecutive_failures > 0


def is_our_own_line(facts: Sequence[Facts]) -> bool:
    """Say whether nothing at all answered: then this machine's network is the likelier fault."""
    return len(facts) > 1 and all(
        is_unreadable(one) and one.row.state.last_status in NOTHING_ANSWERED for one in facts
    )
