"""simulate: settings tried on the articles of the last weeks, before they are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import output
from autopilot.cli.opening import opened
from autopilot.cli.options import Json, Workspace

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument
    from autopilot.domain.usage import Usage
    from autopilot.service.simulating import SimulatedIssue, Simulation

KILOBYTE = 1_000
COLUMNS = ("Slot", "Articles", "Stories", "kB", "Cost")


def simulate(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A specification's slug.")],
    file: Annotated[
        str | None,
        typer.Option("--file", metavar="FILE", help="Take its settings from this YAML file."),
    ] = None,
    weeks: Annotated[
        int, typer.Option("--weeks", min=1, max=52, help="How far back, in weeks.")
    ] = 4,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show the issues that settings would have made of the stored articles. Writes nothing."""
    from autopilot.service.simulating import simulate as make

    with opened() as app:
        if file is None:
            found = make(app, spec, workspace=workspace, weeks=weeks)
        else:
            inside, document = _draft(file, spec)
            found = make(app, document, workspace=workspace or inside, weeks=weeks)
    if as_json:
        output.show_json(values(found))
        return
    _show(found)
    following = f"autopilot apply {file} --plan" if file else f"autopilot runs list --spec {spec}"
    output.next_steps(following)


def _draft(file: str, slug: str) -> tuple[str, SpecificationDocument]:
    """Return a file's workspace and one of its specifications."""
    from autopilot.cli.configuration import text_of
    from autopilot.errors import NotFound
    from autopilot.service.configuration.reading import read_document

    document = read_document(text_of(file))
    chosen = next((item for item in document.specifications if item.slug == slug), None)
    if chosen is None:
        known = ", ".join(item.slug for item in document.specifications)
        raise NotFound(
            f"The file {file} has no specification {slug!r}.",
            hint=f"It has: {known}." if known else "It has none at all.",
        )
    return document.workspace, chosen


def values(found: Simulation) -> dict[str, Any]:
    """Return a simulation as JSON for programs."""
    from autopilot.domain.instants import iso

    return {
        "specification": found.specification,
        "from": iso(found.start),
        "to": iso(found.end),
        "sent": len(found.sent),
        "unknown_sources": list(found.unknown_sources),
        "issues": [_issue_values(issue) for issue in found.issues],
    }


def _issue_values(issue: SimulatedIssue) -> dict[str, Any]:
    from autopilot.domain.instants import iso

    return {
        "schedule": issue.schedule or None,
        "slot": iso(issue.slot),
        "timezone": issue.zone,
        "window": {"from": iso(issue.window.start), "to": iso(issue.window.end)},
        "articles": issue.articles,
        "left_out": issue.left_out,
        "skipped": issue.skipped,
        "subject": issue.subject or None,
        "bytes": issue.size,
        "cost": issue.cost and _cost_values(issue.cost),
        "stories": [
            {
                "title": story.lead.title,
                "url": story.lead.url,
                "category": story.category,
                "region": story.region,
                "score": story.score,
                "reason": story.reason,
                "update_of": story.update_of,
            }
            for story in issue.stories
        ],
    }


def _cost_values(cost: Usage) -> dict[str, Any]:
    return {
        "model": cost.model,
        "input_tokens": cost.input_tokens,
        "output_tokens": cost.output_tokens,
        "usd": cost.usd,
    }


def _show(found: Simulation) -> None:
    output.warn(
        f"nothing is stored of {url}; it is left out of the simulation"
        for url in found.unknown_sources
    )
    if not found.issues:
        output.say("No slot lies in these weeks.")
        return
    zones = ", ".join(dict.fromkeys(issue.zone for issue in found.issues))
    output.show_table(
        (*COLUMNS, "Subject, or why there is none"),
        [_row(issue) for issue in found.issues],
        title=f"{found.specification}: {len(found.sent)} of {len(found.issues)} issues ({zones})",
        whole=COLUMNS,
    )


def _row(issue: SimulatedIssue) -> tuple[object, ...]:
    from autopilot.domain.recurrence.civil_time import zone_of

    cost = issue.cost
    return (
        f"{issue.slot.astimezone(zone_of(issue.zone).info):%a %d %b %H:%M}",
        issue.articles,
        len(issue.stories),
        f"{issue.size / KILOBYTE:.1f}" if issue.size else "",
        "" if cost is None else _money(cost),
        issue.skipped or issue.subject,
    )


def _money(cost: Usage) -> str:
    """What a model would usually take; tokens where its price is unknown."""
    return f"{cost.tokens:,} tokens" if cost.usd is None else f"${cost.usd:.3f}"
