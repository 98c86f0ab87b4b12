"""schedules create and update: from what somebody types to a schedule with its next slots."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import output, rule_options
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace, listed
from autopilot.cli.policy_options import NoPolicy, Policy, read_policies
from autopilot.cli.rule_options import Config, CronLine, Daily, Monthly, Timezone, Type, Weekly
from autopilot.cli.schedule_view import show_changed

if TYPE_CHECKING:
    from autopilot.cli.rule_options import Wanted
    from autopilot.domain.recurrence.rules import Rule
    from autopilot.domain.schedule import Schedule

Categories = Annotated[
    str | None, typer.Option("--categories", metavar="IDS", help="Only these categories: a,b.")
]
Regions = Annotated[
    str | None, typer.Option("--regions", metavar="IDS", help="Only these regions: DE,FR.")
]
Cadence = Annotated[str | None, typer.Option("--cadence", help="Window: daily, weekly or monthly.")]
Notes = Annotated[str | None, typer.Option("--notes", help="A note for whoever finds it.")]


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
    policy: Policy = None,
    categories: Categories = None,
    regions: Regions = None,
    cadence: Cadence = None,
    notes: Notes = None,
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
    policies = read_policies(policy, ())
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
            policies=policies,
            app=opened_app,
        )
        show_changed(opened_app, schedule.id, row.slug, "Created", as_json=as_json)
    if not as_json:
        _tell_next(schedule)


def update(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A schedule's name, or the first digits of its id."),
    ],
    daily: Daily = None,
    weekly: Weekly = None,
    monthly: Monthly = None,
    cron: CronLine = None,
    config: Config = None,
    kind: Type = None,
    new_name: Annotated[str | None, typer.Option("--name", help="Its new name.")] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Whose clock.")
    ] = None,
    policy: Policy = None,
    no_policy: NoPolicy = None,
    categories: Categories = None,
    regions: Regions = None,
    cadence: Cadence = None,
    notes: Notes = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Change a schedule; what is not named stays. A new timing counts strictly after now.

    An empty text takes notes, categories, regions or cadence away.
    """
    from autopilot.service.editing import update_schedule
    from autopilot.service.lookup import schedule_named
    from autopilot.service.status import specification_slugs

    wanted = rule_options.read_options(
        daily=daily, weekly=weekly, monthly=monthly, cron=cron, config=config, kind=kind
    )
    policies = read_policies(policy, no_policy)
    changes = _changes(wanted, new_name, timezone) | {
        key: value or None
        for key, value in (
            ("categories_override", _tupled(categories)),
            ("regions_override", _tupled(regions)),
            ("cadence_override", cadence),
            ("notes", notes),
        )
        if value is not None
    }
    if not changes and not policies:
        raise rule_options.refused(
            "NAME", "say what is to change", "--weekly mon@08:00 or --policy retries=5"
        )
    with opened() as opened_app:
        found = schedule_named(opened_app, name, workspace=workspace)
        if wanted is not None:
            wanted.rule(timezone or found.timezone)  # refused in the words that were typed
        edited = update_schedule(
            found.id,
            changes,
            policies=policies,
            actor=actor(),
            version=found.version,
            app=opened_app,
        )
        slug = specification_slugs(opened_app)[found.specification_id]
        show_changed(opened_app, found.id, slug, "Changed", as_json=as_json)
    if not as_json:
        _tell_next(edited)


def _changes(wanted: Wanted | None, name: str | None, timezone: str | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if wanted is not None:
        changes |= {"type": wanted.type, "config": wanted.config}
    if name is not None:
        changes["name"] = name.strip()
    if timezone is not None:
        changes["timezone"] = timezone
    return changes


def _tupled(text: str | None) -> tuple[str, ...] | None:
    parts = listed(text)
    return None if parts is None else tuple(parts)


def _default_name(rule: Rule) -> str:
    """The rule in words without its zone, such as "Every Monday at 09:00"."""
    from autopilot.domain.recurrence.describe import describe

    return describe(rule).rpartition(",")[0][:200]


def _tell_next(schedule: Schedule) -> None:
    if schedule.enabled:
        output.next_steps("autopilot up   # fires it at its slots", "autopilot status")
        return
    name = shlex.quote(schedule.name)
    output.next_steps(f"autopilot schedules resume {name}   # it is off; this switches it on")
