"""Generate: one issue now, because a person asked; it never moves a schedule and is never delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from autopilot.domain.content import Window
from autopilot.domain.recurrence.period import window_start
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.specification import Cadence
from autopilot.errors import AutopilotError, Conflict, InputRefused, NotFound, Problem
from autopilot.service.claim import claim_new
from autopilot.service.context import App, current_app
from autopilot.service.execute import execute
from autopilot.service.overrides import override_problems
from autopilot.service.report import run_report
from autopilot.store import specifications, workspaces


class Generated(NamedTuple):
    """What `execute_generator` returns, in the order the original plan unpacks it."""

    success: bool
    error_message: str | None
    result_data: Mapping[str, Any]
    artifact_path: Path | None


def execute_generator(
    spec_id: UUID | str,
    workspace_id: UUID | str,
    user_email: str,
    categories_override: Sequence[str] | None = None,
    regions_override: Sequence[str] | None = None,
    cadence_override: str | None = None,
    *,
    app: App | None = None,
) -> Generated:
    """Make one issue now and say how it went; expected faults are in the result, not raised.

    `result_data` is the run's report (docs/reference/json.md); its "run_id" is set once a run exists.
    """
    run: Run | None = None
    try:
        app = current_app(app)
        lease = claim_new(
            app,
            manual_run(
                app,
                _identity(spec_id, "specification"),
                _identity(workspace_id, "workspace"),
                user_email,
                categories_override=categories_override,
                regions_override=regions_override,
                cadence_override=cadence_override,
            ),
        )
        run = lease.run
        run = execute(lease)
        report = run_report(app, run)
    except AutopilotError as error:
        return Generated(False, str(error), {"run_id": str(run.id)} if run else {}, None)
    path = report["html_path"]
    success = run.status is RunStatus.SUCCEEDED
    return Generated(success, None if success else run.reason, report, path and Path(path))


def generate(
    app: App,
    specification_id: UUID,
    workspace_id: UUID,
    created_by: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    categories_override: Sequence[str] | None = None,
    regions_override: Sequence[str] | None = None,
    cadence_override: str | None = None,
) -> Run:
    """Run a specification now for the window [start, end) and return the run as it ended.

    The window defaults to one cadence ending now. Raises NotFound for an unknown specification and
    InputRefused for a window that ends before it starts or overrides that name nothing.
    """
    run = manual_run(
        app,
        specification_id,
        workspace_id,
        created_by,
        start=start,
        end=end,
        categories_override=categories_override,
        regions_override=regions_override,
        cadence_override=cadence_override,
    )
    return execute(claim_new(app, run))


def manual_run(
    app: App,
    specification_id: UUID,
    workspace_id: UUID,
    created_by: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    categories_override: Sequence[str] | None = None,
    regions_override: Sequence[str] | None = None,
    cadence_override: str | None = None,
) -> Run:
    """Return the run that was asked for, checked and not yet stored; raises as `generate` does."""
    now = app.clock()
    with app.database.read() as connection:
        row = specifications.get_specification(connection, specification_id)
        workspace = workspaces.get_workspace(connection, workspace_id)
    if row is None or workspace is None or row.workspace_id != workspace.id:
        raise NotFound(f"There is no specification {specification_id} in this workspace.")
    if row.status != specifications.ACTIVE:
        raise Conflict(f"The specification {row.slug!r} is cancelled.", hint="Apply it again.")
    problems = override_problems(
        row.document,
        categories=categories_override,
        regions=regions_override,
        cadence=cadence_override,
    )
    if refused := tuple(problems):
        raise InputRefused("The run cannot be made as asked:", refused)
    cadence = Cadence(cadence_override or row.document.cadence)
    return Run(
        id=uuid4(),
        workspace_id=workspace.id,
        specification_id=row.id,
        schedule_id=None,
        trigger=Trigger.MANUAL,
        scheduled_for=None,
        zone=workspace.timezone,
        window=_window(cadence, start, end or now, workspace.timezone),
        due_at=now,
        status=RunStatus.QUEUED,
        created_by=created_by,
        created_at=now,
        categories_override=None if categories_override is None else tuple(categories_override),
        regions_override=None if regions_override is None else tuple(regions_override),
        cadence_override=cadence_override,
    )


def _identity(value: UUID | str, noun: str) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise NotFound(f"There is no {noun} {value!r}.", hint="Give its id.") from None


def _window(cadence: Cadence, start: datetime | None, end: datetime, zone: str) -> Window:
    naive = [
        Problem(
            path=path,
            message=f"{moment.isoformat()} has no time zone",
            example=f"{moment.isoformat()}Z",
        )
        for path, moment in (("--from", start), ("--to", end))
        if moment is not None and moment.tzinfo is None
    ]
    if naive:
        raise InputRefused("The content window cannot be used:", naive)
    begin = start or window_start(cadence, end, zone)
    if begin >= end:
        raise InputRefused(
            "The content window is empty:",
            [
                Problem(
                    path="--from",
                    message=f"{begin:%Y-%m-%d %H:%M} is not before the end, {end:%Y-%m-%d %H:%M}",
                )
            ],
        )
    return Window(start=begin, end=end)
