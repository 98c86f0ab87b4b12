"""schedules: see, make, switch, delete, run and preview what fires when."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from autopilot.cli import output, schedule_making
from autopilot.cli.generate import finish, watched
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Out, Workspace
from autopilot.cli.schedule_view import show_changed

app = typer.Typer(help="See and change when issues are made.", no_args_is_help=True)
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A schedule's name, or the first digits of its id.")
]


@app.command("list")
def list_(
    spec: Annotated[
        str | None, typer.Option("--spec", metavar="SPEC", help="Only this specification's.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """List the schedules in the order of their next slot."""
    from autopilot.cli.schedule_view import schedule_values
    from autopilot.service.lookup import specification_named, workspace_named
    from autopilot.service.schedules import get_autopilot_schedules
    from autopilot.service.status import specification_slugs

    with opened() as opened_app:
        chosen = spec and specification_named(opened_app, spec, workspace=workspace)
        inside = None if workspace is None else workspace_named(opened_app, workspace).id
        found = get_autopilot_schedules(
            workspace_id=inside, specification_id=chosen.id if chosen else None, app=opened_app
        )
        slugs = specification_slugs(opened_app)
        values = [schedule_values(item, slugs[item.specification_id]) for item in found]
    if as_json:
        output.show_json({"schedules": values})
        return
    if not values:
        output.say("No schedule yet.")
        output.next_steps(f"autopilot schedules create {spec or 'SPEC'} --weekly mon@09:00")
        return
    rows = [
        (
            item["id"][:8],
            item["name"],
            item["specification"],
            item["status"],
            output.when(schedule.next_run_at, schedule.timezone) if schedule.next_run_at else "-",
            item["last_run"]["status"] or "-",
        )
        for schedule, item in zip(found, values, strict=True)
    ]
    output.show_table(("Id", "Name", "Of", "State", "Next slot", "Last"), rows, whole=("Id",))
    output.next_steps(f"autopilot schedules show {values[0]['id'][:8]}")


@app.command()
def show(name: Name, workspace: Workspace = None, as_json: Json = False) -> None:
    """Show a schedule: its rule in words, next slots and last runs."""
    from autopilot.cli.schedule_view import detail_values, show_schedule
    from autopilot.service.lookup import schedule_named
    from autopilot.service.report import run_summary
    from autopilot.service.schedules import get_schedule_detail
    from autopilot.service.status import specification_slugs

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        detail = get_schedule_detail(found.id, app=opened_app)
        slug = specification_slugs(opened_app)[found.specification_id]
    history = [run_summary(run) for run in detail.runs]
    if as_json:
        output.show_json(detail_values(detail, slug) | {"history": history})
        return
    show_schedule(detail, slug)
    if history:
        from autopilot.cli.runs import show_runs

        show_runs(history)
    output.next_steps(
        f"autopilot schedules run {str(found.id)[:8]}   # an issue now, by its settings"
    )


app.command("create")(schedule_making.create)
app.command("preview")(schedule_making.preview)


@app.command()
def enable(name: Name, workspace: Workspace = None, as_json: Json = False) -> None:
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


@app.command()
def disable(
    name: Name,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for who finds it.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Switch a schedule off until it is enabled again."""
    from autopilot.service.lookup import schedule_named
    from autopilot.service.schedules import disable_schedule
    from autopilot.service.status import specification_slugs

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        disable_schedule(found.id, reason=reason, actor=actor(), app=opened_app)
        slug = specification_slugs(opened_app)[found.specification_id]
        show_changed(opened_app, found.id, slug, "Off", as_json=as_json)
    if not as_json:
        output.next_steps(f"autopilot schedules enable {shlex.quote(name)}")


@app.command()
def delete(
    name: Name,
    hard: Annotated[
        bool, typer.Option("--hard", help="Remove the row too, not only cancel it.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Delete a schedule; its runs and issues stay."""
    from autopilot.service.lookup import schedule_named
    from autopilot.service.schedules import delete_schedule

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        delete_schedule(found.id, hard, actor=actor(), app=opened_app)
    if as_json:
        output.show_json({"deleted": str(found.id), "name": found.name, "hard": hard})
        return
    output.say(f"{'Removed' if hard else 'Cancelled'}: {found.name}. Its runs and issues stay.")
    output.next_steps("autopilot schedules list")


@app.command()
def run(name: Name, out: Out = None, workspace: Workspace = None, as_json: Json = False) -> None:
    """Make an issue now as this schedule would; its slots stay as they are."""
    from autopilot.cli.issue_files import ready_folder
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
