"""Runs as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.http.api.answers import Shown
from autopilot.service.outcome import outcomes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Response

    from autopilot.service.access.reach import Reach

_NO_ERROR = frozenset({RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.SUCCEEDED})


class WindowOut(Shown):
    """Publication times that a run covers, `to` not included."""

    model_config = ConfigDict(validate_by_name=True)

    from_: datetime = Field(alias="from")
    to: datetime


class RunBrief(Shown):
    """A run in a list."""

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    schedule_id: UUID | None = Field(description="Null for a run of a specification alone.")
    status: RunStatus
    outcome: str = Field(
        description="What became of the run and its readers: its status, and once it has an issue"
        " that of the issue."
    )
    trigger: Trigger
    error: str | None = Field(description="Why it failed, was skipped or cancelled.")
    error_id: UUID | None = Field(description="What to name when asking about a failure.")
    scheduled_for: datetime | None = Field(
        description="The slot; null for what somebody asked for."
    )
    timezone: str
    window: WindowOut
    due_at: datetime
    attempt: int = Field(description="How often it was begun.")
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class RunsOut(Shown):
    """Runs that were queued together."""

    items: list[RunBrief]


class StepOut(Shown):
    """A finished step: how many things went in and came out, and how long it took."""

    model_config = ConfigDict(validate_by_name=True)

    in_: int = Field(alias="in")
    out: int
    seconds: float


class UsageOut(Shown):
    """What the calls of one model took."""

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None = Field(description="Null where the price is unknown.")


class SourceReportOut(Shown):
    """What a source gave."""

    url: str
    status: str
    entries: int
    error: str | None


class LeftOutOut(Shown):
    """An article that is not in the issue, and why."""

    title: str
    url: str
    reason: str
    score: float | None


class RunOut(RunBrief):
    """A run in full: its steps, sources, cost, its issue and the deliveries of that."""

    categories_override: list[str] | None
    regions_override: list[str] | None
    cadence_override: str | None
    failures: int = Field(description="Faults so far that were tried again.")
    steps: dict[str, StepOut]
    usage: list[UsageOut]
    tokens: int
    usd: float | None = Field(
        description="What its model calls cost; null where a price is unknown."
    )
    issue_id: UUID | None
    issue_status: str | None
    subject: str | None
    writer: str | None
    notes: list[str]
    deliveries: dict[str, int] = Field(description="How many deliveries stand where.")
    gate: dict[str, Any] | None
    sources: list[SourceReportOut]
    left_out: list[LeftOutOut]


def run_briefs(caller: Reach, runs: Sequence[Run]) -> list[RunBrief]:
    """Return runs for a list, each with its outcome."""
    with caller.app.database.read() as connection:
        outcomes = outcomes_of(connection, runs)
    return [RunBrief(**_values(run, outcomes[run.id])) for run in runs]


def run_out(caller: Reach, run: Run) -> RunOut:
    """Return a run in full."""
    from autopilot.service.report import run_report  # late: it brings the steps

    report = run_report(caller.app, run)
    usage = [UsageOut(**one) for one in report["usage"]]
    prices = [one.usd for one in usage]
    return RunOut(
        **_values(run, report["outcome"]),
        categories_override=_listed(run.categories_override),
        regions_override=_listed(run.regions_override),
        cadence_override=run.cadence_override,
        failures=run.failures,
        steps={name: StepOut(**step) for name, step in report["steps"].items()},
        usage=usage,
        tokens=sum(one.input_tokens + one.output_tokens for one in usage),
        usd=None if None in prices else sum(price or 0.0 for price in prices),
        sources=[SourceReportOut(**one) for one in report["sources"]],
        left_out=[LeftOutOut(**one) for one in report["left_out"]],
        **{name: report[name] for name in _OF_ISSUE},
    )


_OF_ISSUE = ("issue_id", "issue_status", "subject", "writer", "notes", "deliveries", "gate")


def queued_run(caller: Reach, run: Run, response: Response) -> RunBrief:
    """Return a run that was just queued, and say where it is found."""
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return run_briefs(caller, [run])[0]


def _values(run: Run, outcome: str) -> dict[str, Any]:
    error = None if run.status in _NO_ERROR else run.reason
    return {
        "id": run.id,
        "workspace_id": run.workspace_id,
        "specification_id": run.specification_id,
        "schedule_id": run.schedule_id,
        "status": run.status,
        "outcome": outcome,
        "trigger": run.trigger,
        "error": error,
        "error_id": run.id if run.status is RunStatus.FAILED else None,
        "scheduled_for": run.scheduled_for,
        "timezone": run.zone,
        "window": WindowOut(from_=run.window.start, to=run.window.end),
        "due_at": run.due_at,
        "attempt": run.attempt,
        "created_by": run.created_by,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
