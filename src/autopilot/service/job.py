"""A job: everything a run needs to know, read once before its first step."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from autopilot.domain.content import NOTHING_SENT, Memory, Window
from autopilot.domain.run import Run, Trigger
from autopilot.domain.specification import Cadence, Specification
from autopilot.errors import NotFound, RuleInvalid
from autopilot.service.context import App
from autopilot.service.memory import memory_before
from autopilot.store import schedules, sources, specifications, workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run with its workspace, its specification as overridden, its sources and its memory.

    `lead` is how long before its slot a run of its schedule begins.
    """

    run: Run
    workspace: workspaces.Workspace
    specification: Specification
    sources: Sequence[sources.SourceRow]
    memory: Memory
    is_cancelled: bool
    lead: timedelta = timedelta(0)

    @property
    def content_window(self) -> Window:
        """What this issue is made from: its window, and before it what appeared while the issue before
        was made early and could not have it. Readers see such late arrivals marked.
        """
        window = self.run.window
        return Window(start=window.start - self.lead, end=window.end)


def assemble(app: App, run: Run) -> Job:
    """Read a run's job; raises NotFound when its specification was deleted meanwhile."""
    with app.database.read() as connection:
        row = specifications.get_specification(connection, run.specification_id)
        workspace = workspaces.get_workspace(connection, run.workspace_id)
        if row is None or workspace is None:
            raise NotFound(f"The specification of run {run.id} is gone.")
        rows = sources.list_sources(connection, row.id)
        return Job(
            run=run,
            workspace=workspace,
            specification=overridden(row.document, run),
            sources=rows,
            memory=_memory(connection, run, rows),
            is_cancelled=row.status != specifications.ACTIVE,
            lead=_lead(connection, run),
        )


def _lead(connection: Connection, run: Run) -> timedelta:
    """Its schedule's, unless that is gone, or its policies cannot be read any more."""
    schedule = run.schedule_id and schedules.get_schedule(connection, run.schedule_id)
    if not schedule or run.trigger is Trigger.MANUAL:
        return timedelta(0)
    with suppress(RuleInvalid):
        return schedule.policy.lead
    return timedelta(0)


def overridden(specification: Specification, run: Run) -> Specification:
    """Return the specification with the run's categories, regions and cadence, where it names some."""
    changes: dict[str, object] = {}
    if run.categories_override is not None:
        chosen = [item for item in specification.categories if item.id in run.categories_override]
        changes["categories"] = tuple(chosen)
    if run.regions_override is not None:
        listed = [item for item in specification.regions if item.id in run.regions_override]
        changes["regions"] = tuple(listed)
    if run.cadence_override is not None:
        changes["cadence"] = Cadence(run.cadence_override)
    return specification.model_copy(update=changes)


def _memory(connection: Connection, run: Run, rows: Sequence[sources.SourceRow]) -> Memory:
    """What readers had from earlier scheduled issues; a manual run repeats whatever it finds."""
    if run.scheduled_for is None:
        return NOTHING_SENT
    return memory_before(connection, run.specification_id, run.scheduled_for, run.zone, rows)
