"""runs: what was made when, and everything about one of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import typer

from autopilot.cli import output
from autopilot.cli.opening import opened
from autopilot.cli.options import Json, Out, Workspace

MOST_RUNS = 1_000
app = typer.Typer(help="See what was made, and why.", no_args_is_help=True)


class Ended(StrEnum):
    """The statuses a run can have."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@app.command("list")
def list_(
    spec: Annotated[
        str | None, typer.Option("--spec", metavar="SPEC", help="Only of this specification.")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option("--schedule", metavar="NAME", help="Only of this schedule.")
    ] = None,
    status: Annotated[Ended | None, typer.Option("--status", help="Only with this status.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=MOST_RUNS, help="How many, newest first.")
    ] = 20,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """List runs, newest first."""
    from autopilot.domain.run import RunStatus
    from autopilot.service.lookup import schedule_named, specification_named, workspace_named
    from autopilot.service.report import run_summary
    from autopilot.service.status import specification_slugs
    from autopilot.store.runs import list_runs

    with opened() as opened_app:
        chosen = spec and specification_named(opened_app, spec, workspace=workspace)
        owner = schedule and schedule_named(opened_app, schedule, workspace=workspace)
        inside = None if workspace is None else workspace_named(opened_app, workspace).id
        with opened_app.database.read() as connection:
            found = list_runs(
                connection,
                workspace_id=inside,
                specification_id=chosen.id if chosen else None,
                schedule_id=owner.id if owner else None,
                status=None if status is None else RunStatus(status.value),
                limit=limit,
            )
        slugs = specification_slugs(opened_app)
    values = [
        run_summary(run) | {"specification": slugs.get(run.specification_id)} for run in found
    ]
    if as_json:
        output.show_json({"runs": values})
    elif not values:
        output.say("No run yet.")
        output.next_steps(f"autopilot generate {spec or 'SPEC'}")
    else:
        show_runs(values)
        output.next_steps(f"autopilot runs show {values[0]['run_id'][:8]}")


@app.command()
def show(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help='The first digits of its id, or "last".')
    ],
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Show a run: steps, sources, stories, what was left out, each with its reason."""
    from autopilot.cli import run_view
    from autopilot.cli.issue_files import ready_folder, report_with_files
    from autopilot.service.lookup import run_named
    from autopilot.service.status import specification_slugs

    with opened() as opened_app:
        found = run_named(opened_app, run)
        ready_folder(out)
        report = report_with_files(opened_app, found, out)
        slug = specification_slugs(opened_app).get(found.specification_id, "unknown")
    if as_json:
        output.show_json(report | {"specification": slug})
        return
    run_view.show_outcome(report)
    run_view.show_header(report, slug)
    run_view.show_steps(report)
    run_view.show_sources(report)
    run_view.show_stories(report, reasons=True)
    run_view.show_left_out(report)
    if report["html_path"]:
        output.say(f"Page: {report['html_path']}")
        output.say(f"Text: {report['text_path']}")
    output.next_steps(f"autopilot runs list --spec {slug}")


def show_runs(values: Iterable[dict[str, Any]]) -> None:
    """Print runs as a table: of what, for when, how they ended and why."""
    from autopilot.cli.run_view import local

    rows = [
        (
            item["run_id"][:8],
            item.get("specification") or item["trigger"],
            local(item["scheduled_for"] or item["created_at"], item["timezone"]),
            item["status"],
            item["error"] or ("asked for by a person" if item["trigger"] == "manual" else ""),
        )
        for item in values
    ]
    output.show_table(("Run", "Of", "For", "Status", "Why"), rows, whole=("Run", "Status"))
