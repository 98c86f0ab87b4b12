"""demo: a newsletter that a schedule makes, in a store of its own, and the web app that shows it."""

from __future__ import annotations

import os
import shlex
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import faults, output
from autopilot.cli.demo_store import fresh_folder
from autopilot.cli.issue_files import report_with_files
from autopilot.cli.opening import opened
from autopilot.cli.options import Json
from autopilot.cli.stopping import stop_on_signals

if TYPE_CHECKING:
    from autopilot.cli.demo_pages import Pages
    from autopilot.domain.run import Run
    from autopilot.domain.specification import WorkspaceDocument
    from autopilot.service.context import App
    from autopilot.service.tick import TickReport

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 5


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End when the issue is there, instead of at Ctrl-C.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Read the pack's public feeds, not the sample feeds.")
    ] = False,
    pack: Annotated[
        str | None, typer.Option("--pack", metavar="NAME", help="A starter pack (default: energy).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a newsletter on schedule from sample feeds, in a store of its own."""
    from autopilot.adapters.packs import DEFAULT_PACK
    from autopilot.adapters.sample_server import SampleServer
    from autopilot.cli.demo_pages import demo_pages
    from autopilot.cli.demo_store import demo_document
    from autopilot.settings import load_settings
    from autopilot.wiring import now

    chosen = pack or DEFAULT_PACK
    with ExitStack() as stack:
        samples = None if live else stack.enter_context(SampleServer(chosen, now=now))
        sources = None if samples is None else samples.sources
        document = demo_document(chosen, sources, now())
        given = _given(fresh_folder(), "" if samples is None else samples.place)
        app = stack.enter_context(opened(settings=load_settings(given)))
        _apply(app, document)
        pages = None if once or as_json else stack.enter_context(demo_pages(given))
        if not as_json:
            _announce(app, live=live)
        show = _Show(app, once=once, as_json=as_json, pages=pages)
        show.watch()
    raise typer.Exit(show.exit_code)


def _given(folder: Path, sample_place: str) -> Mapping[str, str]:
    """Settings that owe nothing to the user's: their store, keys and hosts are never touched."""
    return {
        "AUTOPILOT_DATA_DIR": str(folder),
        "AUTOPILOT_POLL_INTERVAL": str(POLL_SECONDS),
        "AUTOPILOT_LOG_FORMAT": os.environ.get("AUTOPILOT_LOG_FORMAT", ""),
        "AUTOPILOT_ALLOW_HOSTS": sample_place,
    }


def _apply(app: App, document: WorkspaceDocument) -> None:
    """Apply the document as if a moment before this minute, so that its slot of now is due."""
    from autopilot.service.configuration.applying import apply_document

    just_before = app.clock().replace(second=0, microsecond=0) - timedelta(seconds=1)
    apply_document(replace(app, clock=lambda: just_before), document, actor="demo")


def _announce(app: App, *, live: bool) -> None:
    from autopilot.domain.recurrence.describe import describe
    from autopilot.service.schedules import get_autopilot_schedules

    schedule = get_autopilot_schedules(app=app)[0]
    feeds = "public feeds, over the network" if live else "sample feeds, served on this machine"
    output.say("Autopilot demo: a newsletter that makes itself.", style="bold")
    output.say(f"Sources   {feeds}")
    output.say(f"Schedule  {describe(schedule.rule)}: its slot is this minute")
    output.say(f"Store     {app.settings.store_name}")
    output.say("The worker is starting ...")


class _Show:
    """Watches the worker's ticks for the first issue, shows it, and knows how the demo ends."""

    def __init__(self, app: App, *, once: bool, as_json: bool, pages: Pages | None) -> None:
        self._app = app
        self._pages = pages
        self._once = once
        self._as_json = as_json
        self._stop = threading.Event()
        self._shown = False
        self._gives_up_at = time.monotonic() + PATIENCE_SECONDS
        self.exit_code = faults.FAILED

    def watch(self) -> None:
        """Run the worker until the issue is there (--once), or until somebody ends it."""
        from autopilot.drivers.worker import run_worker

        with stop_on_signals() as stop:
            self._stop = stop
            run_worker(self._app, stop=stop, on_tick=self._on_tick)
        if not self._shown:
            output.complain("The demo ended before an issue was there.")

    def _on_tick(self, report: TickReport) -> None:
        if self._shown:
            for run in report.runs:
                output.say(
                    f"Another run: {run.status.value}" + (f", {run.reason}" * bool(run.reason))
                )
            return
        if report.runs:
            self._show(report.runs[0])
        elif time.monotonic() > self._gives_up_at:
            self._stop.set()

    def _show(self, run: Run) -> None:
        self._shown = True
        report = report_with_files(self._app, run)
        is_made = report["html_path"] is not None
        self.exit_code = faults.OK if is_made else faults.FAILED
        if self._as_json:
            output.show_json(report)
        else:
            _tell(self._app, report, self._address(report))
        if self._once or not is_made:
            self._stop.set()
        elif not self._as_json:
            self._go_on()

    def _address(self, report: dict[str, Any]) -> str | None:
        """Where the web app shows the issue, once it does; None without a web app, or an issue."""
        if self._pages is None or report["issue_id"] is None:
            return None
        return self._pages.address_of(report["issue_id"], stop=self._stop)

    def _go_on(self) -> None:
        from autopilot.service.status import read_status

        upcoming = read_status(self._app).upcoming
        if upcoming is not None and upcoming.next_run_at is not None:
            moment = output.when(upcoming.next_run_at, upcoming.timezone)
            output.say(f"The worker goes on; the next issue is due {moment}.")
        output.say("Ctrl-C ends the demo.")


def _tell(app: App, report: dict[str, Any], address: str | None) -> None:
    from autopilot.cli import run_view

    run_view.show_outcome(report)
    run_view.show_sources(report)
    if report["sources"] and all(item["status"] == "failed" for item in report["sources"]):
        output.say("None of the sources could be reached.", style="bold red")
        output.next_steps("autopilot demo   # with sample feeds, without a network")
        return
    run_view.show_stories(report, reasons=True)
    here = f"AUTOPILOT_DATA_DIR={shlex.quote(str(app.settings.data_dir))}"
    if report["html_path"]:
        output.say()
        output.say("Your newsletter is ready. Open it in a browser:", style="bold green")
        output.say(f"  {address or report['html_path']}")
        if address is not None:
            output.say(f"As a file: {report['html_path']}")
    output.next_steps(
        "autopilot init   # a newsletter of your own",
        f"{here} autopilot runs show last   # this one in full",
    )
