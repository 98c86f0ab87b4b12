"""Looking things up by what people type: a slug, a name, an id or the first digits of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule
from autopilot.errors import Conflict, NotFound
from autopilot.service.context import App
from autopilot.store import issues, runs, schedules, specifications, workspaces
from autopilot.store.issues import IssueRow
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace

EMPTY_HINT = "Write a configuration with `autopilot init` and load it with `autopilot apply`."
SHORTEST_PREFIX = 4


def workspace_named(app: App, slug: str | None) -> Workspace:
    """Return the workspace with this slug, or the only one there is when no slug is given."""
    with app.database.read() as connection:
        found = workspaces.list_workspaces(connection)
    chosen = [item for item in found if slug is None or item.slug == slug]
    if len(chosen) == 1:
        return chosen[0]
    if not found:
        raise NotFound("This store has no workspace yet.", hint=EMPTY_HINT)
    names = ", ".join(item.slug for item in found)
    if slug is None:
        raise Conflict(
            f"There are several workspaces: {names}.", hint="Say which one with --workspace."
        )
    raise NotFound(f"There is no workspace {slug!r}.", hint=f"There are: {names}.")


def specification_named(app: App, name: str, *, workspace: str | None = None) -> SpecificationRow:
    """Return the specification with this slug or id, in one workspace or in the only that has it."""
    with app.database.read() as connection:
        inside = None if workspace is None else workspace_named(app, workspace).id
        found = specifications.list_specifications(connection, workspace_id=inside)
    chosen = [row for row in found if name in (row.slug, str(row.id))]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        raise Conflict(
            f"{len(chosen)} workspaces have a specification {name!r}.",
            hint="Say which one with --workspace.",
        )
    known = ", ".join(row.slug for row in found)
    raise NotFound(
        f"There is no specification {name!r}.",
        hint=f"There are: {known}." if known else EMPTY_HINT,
    )


def schedule_named(app: App, name: str, *, workspace: str | None = None) -> Schedule:
    """Return the schedule with this name, id or first digits of an id."""
    with app.database.read() as connection:
        inside = None if workspace is None else workspace_named(app, workspace).id
        found = schedules.list_schedules(connection, workspace_id=inside, with_cancelled=True)
    exact = [item for item in found if str(item.id) == name]
    chosen = exact or [
        item
        for item in found
        if item.status != "cancelled" and (item.name == name or _starts(item.id, name))
    ]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        ids = ", ".join(str(item.id)[:8] for item in chosen)
        raise Conflict(f"{name!r} means {len(chosen)} schedules: {ids}.", hint="Give the id.")
    raise NotFound(f"There is no schedule {name!r}.", hint="See: autopilot schedules list")


def run_named(app: App, name: str) -> Run:
    """Return the run with this id, first digits of an id, or "last"."""
    with app.database.read() as connection:
        found = _runs(connection, name)
    if len(found) == 1:
        return found[0]
    if found:
        raise Conflict(f"{name!r} means several runs.", hint="Give more digits of the id.")
    raise NotFound(f"There is no run {name!r}.", hint="See: autopilot runs list")


def issue_named(app: App, name: str) -> IssueRow:
    """Return the issue with this id or first digits of an id, its own or its run's, or "last"."""
    if name == "last":
        return _issue_of(app, run_named(app, name))
    digits = name.replace("-", "").lower()
    with app.database.read() as connection:
        own = issues.issues_starting_with(connection, digits) if _is_prefix(digits) else []
        made = [issues.issue_of_run(connection, run.id) for run in _runs(connection, name)]
    found = {issue.id: issue for issue in [*own, *filter(None, made)]}
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        raise Conflict(f"{name!r} means several issues.", hint="Give more digits of the id.")
    if made:
        raise NotFound(f"Run {name} made no issue.", hint=f"See: autopilot runs show {name}")
    raise NotFound(f"There is no issue {name!r}.", hint="See: autopilot review list")


def _issue_of(app: App, run: Run) -> IssueRow:
    with app.database.read() as connection:
        found = issues.issue_of_run(connection, run.id)
    if found is None:
        raise NotFound("The last run made no issue.", hint="See: autopilot review list")
    return found


def _is_prefix(digits: str) -> bool:
    return re.fullmatch(rf"[0-9a-f]{{{SHORTEST_PREFIX},32}}", digits) is not None


def _runs(connection: Connection, name: str) -> Sequence[Run]:
    if name == "last":
        return runs.list_runs(connection, limit=1)
    digits = name.replace("-", "").lower()
    if not _is_prefix(digits):
        return []
    return runs.runs_starting_with(connection, digits)


def _starts(identity: UUID, prefix: str) -> bool:
    return len(prefix) >= SHORTEST_PREFIX and str(identity).startswith(prefix.lower())
