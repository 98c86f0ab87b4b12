"""The specifications of a workspace at a glance: what each is, how its sources are, when and what last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from autopilot.domain.specification import Specification
from autopilot.service.access.reach import Reach
from autopilot.service.listing import After, Listed, issues_page
from autopilot.service.outcome import outcomes_of_issues
from autopilot.service.source_health import NEEDS_CARE, State, health_of
from autopilot.service.specification_lists import specifications_page
from autopilot.store import sources
from autopilot.store.issues import IssueRow
from autopilot.store.next_slots import Upcoming, upcoming

SCHEDULES = 3
"""How many schedules of a specification are told."""

NAMED = tuple(sorted(NEEDS_CARE - {State.SILENT}))
"""What is told of sources in a list; whether one is silent takes a look at all its articles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One specification: its document without sources, how many sources it has and how many of them
    cannot be read, its schedules that come first, and its newest issue with its outcome.
    """

    id: UUID
    document: Specification
    sources: int
    unread: int
    ailing: int
    upcoming: Upcoming
    last_issue: IssueRow | None
    outcome: str

    @property
    def blind(self) -> Sequence[str]:
        """The names of categories without keywords: they find nothing."""
        return [it.name for it in self.document.categories if not it.keywords]


def glance_at(
    reach: Reach, workspace_id: UUID, *, text: str = "", after: After = None, limit: int = 50
) -> Listed[Glance]:
    """List the workspace's active specifications by slug; raises NotFound for another's workspace.

    `text` is looked for in name and slug.
    """
    page = specifications_page(
        reach, workspace_id=workspace_id, text=text, after=after, limit=limit
    )
    rows, now = page.items, reach.app.clock()
    with reach.app.database.read() as connection:
        listed = {row.id: sources.list_sources(connection, row.id) for row in rows}
        timed = upcoming(connection, [row.id for row in rows], most=SCHEDULES)
    newest = {
        row.id: issue
        for row in rows
        for issue in issues_page(reach, specification_id=row.id, limit=1).items
    }
    with reach.app.database.read() as connection:
        outcomes = outcomes_of_issues(connection, list(newest.values()))
    found = []
    for row in rows:
        states = [health_of(it, now).state for it in listed[row.id]]
        last = newest.get(row.id)
        found.append(
            Glance(
                id=row.id,
                document=row.document,
                sources=len(states),
                unread=states.count(State.NEW),
                ailing=sum(state in NAMED for state in states),
                upcoming=timed.get(row.id, Upcoming()),
                last_issue=last,
                outcome=outcomes[last.id] if last else "",
            )
        )
    return Listed(items=found, next=page.next)
