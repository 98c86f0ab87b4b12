"""Asking: what a person may ask an issue of, over which days, and the schedule that would repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from autopilot.domain.access import Right
from autopilot.domain.content import Window
from autopilot.domain.recurrence.civil_time import is_lost, midnight, resolve, zone_of
from autopilot.domain.run import Run
from autopilot.domain.specification import Cadence
from autopilot.errors import InputRefused, Problem
from autopilot.service.access.reach import Reach
from autopilot.store import specifications
from autopilot.store.specifications import SpecificationRow

_RULES: Mapping[Cadence, tuple[str, Mapping[str, object]]] = MappingProxyType(
    {
        Cadence.DAILY: ("daily", {"times": ["08:00"]}),
        Cadence.WEEKLY: ("weekly", {"days": ["mon"], "times": ["09:00"]}),
        Cadence.MONTHLY: ("monthly", {"business_day": 1, "times": ["09:00"]}),
    }
)
_NAMES = {
    Cadence.DAILY: "every day",
    Cadence.WEEKLY: "every Monday",
    Cadence.MONTHLY: "every month",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A schedule as a form is filled in with it; None for what narrows nothing."""

    specification_id: UUID
    name: str
    type: str
    config: Mapping[str, object]
    categories: tuple[str, ...] | None
    regions: tuple[str, ...] | None
    cadence: str | None


def specifications_of(
    reach: Reach, workspace_id: UUID, *, with_cancelled: bool = False
) -> Sequence[SpecificationRow]:
    """Return a workspace's specifications by slug; raises NotFound where it is not theirs."""
    inside = reach.workspace(workspace_id, Right.READ)
    with reach.app.database.read() as connection:
        return specifications.list_specifications(
            connection, workspace_id=inside.id, with_cancelled=with_cancelled
        )


def days_window(first: date, last: date, zone: str, now: datetime) -> Window:
    """Return the window of whole local days, both included; one that is not over yet ends now.

    Raises InputRefused for days in the wrong order, and for days to come.
    """
    problems = []
    if last < first:
        problems.append(Problem(path="Last day", message="is before the first"))
    if first > now.astimezone(zone_of(zone).info).date():
        problems.append(Problem(path="First day", message="is still to come"))
    if problems:
        raise InputRefused("The days cannot be used:", problems)
    end = _begin_of(last + timedelta(days=1), zone)
    return Window(start=_begin_of(first, zone), end=min(end, now))


def proposal_for(row: SpecificationRow, run: Run | None) -> Proposal:
    """Return the schedule that repeats a run as often as its cadence says, at the usual time.

    Without a run it is that of the whole specification.
    """
    override = None if run is None else run.cadence_override
    cadence = Cadence(override or row.document.cadence)
    kind, config = _RULES[cadence]
    return Proposal(
        specification_id=row.id,
        name=f"{row.document.name[:80]} {_NAMES[cadence]}",
        type=kind,
        config=dict(config),
        categories=None if run is None else run.categories_override,
        regions=None if run is None else run.regions_override,
        cadence=override,
    )


def _begin_of(day: date, zone: str) -> datetime:
    place = zone_of(zone)
    while is_lost(midnight(day), place):  # Pacific/Apia had no 2011-12-30
        day += timedelta(days=1)
    return resolve(midnight(day), place)[0].utc
