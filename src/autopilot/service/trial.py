"""Trials: the settings of a simulation, and the slots of the past it is made for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from autopilot.domain.content import Window
from autopilot.domain.recurrence.period import window_start
from autopilot.domain.recurrence.rules import Rule, parse_rule
from autopilot.domain.recurrence.slots import slots_between
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.specification import (
    Cadence,
    ScheduleDocument,
    Specification,
    SpecificationDocument,
)
from autopilot.errors import InputRefused, Problem
from autopilot.service.context import App
from autopilot.service.lookup import specification_named, workspace_named
from autopilot.store import schedules, sources, specifications, workspaces
from autopilot.store.workspaces import Workspace

MOST_SLOTS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When issues would have been made: one schedule, or the cadence alone where `rule` is None."""

    name: str
    rule: Rule | None
    zone: str
    categories: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    cadence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is simulated, and the stored sources it is tried on."""

    id: UUID
    is_stored: bool
    workspace: Workspace
    document: Specification
    timings: tuple[Timing, ...]
    rows: Sequence[sources.SourceRow]
    unknown: tuple[str, ...]


def trial_of(app: App, specification: SpecificationDocument | str, workspace: str | None) -> Trial:
    """Return the settings of a stored specification, by its slug, or of a document."""
    if isinstance(specification, str):
        stored = specification_named(app, specification, workspace=workspace)
        with app.database.read() as connection:
            rows = sources.list_sources(connection, stored.id)
            timed = [
                Timing(
                    name=item.name,
                    rule=item.rule,
                    zone=item.timezone,
                    categories=item.categories_override,
                    regions=item.regions_override,
                    cadence=item.cadence_override,
                )
                for item in schedules.list_schedules(connection, specification_id=stored.id)
                if item.enabled
            ]
        place = _workspace_of(app, stored)
        return Trial(
            id=stored.id,
            is_stored=True,
            workspace=place,
            document=stored.document,
            timings=tuple(timed) or (_by_cadence(place),),
            rows=rows,
            unknown=(),
        )
    return _draft(app, specification, workspace_named(app, workspace))


def _draft(app: App, document: SpecificationDocument, workspace: Workspace) -> Trial:
    """Return a document's settings; its sources are those of the workspace with their addresses."""
    with app.database.read() as connection:
        inside = specifications.list_specifications(connection, workspace_id=workspace.id)
        own = next((row for row in inside if row.slug == document.slug), None)
        by_url: dict[str, sources.SourceRow] = {}
        for row in sorted(inside, key=lambda row: row is not own):
            for source in sources.list_sources(connection, row.id, with_cancelled=True):
                by_url.setdefault(source.source.url, source)
    timings = [
        Timing(
            name=item.name,
            rule=_rule(item, workspace),
            zone=item.timezone or workspace.timezone,
            categories=item.categories_override,
            regions=item.regions_override,
            cadence=item.cadence_override and item.cadence_override.value,
        )
        for item in document.schedules
        if item.enabled
    ]
    return Trial(
        id=own.id if own else uuid4(),
        is_stored=own is not None,
        workspace=workspace,
        document=document,
        timings=tuple(timings) or (_by_cadence(workspace),),
        rows=[
            replace(by_url[item.url], source=item)
            for item in document.sources
            if item.url in by_url
        ],
        unknown=tuple(item.url for item in document.sources if item.url not in by_url),
    )


def _rule(item: ScheduleDocument, workspace: Workspace) -> Rule:
    return parse_rule(
        item.type,
        item.config,
        item.timezone or workspace.timezone,
        gap=item.gap.value,
        fold=item.fold.value,
    )


def _workspace_of(app: App, row: specifications.SpecificationRow) -> Workspace:
    with app.database.read() as connection:
        found = {item.id: item for item in workspaces.list_workspaces(connection)}
    return found[row.workspace_id]


def _by_cadence(workspace: Workspace) -> Timing:
    return Timing(name="", rule=None, zone=workspace.timezone)


def slots_of(settings: Trial, start: datetime, end: datetime) -> list[tuple[Timing, Run]]:
    """Return the run each slot in (start, end] would have had, oldest first; none is stored."""
    found = [
        (timing, run_of(settings, timing, window, end))
        for timing in settings.timings
        for window in _windows(settings.document, timing, start, end)
    ]
    if len(found) > MOST_SLOTS:
        told = f"{len(found)} slots; {MOST_SLOTS} at once is the most"
        problem = Problem(path="--weeks", message=told)
        raise InputRefused("The simulation cannot be made as asked:", [problem])
    return sorted(found, key=lambda pair: (pair[1].window.end, pair[0].name))


def _windows(
    document: Specification, timing: Timing, start: datetime, end: datetime
) -> Iterator[Window]:
    cadence = Cadence(timing.cadence or document.cadence)
    if timing.rule is None:
        while end > start:
            begin = window_start(cadence, end, timing.zone)
            yield Window(start=begin, end=end)
            end = begin
        return
    for slot in slots_between(timing.rule, start, end):
        begin = window_start(cadence, slot.utc, slot.zone, nominal=slot.local)
        yield Window(start=begin, end=slot.utc)


def run_of(settings: Trial, timing: Timing, window: Window, now: datetime) -> Run:
    """Return the run such a slot would have; it is in no store."""
    return Run(
        id=uuid4(),
        workspace_id=settings.workspace.id,
        specification_id=settings.id,
        schedule_id=None,
        trigger=Trigger.SCHEDULE,
        scheduled_for=window.end,
        zone=timing.zone,
        window=window,
        due_at=window.end,
        status=RunStatus.QUEUED,
        created_by="simulation",
        created_at=now,
        categories_override=timing.categories,
        regions_override=timing.regions,
        cadence_override=timing.cadence,
    )
