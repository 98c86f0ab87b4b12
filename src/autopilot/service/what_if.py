"""What if: the issues of the last weeks as settings in a form would have made them, beside those that
the saved settings would have made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autopilot.domain.specification import SpecificationDocument
from autopilot.service.configuration.exporting import specification_document
from autopilot.service.context import App
from autopilot.service.simulating import SimulatedIssue, Simulation, simulate
from autopilot.store.specifications import SpecificationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One slot with the settings of the form and, where there are saved ones, with those.

    `gained` and `lost` are titles of leading stories.
    """

    slot: datetime
    zone: str
    schedule: str
    tried: SimulatedIssue | None
    saved: SimulatedIssue | None
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The slots, newest first; `unknown_sources` are addresses nothing is stored of."""

    slots: tuple[Compared, ...]
    unknown_sources: tuple[str, ...]


def what_if(
    app: App,
    document: SpecificationDocument,
    *,
    workspace: str,
    row: SpecificationRow | None,
    weeks: int,
) -> Comparison:
    """Simulate a document over the last weeks, and the stored specification (`row`) beside it.

    Both have the stored schedules. Nothing is written. Raises InputRefused for too many weeks.
    """
    stored = None
    if row is not None:
        with app.database.read() as connection:
            stored = specification_document(connection, row)
        document = document.model_copy(update={"schedules": stored.schedules})
    tried = simulate(app, document, workspace=workspace, weeks=weeks)
    saved = None
    if row is not None:  # what is not changed is not made twice
        is_same = document == stored
        saved = tried if is_same else simulate(app, row.slug, workspace=workspace, weeks=weeks)
    return Comparison(slots=_side_by_side(tried, saved), unknown_sources=tried.unknown_sources)


def _side_by_side(tried: Simulation, saved: Simulation | None) -> tuple[Compared, ...]:
    new = {_place(issue): issue for issue in tried.issues}
    old = {_place(issue): issue for issue in saved.issues} if saved else {}
    places = sorted({*new, *old}, reverse=True)
    return tuple(
        _compared(new.get(place), old.get(place), is_new=saved is None) for place in places
    )


def _place(issue: SimulatedIssue) -> tuple[datetime, str]:
    return issue.slot, issue.schedule


def _compared(
    tried: SimulatedIssue | None, saved: SimulatedIssue | None, *, is_new: bool
) -> Compared:
    known = tried or saved
    assert known is not None  # one of the two gave the place
    now, before = _titles(tried), _titles(saved)
    return Compared(
        slot=known.slot,
        zone=known.zone,
        schedule=known.schedule,
        tried=tried,
        saved=saved,
        gained=() if is_new else tuple(title for title in now if title not in before),
        lost=tuple(title for title in before if title not in now),
    )


def _titles(issue: SimulatedIssue | None) -> Sequence[str]:
    return [story.lead.title or story.lead.url for story in issue.stories] if issue else []
