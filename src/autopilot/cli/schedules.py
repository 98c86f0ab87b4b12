"""schedules: list, show and delete what fires when; the other verbs are in the modules beside."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from autopilot.cli import output, schedule_acting, schedule_making, schedule_preview
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace
from autopilot.cli.schedule_acting import Name

MOST_RUNS = 1_000
app = typer.Typer(help="See and change when issues are made.", no_args_is_help=True)


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
app.command("update")(schedule_making.update)
app.command("preview")(schedule_preview.preview)
for word, verb in (
    ("pause", schedule_acting.pause),
    ("resume", schedule_acting.resume),
    ("disable", schedule_acting.pause),
    ("enable", schedule_acting.resume),
    ("run", schedule_acting.run),
    ("test", schedule_acting.try_out),
    ("backfill", schedule_acting.backfill),
):
    app.command(word)(verb)


@app.command()
def history(
    name: Name,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=MOST_RUNS, help="How many, newest first.")
    ] = 20,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """List what became of a schedule's slots, newest first, each with its reason."""
    from autopilot.cli.runs import show_history
    from autopilot.service.lookup import schedule_named
    from autopilot.service.report import run_summary
    from autopilot.store.runs import list_runs

    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        with opened_app.database.read() as connection:
            made = list_runs(connection, schedule_id=found.id, limit=limit)
    values = [run_summary(run) for run in made]
    if as_json:
        output.show_json({"schedule": found.name, "schedule_id": str(found.id), "runs": values})
    elif not values:
        output.say("No run yet.")
        output.next_steps(f"autopilot schedules preview {shlex.quote(name)}")
    else:
        show_history(values)
        output.next_steps(f"autopilot runs show {values[0]['run_id'][:8]}")


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
