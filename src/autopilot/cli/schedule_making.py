"""schedules create and preview: from the rule somebody types to its next slots."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import output, rule_options
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace, listed
from autopilot.cli.rule_options import Config, CronLine, Daily, Monthly, Timezone, Type, Weekly
from autopilot.cli.schedule_view import show_changed

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

MOST_SLOTS = 1_000


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
        show_changed(opened_app, schedule.id, row.slug, "Created", as_json=as_json)
    if not as_json:
        output.next_steps("autopilot up   # fires it at its slots", "autopilot status")


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


def _default_name(rule: Rule) -> str:
    """The rule in words without its zone, such as "Every Monday at 09:00"."""
    from autopilot.domain.recurrence.describe import describe

    return describe(rule).rpartition(",")[0][:200]


def _stored_rule(name: str, workspace: str | None) -> Rule:
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
