"""/api/v1/schedules: when issues are made; keys as in a configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from autopilot.domain.access import Right
from autopilot.domain.schedule import ScheduleStatus
from autopilot.errors import Conflict
from autopilot.http.api.answers import IfMatch, page_of, version_of
from autopilot.http.api.caller import Caller
from autopilot.http.api.inside import Inside, SearchText
from autopilot.http.api.paging import Cursor, Limit, Page, place_of
from autopilot.http.api.run_models import RunBrief, RunsOut, queued_run, run_briefs
from autopilot.http.api.schedule_models import (
    BACKFILL_EXAMPLE,
    CHANGE_EXAMPLE,
    EXAMPLE,
    BackfillIn,
    DeedOut,
    PauseIn,
    ScheduleBrief,
    ScheduleChange,
    ScheduleIn,
    ScheduleOut,
    SkipIn,
    schedule_brief,
    schedule_out,
)
from autopilot.service import running, schedule_overview, schedules, skipping
from autopilot.service.editing import EDITABLE, update_schedule
from autopilot.service.listing import runs_page, schedules_page

if TYPE_CHECKING:
    from autopilot.domain.schedule import Schedule
    from autopilot.service.access.reach import Reach

router = APIRouter(prefix="/schedules", tags=["schedules"])


@router.get("", summary="List schedules")
def list_schedules(
    caller: Caller,
    workspace_id: Inside = None,
    specification_id: UUID | None = None,
    status: ScheduleStatus | None = None,
    enabled: Annotated[bool | None, Query(description="Only those that are on, or off.")] = None,
    owner: Annotated[
        str | None,
        Query(max_length=255, description="Who created it: an address or a token's name."),
    ] = None,
    text: SearchText = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ScheduleBrief]:
    """List schedules in the order of their next slot, then those that are off, by name.

    Cancelled ones are listed with `status=cancelled` only. `text` is looked for in names.
    """
    found = schedules_page(
        caller,
        workspace_id=workspace_id,
        specification_id=specification_id,
        status=status,
        enabled=enabled,
        owner=owner,
        text=text,
        after=place_of(cursor, parts=3),
        limit=limit,
    )
    return page_of(found, schedule_brief)


@router.post("", status_code=201, summary="Create a schedule")
def create_schedule(
    caller: Caller,
    response: Response,
    wanted: Annotated[
        ScheduleIn,
        Body(openapi_examples={"weekly": {"summary": "Every Monday at nine", "value": EXAMPLE}}),
    ],
) -> ScheduleOut:
    """Create a schedule. Its first slot lies after now; `timezone` is the workspace's if left out.

    With `enabled: false` it is a draft that makes nothing until it is resumed.
    """
    specification = caller.specification(wanted.specification_id, Right.EDIT)
    made = schedules.create_autopilot_schedule(
        specification.id,
        specification.workspace_id,
        caller.actor,
        wanted.name,
        wanted.type,
        wanted.config,
        timezone=wanted.timezone,
        categories_override=wanted.categories_override,
        regions_override=wanted.regions_override,
        cadence_override=wanted.cadence_override,
        enabled=wanted.enabled,
        notes=wanted.notes,
        policies=wanted.given_policies,
        app=caller.app,
    )
    response.headers["Location"] = f"/api/v1/schedules/{made.id}"
    return _shown(caller, made.id, response)


@router.get("/{schedule_id}", summary="Show a schedule")
def get_schedule(caller: Caller, schedule_id: UUID, response: Response) -> ScheduleOut:
    """Show a schedule with its rule in words, its warnings and its next five slots."""
    return _shown(caller, caller.schedule(schedule_id).id, response)


@router.patch("/{schedule_id}", summary="Edit a schedule")
def edit_schedule(
    caller: Caller,
    schedule_id: UUID,
    response: Response,
    change: Annotated[
        ScheduleChange,
        Body(openapi_examples={"later": {"summary": "An hour later", "value": CHANGE_EXAMPLE}}),
    ],
    if_match: IfMatch = None,
) -> ScheduleOut:
    """Change some keys; the others stay. New timing counts strictly after now.

    `null` takes a policy, an override or the notes away. With `version`, or `If-Match`, the edit is
    refused (409) when somebody else edited that version meanwhile.
    """
    seen = caller.schedule(schedule_id, Right.EDIT)
    given = change.model_dump(mode="json", exclude_unset=True, exclude={"version"})
    edited = update_schedule(
        seen.id,
        {key: value for key, value in given.items() if key in EDITABLE},
        policies={key: value for key, value in given.items() if key not in EDITABLE},
        actor=caller.actor,
        version=version_of(if_match, change.version),
        app=caller.app,
    )
    return _shown(caller, edited.id, response)


@router.delete("/{schedule_id}", status_code=204, summary="Cancel a schedule")
def delete_schedule(
    caller: Caller,
    schedule_id: UUID,
    hard: Annotated[bool, Query(description="Remove its row too; it is then unknown.")] = False,
    if_match: IfMatch = None,
) -> None:
    """Cancel a schedule for good. Its runs and issues stay."""
    seen = caller.schedule(schedule_id, Right.EDIT)
    _refuse_stale(seen, version_of(if_match))
    schedules.delete_schedule(seen.id, hard, actor=caller.actor, app=caller.app)


@router.post("/{schedule_id}/pause", summary="Pause a schedule")
def pause_schedule(
    caller: Caller, schedule_id: UUID, response: Response, pause: PauseIn | None = None
) -> ScheduleOut:
    """Switch a schedule off until it is resumed, with a reason for whoever finds it."""
    seen = caller.schedule(schedule_id, Right.EDIT)
    reason = None if pause is None else pause.reason or None
    schedules.disable_schedule(seen.id, reason=reason, actor=caller.actor, app=caller.app)
    return _shown(caller, seen.id, response)


@router.post("/{schedule_id}/resume", summary="Resume a schedule")
def resume_schedule(caller: Caller, schedule_id: UUID, response: Response) -> ScheduleOut:
    """Switch a schedule on, from its next slot after now; what it missed is not made up for."""
    seen = caller.schedule(schedule_id, Right.EDIT)
    schedules.enable_schedule(seen.id, actor=caller.actor, app=caller.app)
    return _shown(caller, seen.id, response)


@router.post("/{schedule_id}/run", status_code=202, summary="Run a schedule now")
def run_schedule(caller: Caller, schedule_id: UUID, response: Response) -> RunBrief:
    """Queue an issue as this schedule would make it now; a worker makes it. No slot moves.

    The issue is a draft: it goes to readers only where somebody approves it.
    """
    seen = caller.schedule(schedule_id, Right.EDIT)
    run = running.run_now(caller.app, seen.id, actor=caller.actor)
    return queued_run(caller, run, response)


@router.post("/{schedule_id}/test", status_code=202, summary="Test a schedule")
def test_schedule(caller: Caller, schedule_id: UUID, response: Response) -> RunBrief:
    """Queue a test run: its issue is made and delivered to nobody. No slot moves."""
    seen = caller.schedule(schedule_id, Right.EDIT)
    run = running.queue_test(caller.app, seen.id, actor=caller.actor)
    return queued_run(caller, run, response)


@router.post("/{schedule_id}/backfill", status_code=202, summary="Backfill drafts")
def backfill_schedule(
    caller: Caller,
    schedule_id: UUID,
    span: Annotated[
        BackfillIn,
        Body(openapi_examples={"month": {"summary": "A month", "value": BACKFILL_EXAMPLE}}),
    ],
) -> RunsOut:
    """Queue a draft for each slot after `from` and up to `to` (now if left out), 100 at most.

    Drafts are never sent by themselves and count nowhere. Slots that are due come first.
    """
    seen = caller.schedule(schedule_id, Right.EDIT)
    end = span.to or caller.app.clock()
    drafts = running.queue_backfill(caller.app, seen.id, span.from_, end, actor=caller.actor)
    return RunsOut(items=run_briefs(caller, drafts))


@router.post("/{schedule_id}/skip-next", summary="Skip the next slot")
def skip_next_slot(
    caller: Caller, schedule_id: UUID, skip: SkipIn | None = None, if_match: IfMatch = None
) -> RunBrief:
    """Let the next slot be a skipped run that says who skipped it; the slot after it is the next."""
    seen = caller.schedule(schedule_id, Right.EDIT)
    version = version_of(if_match, None if skip is None else skip.version)
    run = skipping.skip_next(caller.app, seen.id, actor=caller.actor, version=version)
    return run_briefs(caller, [run])[0]


@router.get("/{schedule_id}/history", summary="List what became of its slots")
def list_schedule_history(
    caller: Caller, schedule_id: UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[RunBrief]:
    """List a schedule's runs, the newest first: of its slots, and those that people asked for."""
    found = runs_page(caller, schedule_id=schedule_id, after=place_of(cursor, parts=2), limit=limit)
    briefs = {it.id: it for it in run_briefs(caller, found.items)}
    return page_of(found, lambda run: briefs[run.id])


@router.get("/{schedule_id}/audit", summary="List what people did with it")
def list_schedule_audit(caller: Caller, schedule_id: UUID) -> Page[DeedOut]:
    """List who changed this schedule, the latest first."""
    seen = caller.schedule(schedule_id)
    deeds = schedule_overview.deeds_on(caller, seen.id)
    return Page(
        items=[
            DeedOut(at=it.at, actor=it.actor, action=it.action, detail=dict(it.detail))
            for it in deeds
        ]
    )


def _shown(caller: Reach, schedule_id: UUID, response: Response) -> ScheduleOut:
    detail = schedules.get_schedule_detail(schedule_id, history=0, app=caller.app)
    response.headers["ETag"] = f'"{detail.schedule.version}"'
    return schedule_out(detail)


def _refuse_stale(seen: Schedule, version: int | None) -> None:
    if version is not None and version != seen.version:
        raise Conflict(
            f"Schedule {seen.name!r} was changed by somebody else meanwhile.",
            hint="Look at it again and repeat your change.",
        )
