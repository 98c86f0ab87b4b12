"""schedules preview: the next slots of a rule or of a stored schedule, before anything fires."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import output, rule_options
from autopilot.cli.opening import opened
from autopilot.cli.options import Json, Workspace
from autopilot.cli.rule_options import Config, CronLine, Daily, Monthly, Timezone, Type, Weekly

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

MOST_SLOTS = 1_000
BATCH_LINE = """{"type": "daily", "config": {"times": ["09:00"]}, "timezone": "UTC", "count": 3}"""


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
    batch: Annotated[
        bool, typer.Option("--batch", help="Rules from standard input, one JSON object a line.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show the next slots of a schedule, or of a rule that is not stored.

    With --batch each line of standard input is a rule as JSON, and each line of output its slots.
    """
    wanted = rule_options.read_options(
        daily=daily, weekly=weekly, monthly=monthly, cron=cron, config=config, kind=kind
    )
    if batch:
        _answer_batch(alone=wanted is None and name is None and timezone is None)
        return
    if (wanted is None) == (name is None):
        raise rule_options.refused(
            "NAME", "give a schedule's name or a rule, one of them", "--weekly mon@09:00"
        )
    if wanted is not None:
        rule = wanted.rule(timezone or _workspace_zone(workspace))
    else:
        rule = _stored_rule(str(name), workspace)
    _show(rule, count, as_json=as_json)
    if as_json:
        return
    if name is None:
        output.next_steps("autopilot schedules create SPEC with the same options")
    else:
        output.next_steps(f"autopilot schedules show {shlex.quote(name)}")


def _answer_batch(*, alone: bool) -> None:
    from autopilot.cli.preview_batch import run_batch

    if not alone:
        raise rule_options.refused(
            "--batch", "takes its rules from standard input alone, one a line", BATCH_LINE
        )
    run_batch()


def _show(rule: Rule, count: int, *, as_json: bool) -> None:
    from autopilot.cli.schedule_view import show_slots, slot_values
    from autopilot.domain.recurrence.describe import describe, warnings
    from autopilot.service.schedules import preview as following
    from autopilot.wiring import now

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
