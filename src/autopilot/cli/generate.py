"""generate: one issue now, shown with its reasons and the file to open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import faults, output
from autopilot.cli.issue_files import ready_folder, report_with_files
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Out, Workspace
from autopilot.errors import InputRefused, Problem

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from autopilot.domain.content import Fetched, FetchRequest
    from autopilot.domain.handover import Handover, Receipt
    from autopilot.domain.link import LinkAnswer
    from autopilot.domain.run import Run
    from autopilot.service.context import App, Outgoing
    from autopilot.store.specifications import SpecificationRow

EXIT_CODES = {"succeeded": faults.OK, "skipped": faults.SKIPPED}
EXAMPLE = "2026-11-23, 2026-11-23T09:00 or 2026-11-23T09:00+01:00"


def generate(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A specification's slug.")],
    workspace: Workspace = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="ISO", help="Window start (default: one cadence before the end)."
        ),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="ISO", help="Window end (default: now).")
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Make one issue now. It is never delivered and moves no schedule.

    Times without a zone are the workspace's; a date alone means its midnight.
    """
    from autopilot.service.generate import generate as make
    from autopilot.service.lookup import specification_named
    from autopilot.service.status import workspace_of

    with opened() as app:
        row = specification_named(app, spec, workspace=workspace)
        zone = workspace_of(app, row.workspace_id).timezone
        begin, until = instant("--from", start, zone), instant("--to", end, zone)
        ready_folder(out)
        with watched(app, as_json=as_json) as watching:
            run = make(watching, row.id, row.workspace_id, actor(), start=begin, end=until)
        finish(
            app,
            run,
            out=out,
            as_json=as_json,
            following=_after_generate(app, row),
        )


def _after_generate(app: App, row: SpecificationRow) -> str:
    """The step to automatic issues that is still missing."""
    from autopilot.service.schedules import get_autopilot_schedules
    from autopilot.service.status import read_status

    if not get_autopilot_schedules(specification_id=row.id, app=app):
        return f"autopilot schedules create {row.slug} --weekly mon@09:00"
    if read_status(app).workers:
        return "autopilot status"
    return "autopilot up   # and then at every slot"


def finish(
    app: App,
    run: Run,
    *,
    out: Path | None,
    as_json: bool,
    following: str,
    more: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Show how a run ended and leave with its exit code: 0 succeeded, 1 failed, 5 skipped.

    `more` are keys of the command's own for its JSON.
    """
    report = report_with_files(app, run, out) | dict(more)
    if as_json:
        output.show_json(report)
    else:
        _tell(report, following)
    code = EXIT_CODES.get(report["status"], faults.FAILED)
    if code:
        raise typer.Exit(code)


def instant(option: str, text: str | None, zone: str) -> datetime | None:
    """Return an ISO date or time as an aware instant; without an offset it is of the zone."""
    from autopilot.domain.instants import as_utc
    from autopilot.domain.recurrence.civil_time import zone_of

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone).info))
    except (ValueError, OverflowError) as error:
        problem = Problem(
            path=option, message=f"{text!r} is not an ISO date or time", example=EXAMPLE
        )
        raise InputRefused("The time cannot be read:", [problem]) from error


@contextmanager
def watched(app: App, *, as_json: bool) -> Iterator[App]:
    """Give the App with its fetches shown as progress, where somebody watches."""
    if as_json or not output.has_terminal():
        yield app
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Asking the sources", total=None)
        yield replace(app, outgoing=_Watched(app.outgoing, progress, task))


class _Watched:
    """An outgoing client that shows how many sources have answered."""

    def __init__(self, outgoing: Outgoing, progress: Progress, task: TaskID) -> None:
        self._outgoing = outgoing
        self._progress = progress
        self._task = task

    def fetch_all(
        self,
        requests: Sequence[FetchRequest],
        *,
        on_done: Callable[[Fetched], None] | None = None,
        within_seconds: float | None = None,
    ) -> tuple[Fetched, ...]:
        """Return one answer for each request, in their order."""
        self._progress.update(self._task, total=len(requests))

        def advance(fetched: Fetched) -> None:
            self._progress.advance(self._task)
            if on_done is not None:
                on_done(fetched)

        answers = self._outgoing.fetch_all(requests, on_done=advance, within_seconds=within_seconds)
        self._progress.update(self._task, description="Choosing and writing")
        return answers

    def ask_links(self, urls: Sequence[str], *, total_seconds: float) -> tuple[LinkAnswer, ...]:
        """Return whether each address's page is there, in their order."""
        return self._outgoing.ask_links(urls, total_seconds=total_seconds)

    def hand_over(self, handover: Handover) -> Receipt:
        """Send one request to another program, once, and return what came back."""
        return self._outgoing.hand_over(handover)


def _tell(report: dict[str, Any], following: str) -> None:
    from autopilot.cli.run_view import show_outcome, show_sources, show_stories

    show_outcome(report)
    show_sources(report, only_failed=True)
    show_stories(report)
    if report["html_path"]:
        output.say(f"Page: {report['html_path']}")
        output.say(f"Text: {report['text_path']}")
        output.next_steps(following, f"autopilot runs show {report['run_id'][:8]}   # the reasons")
    else:
        output.next_steps(f"autopilot runs show {report['run_id'][:8]}")
