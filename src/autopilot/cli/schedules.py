"""schedules: see, make, switch, delete, run and preview what fires when."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import output, rule_options
from autopilot.cli.generate import finish, watched
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Out, Workspace, listed
from autopilot.cli.rule_options import Config, CronLine, Daily, Monthly, Timezone, Type, Weekly

if TYPE_CHECKING:
    from uuid import UUID

    from autopilot.service.context import App

SLOTS_SHOWN = 3
MOST_SLOTS = 1_000
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


@app.command()
def create(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A specification's slug.")],
    daily: Daily = None,
    weekly: Weekly = None,
    monthly: Monthly = None,
    cron: CronLine = None,
    config: Config = None,
    kind: Type = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Its name (default: the rule in words).")
    ] = None,
    timezone: Timezone = None,
    categories: Annotated[
        str | None, typer.Option("--categories", metavar="IDS", help="Only these categories: a,b.")
    ] = None,
    regions: Annotated[
        str | None, typer.Option("--regions", metavar="IDS", help="Only these regions: DE,FR.")
    ] = None,
    cadence: Annotated[
        str | None, typer.Option("--cadence", help="Window: daily, weekly or monthly.")
    ] = None,
    notes: Annotated[
        str | None, typer.Option("--notes", help="A note for whoever finds it.")
    ] = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Create it switched off.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Create a schedule and show its next three slots."""
    from autopilot.service.lookup import specification_named
    from autopilot.service.schedules import create_autopilot_schedule
    from autopilot.service.status import workspace_of

    wanted = rule_options.read_options(
        daily=daily, weekly=weekly, monthly=monthly, cron=cron, config=config, kind=kind
    )
    if wanted is None:
        raise rule_options.refused(
            ", ".join(rule_options.EXAMPLES),
            "one of these is needed: it says when",
            "--daily 08:00 or --weekly mon,thu@09:00",
        )
    with opened() as opened_app:
        row = specification_named(opened_app, spec, workspace=workspace)
        zone = timezone or workspace_of(opened_app, row.workspace_id).timezone
        rule = wanted.rule(zone)
        schedule = create_autopilot_schedule(
            row.id,
            row.workspace_id,
            actor(),
            name if name is not None else _default_name(rule),
            wanted.type,
            wanted.config,
            timezone=zone,
            categories_override=listed(categories),
            regions_override=listed(regions),
            cadence_override=cadence,
            enabled=not disabled,
            notes=notes,
            app=opened_app,
        )
        _show(opened_app, schedule.id, row.slug, "Created", as_json=as_json)
    if not as_json:
        output.next_steps("autopilot up   # fires it at its slots", "autopilot status")


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
        _show(opened_app, found.id, slug, "On", as_json=as_json)
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
        _show(opened_app, found.id, slug, "Off", as_json=as_json)
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


@app.command()
def preview(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A stored schedule; or give a rule.")
    ] = None,
    daily: Daily = None,
    weekly: Weekly = None,
    monthly: Monthly = None,
    cron: CronLine = None,
    config: Config = None,
    kind: Type = None,
    timezone: Timezone = None,
    count: Annotated[
        int, typer.Option("--count", "-n", min=1, max=MOST_SLOTS, help="How many slots.")
    ] = 10,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show the next slots of a schedule, or of a rule that is not stored."""
    from autopilot.cli.schedule_view import show_slots, slot_values
    from autopilot.domain.recurrence.describe import describe, warnings
    from autopilot.service.schedules import preview as following
    from autopilot.wiring import now

    wanted = rule_options.read_options(
        daily=daily, weekly=weekly, monthly=monthly, cron=cron, config=config, kind=kind
    )
    if (wanted is None) == (name is None):
        raise rule_options.refused(
            "NAME", "give a schedule's name or a rule, one of them", "--weekly mon@09:00"
        )
    if wanted is not None:
        rule = wanted.rule(timezone or _workspace_zone(workspace))
    else:
        rule = _stored_rule(str(name), workspace)
    slots = list(following(rule, now(), count))
    if as_json:
        output.show_json(
            {
                "description": describe(rule),
                "warnings": list(warnings(rule)),
                "next": [slot_values(slot) for slot in slots],
            }
        )
        return
    output.say(f"{describe(rule)}.")
    output.warn(warnings(rule))
    show_slots(slots)
    if name is None:
        output.next_steps("autopilot schedules create SPEC with the same options")
    else:
        output.next_steps(f"autopilot schedules show {shlex.quote(name)}")


def _show(app: App, schedule_id: UUID, slug: str, word: str, *, as_json: bool) -> None:
    from autopilot.cli.schedule_view import detail_values, show_schedule
    from autopilot.service.schedules import get_schedule_detail

    detail = get_schedule_detail(schedule_id, slots=SLOTS_SHOWN, app=app)
    if as_json:
        output.show_json(detail_values(detail, slug))
        return
    output.say(f"{word}:", style="bold green")
    show_schedule(detail, slug)


def _default_name(rule: Any) -> str:
    """The rule in words without its zone, such as "Every Monday at 09:00"."""
    from autopilot.domain.recurrence.describe import describe

    return describe(rule).rpartition(",")[0][:200]


def _stored_rule(name: str, workspace: str | None) -> Any:
    from autopilot.service.lookup import schedule_named

    with opened() as opened_app:
        return schedule_named(opened_app, name, workspace=workspace).rule


def _workspace_zone(workspace: str | None) -> str:
    """The zone of the workspace named, or of the only one; UTC where there is none to take."""
    from autopilot.errors import Conflict, NotFound
    from autopilot.service.lookup import workspace_named

    try:
        with opened() as opened_app:
            return workspace_named(opened_app, workspace).timezone
    except (NotFound, Conflict):
        if workspace is not None:
            raise
        return "UTC"
