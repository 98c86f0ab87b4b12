"""What a person may do to a run: try a failed one again, or call one off."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.errors import NotFound
from autopilot.service.context import App, current_app
from autopilot.service.ending import log_end, record_end
from autopilot.store import audit, figures, runs


def retry_run(run_id: UUID, *, actor: str, app: App | None = None) -> Run:
    """Queue a failed run again; steps it finished are not repeated. Raises Conflict for others."""
    app = current_app(app)
    with app.database.begin() as connection:
        seen = _existing(connection, run_id)
        queued = runs.move_run(connection, seen, seen.revive(app.clock()))
        if seen.schedule_id is not None and seen.trigger is Trigger.SCHEDULE:
            figures.uncount_failure(connection, seen.schedule_id)
        _note(connection, app, queued, "run.retried", actor)
    return queued


def cancel_run(run_id: UUID, reason: str, *, actor: str, app: App | None = None) -> Run:
    """End a queued or running run; a worker that has it stops at its next write, without an issue.

    Raises Conflict for a run that has ended.
    """
    app = current_app(app)
    with app.database.begin() as connection:
        seen = _existing(connection, run_id)
        cancelled = runs.move_run(connection, seen, seen.cancel(reason, app.clock()))
        record_end(connection, cancelled)
        _note(connection, app, cancelled, "run.cancelled", actor)
    log_end(cancelled)
    return cancelled


def _existing(connection: Connection, run_id: UUID) -> Run:
    run = runs.get_run(connection, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.", hint="See: autopilot runs list")
    return run


def _note(connection: Connection, app: App, run: Run, action: str, actor: str) -> None:
    audit.note(
        connection,
        at=app.clock(),
        actor=actor,
        action=action,
        subject=("run", run.id),
        workspace_id=run.workspace_id,
        detail={"reason": run.reason} if run.status is RunStatus.CANCELLED else {},
    )
