"""/api/v1/runs: what was made when, what it took, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import Field

from autopilot.domain.access import Right
from autopilot.domain.document import Identifier
from autopilot.domain.run import RunStatus, Trigger
from autopilot.domain.specification import Cadence
from autopilot.http.api.answers import Given, Instant, Reason, page_of
from autopilot.http.api.caller import Caller
from autopilot.http.api.inside import Inside
from autopilot.http.api.paging import Cursor, Limit, Page, place_of
from autopilot.http.api.run_models import RunBrief, RunOut, queued_run, run_briefs, run_out
from autopilot.service import runs as acts
from autopilot.service.listing import runs_page
from autopilot.service.running import queue_issue

router = APIRouter(prefix="/runs", tags=["runs"])
EXAMPLE: dict[str, Any] = {
    "specification_id": "6f2a1f2e-0c1b-4f0e-9a55-0d3c0b7f1a11",
    "from": "2026-11-16T00:00:00Z",
    "to": "2026-11-23T00:00:00Z",
    "categories_override": ["grid"],
}


class RunIn(Given):
    """An issue to make now. Without a window it is one cadence ending now."""

    specification_id: UUID
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None
    categories_override: list[Identifier] | None = Field(default=None, max_length=50)
    regions_override: list[Identifier] | None = Field(default=None, max_length=250)
    cadence_override: Cadence | None = None


class CancelIn(Given):
    """Why a run is called off."""

    reason: Reason = Field(min_length=1, examples=["The sources are being repaired"])


@router.get("", summary="List runs")
def list_runs(
    caller: Caller,
    workspace_id: Inside = None,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    status: RunStatus | None = None,
    trigger: Trigger | None = None,
    since: Annotated[Instant | None, Query(description="Made at this time or later.")] = None,
    until: Annotated[Instant | None, Query(description="Made before this time.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RunBrief]:
    """List runs, the newest first."""
    found = runs_page(
        caller,
        workspace_id=workspace_id,
        specification_id=specification_id,
        schedule_id=schedule_id,
        status=status,
        trigger=trigger,
        since=since,
        until=until,
        after=place_of(cursor, parts=2),
        limit=limit,
    )
    briefs = {it.id: it for it in run_briefs(caller, found.items)}
    return page_of(found, lambda run: briefs[run.id])


@router.post("", status_code=202, summary="Run a specification now")
def create_run(
    caller: Caller,
    response: Response,
    wanted: Annotated[
        RunIn, Body(openapi_examples={"week": {"summary": "A week", "value": EXAMPLE}})
    ],
) -> RunBrief:
    """Queue an issue of a specification; a worker makes it. The issue is a draft, sent to nobody.

    `Location` says where the run is found. `from` and `to` bound publication times, `to` excluded.
    """
    row = caller.specification(wanted.specification_id, Right.EDIT)
    run = queue_issue(
        caller.app,
        row.id,
        row.workspace_id,
        actor=caller.actor,
        start=wanted.from_,
        end=wanted.to,
        categories_override=wanted.categories_override,
        regions_override=wanted.regions_override,
        cadence_override=wanted.cadence_override,
    )
    return queued_run(caller, run, response)


@router.get("/{run_id}", summary="Show a run")
def get_run(caller: Caller, run_id: UUID) -> RunOut:
    """Show a run with its steps, sources, cost, issue and deliveries."""
    return run_out(caller, caller.run(run_id))


@router.post("/{run_id}/retry", status_code=202, summary="Retry a failed run")
def retry_run(caller: Caller, run_id: UUID, response: Response) -> RunBrief:
    """Queue a failed run again; it goes on at the step that failed."""
    seen = caller.run(run_id, Right.EDIT)
    return queued_run(caller, acts.retry_run(seen.id, actor=caller.actor, app=caller.app), response)


@router.post("/{run_id}/cancel", summary="Cancel a run")
def cancel_run(
    caller: Caller,
    run_id: UUID,
    why: Annotated[
        CancelIn | None, Body(description="Why; who called it off is kept anyway.")
    ] = None,
) -> RunBrief:
    """End a queued or running run; a worker that has it stops at its next step, without an issue."""
    seen = caller.run(run_id, Right.EDIT)
    reason = why.reason if why else f"cancelled by {caller.actor}"
    done = acts.cancel_run(seen.id, reason, actor=caller.actor, app=caller.app)
    return run_briefs(caller, [done])[0]
