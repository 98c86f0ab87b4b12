"""runs: what was made when, and everything about one of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Out, Workspace

if TYPE_CHECKING:
    from autopilot.domain.run import Run
    from autopilot.service.context import App

MOST_RUNS = 1_000
app = typer.Typer(help="See what was made, and why.", no_args_is_help=True)


Which = Annotated[str, typer.Argument(metavar="RUN", help='The first digits of its id, or "last".')]


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
    from autopilot.service.outcome import outcomes_of
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
            outcomes = outcomes_of(connection, found)
        slugs = specification_slugs(opened_app)
    values = [
        run_summary(run)
        | {"specification": slugs.get(run.specification_id), "outcome": outcomes[run.id]}
        for run in found
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
    run: Which,
    steps: Annotated[
        bool, typer.Option("--steps", help="Only how it went: steps, attempts, deaths, failures.")
    ] = False,
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
        if steps:
            _show_steps(opened_app, found, as_json=as_json)
            return
        ready_folder(out)
        report = report_with_files(opened_app, found, out)
        slug = specification_slugs(opened_app).get(found.specification_id, "unknown")
    if as_json:
        output.show_json(report | {"specification": slug})
        return
    run_view.show_outcome(report)
    run_view.show_header(report, slug)
    run_view.show_making(report)
    run_view.show_deliveries(report)
    run_view.show_steps(report)
    run_view.show_sources(report)
    run_view.show_stories(report, reasons=True)
    run_view.show_left_out(report)
    if report["html_path"]:
        output.say(f"Page: {report['html_path']}")
        output.say(f"Text: {report['text_path']}")
    output.next_steps(f"autopilot runs list --spec {slug}")


@app.command()
def retry(run: Which, as_json: Json = False) -> None:
    """Queue a failed run again; steps it finished are not repeated."""
    from autopilot.errors import Conflict
    from autopilot.service.lookup import run_named
    from autopilot.service.runs import retry_run

    with opened() as opened_app:
        found = run_named(opened_app, run)
        if found.status != "failed":
            raise Conflict(
                f"Run {found.id} is {found.status}; only a failed run can be tried again.",
                hint=f"See: autopilot runs show {str(found.id)[:8]}",
            )
        queued = retry_run(found.id, actor=actor(), app=opened_app)
        _show_moved(opened_app, queued, "Queued again", as_json=as_json)
    if not as_json:
        output.next_steps("autopilot tick   # or leave it to a worker: autopilot status")


@app.command()
def cancel(
    run: Which,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for who finds it.")] = None,
    as_json: Json = False,
) -> None:
    """Call a queued or running run off; its worker stops at its next write, without an issue."""
    from autopilot.service.lookup import run_named
    from autopilot.service.runs import cancel_run

    with opened() as opened_app:
        found = run_named(opened_app, run)
        told = (reason or "").strip() or f"cancelled by {actor()}"
        cancelled = cancel_run(found.id, told, actor=actor(), app=opened_app)
        _show_moved(opened_app, cancelled, "Cancelled", as_json=as_json)
    if not as_json:
        output.next_steps("autopilot runs list")


def _show_moved(opened_app: App, moved: Run, word: str, *, as_json: bool) -> None:
    from autopilot.service.report import run_summary
    from autopilot.service.status import specification_slugs

    slug = specification_slugs(opened_app).get(moved.specification_id, "unknown")
    if as_json:
        output.show_json(run_summary(moved) | {"specification": slug})
        return
    told = f"{word}: run {str(moved.id)[:8]} of {slug}"
    if moved.scheduled_for is not None:
        told += f", slot {output.when(moved.scheduled_for, moved.zone)}"
    output.say(told + (f": {moved.reason}" if moved.reason else ""), style="bold")


def _show_steps(opened_app: App, found: Run, *, as_json: bool) -> None:
    from autopilot.cli import step_view
    from autopilot.service.status import specification_slugs
    from autopilot.store.steps import list_steps

    with opened_app.database.read() as connection:
        finished = list_steps(connection, found.id)
    slug = specification_slugs(opened_app).get(found.specification_id, "unknown")
    if as_json:
        output.show_json(step_view.effort_values(found, finished) | {"specification": slug})
        return
    step_view.show_effort(found, finished, slug)
    following = "retry" if found.status == "failed" else "show"
    output.next_steps(f"autopilot runs {following} {str(found.id)[:8]}")


def show_history(values: Iterable[dict[str, Any]]) -> None:
    """Print the runs of one schedule as a table: of which slot, how they ended and why."""
    from autopilot.cli.run_view import local

    rows = [
        (
            item["run_id"][:8],
            local(item["scheduled_for"], item["timezone"]) if item["scheduled_for"] else "no slot",
            item["status"],
            item["error"] or ("asked for by a person" if item["trigger"] == "manual" else ""),
        )
        for item in values
    ]
    output.show_table(("Run", "Slot", "Status", "Why"), rows, whole=("Run", "Status"))


def show_runs(values: Iterable[dict[str, Any]]) -> None:
    """Print runs as a table: of what, for when, how they ended and why."""
    from autopilot.cli.run_view import local

    rows = [
        (
            item["run_id"][:8],
            item.get("specification") or item["trigger"],
            local(item["scheduled_for"] or item["created_at"], item["timezone"]),
            item.get("outcome", item["status"]).replace("_", " "),
            item["error"] or ("asked for by a person" if item["trigger"] == "manual" else ""),
        )
        for item in values
    ]
    output.show_table(("Run", "Of", "For", "Status", "Why"), rows, whole=("Run", "Status"))
