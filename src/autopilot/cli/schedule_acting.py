"""schedules pause, resume, run, test and backfill: what a person does with a schedule."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import faults, output
from autopilot.cli.generate import finish, instant, watched
from autopilot.cli.issue_files import ready_folder, report_with_files
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Out, Workspace
from autopilot.cli.schedule_view import show_changed

if TYPE_CHECKING:
    from autopilot.domain.run import Run
    from autopilot.service.context import App

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A schedule's name, or the first digits of its id.")
]


def resume(name: Name, workspace: Workspace = None, as_json: Json = False) -> None:
    """Switch a schedule on, from its next slot; what it missed is not made up for."""
    from autopilot.service.lookup import schedule_named
    from autopilot.service.schedules import enable_schedule
    from autopilot.service.status import specification_slugs

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        enable_schedule(found.id, actor=actor(), app=opened_app)
        slug = specification_slugs(opened_app)[found.specification_id]
        show_changed(opened_app, found.id, slug, "On", as_json=as_json)
    if not as_json:
        output.next_steps("autopilot status")


def pause(
    name: Name,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for who finds it.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Switch a schedule off until it is resumed."""
    from autopilot.service.lookup import schedule_named
    from autopilot.service.schedules import disable_schedule
    from autopilot.service.status import specification_slugs

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        disable_schedule(found.id, reason=reason, actor=actor(), app=opened_app)
        slug = specification_slugs(opened_app)[found.specification_id]
        show_changed(opened_app, found.id, slug, "Off", as_json=as_json)
    if not as_json:
        output.next_steps(f"autopilot schedules resume {shlex.quote(name)}")


def run(name: Name, out: Out = None, workspace: Workspace = None, as_json: Json = False) -> None:
    """Make an issue now as this schedule would; its slots stay as they are."""
    from autopilot.service.generate import generate
    from autopilot.service.lookup import schedule_named

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        ready_folder(out)
        with watched(opened_app, as_json=as_json) as watching:
            made = generate(
                watching,
                found.specification_id,
                found.workspace_id,
                actor(),
                categories_override=found.categories_override,
                regions_override=found.regions_override,
                cadence_override=found.cadence_override,
            )
        following = f"autopilot schedules show {str(found.id)[:8]}"
        finish(opened_app, made, out=out, as_json=as_json, following=following)


def try_out(
    name: Name, out: Out = None, workspace: Workspace = None, as_json: Json = False
) -> None:
    """Try a schedule: make its issue now and deliver it to nobody; no slot moves."""
    from autopilot.service.lookup import schedule_named
    from autopilot.service.rehearsal import rehearse

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        ready_folder(out)
        if not as_json:
            output.say(f"This is a test of {found.name}: nobody gets it, and no slot moves.")
        with watched(opened_app, as_json=as_json) as watching:
            made = rehearse(found.id, actor=actor(), app=watching)
        following = f"autopilot schedules history {str(found.id)[:8]}"
        finish(
            opened_app,
            made,
            out=out,
            as_json=as_json,
            following=following,
            more={"test": True},
        )


def backfill(
    name: Name,
    start: Annotated[
        str, typer.Option("--from", metavar="ISO", help="Slots after this, in the schedule's zone.")
    ],
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="ISO", help="Slots up to and including this (default: now)."),
    ] = None,
    out: Out = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Make drafts for slots of the past, oldest first; they are never sent and count nowhere.

    Ends with 1 when one of them failed.
    """
    from autopilot.service.backfill import backfill as make
    from autopilot.service.lookup import schedule_named

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        begin = instant("--from", start, found.timezone)
        until = instant("--to", end, found.timezone) or opened_app.clock()
        assert begin is not None  # the option is required
        ready_folder(out)
        drafts = []
        with watched(opened_app, as_json=as_json) as watching:
            for made in make(found.id, begin, until, actor=actor(), app=watching):
                drafts.append(_draft(opened_app, made, out, as_json=as_json))
    if as_json:
        values = {"schedule": found.name, "schedule_id": str(found.id), "runs": drafts}
        output.show_json(values)
    else:
        _tell_drafts(drafts, found.name)
    if any(draft["status"] not in {"succeeded", "skipped"} for draft in drafts):
        raise typer.Exit(faults.FAILED)


def _draft(app: App, made: Run, out: Path | None, *, as_json: bool) -> dict[str, Any]:
    """Return the report of a draft that has just ended, and say how it ended."""
    report = report_with_files(app, made, out)
    if not as_json:
        slot = output.when(made.scheduled_for or made.created_at, made.zone)
        told = report["html_path"] or report["error"] or ""
        output.say(f"{slot}  {made.status.value:<9}  {told}")
    return report


def _tell_drafts(drafts: list[dict[str, Any]], name: str) -> None:
    if not drafts:
        output.say("No slot of this schedule lies in that span.")
        output.next_steps(f"autopilot schedules preview {shlex.quote(name)}")
        return
    made = sum(draft["status"] == "succeeded" for draft in drafts)
    output.say(f"Drafts: {made} of {len(drafts)} slots. They are not sent.")
    output.next_steps(f"autopilot schedules history {shlex.quote(name)}")
