"""tick, worker and up: what makes due slots into issues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import output
from autopilot.cli.opening import TALKING, opened
from autopilot.cli.options import Json
from autopilot.cli.serve import HOST, PORT, Host, Port, WithUi, refuse_open_entrance
from autopilot.cli.stopping import stop_on_signals
from autopilot.errors import Conflict

if TYPE_CHECKING:
    from autopilot.drivers.health_page import HealthPage
    from autopilot.service.context import App
    from autopilot.service.tick import TickReport


def tick(
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, help="Execute at most this many runs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Do once what is due: for cron and other outside clocks.

    How each run ended is in its row and in the report; the exit code is 0 once the tick is done.
    """
    from autopilot.service.passing import pass_once, pass_values

    with opened(level=TALKING) as app, stop_on_signals() as stop:
        done = pass_once(app, limit=limit, stopping=stop.is_set)
    if as_json:
        output.show_json(pass_values(done))
        return
    report, delivered = done.report, done.delivered
    output.say(
        f"Queued {report.queued}, skipped {report.skipped}, rescued {report.rescued},"
        f" executed {len(report.runs)}." + f" Deliveries ended: {delivered}." * bool(delivered)
    )
    for run in report.runs:
        output.say(
            f"  {str(run.id)[:8]}  {run.status.value}" + (f": {run.reason}" * bool(run.reason))
        )
    output.next_steps("autopilot runs show last" if report.runs else "autopilot status")


def worker(
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            envvar="PORT",
            min=0,
            max=65535,
            help="Answer /healthz here, on every address of this machine; 0 is any free one."
            " Without it nothing is bound.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make every due slot into an issue until Ctrl-C or SIGTERM; then end in good order.

    With --json each tick that did something is one line of JSON.
    """
    with _health_page(port) as page, opened(level=TALKING, patient=True) as app:
        if page is not None:
            _show_health(page, app)
        _work(app, as_json=as_json, page=page)


def up(host: Host = HOST, port: Port = PORT, ui: WithUi = True, as_json: Json = False) -> None:
    """Start everything there is: tables brought up to date, the web app and pages, and a worker.

    The pages are served by a process of their own that ends with this one. Ctrl-C or SIGTERM ends
    all in good order. With --json each tick that did something is a line.
    """
    from autopilot.cli.store import migrate_store, told
    from autopilot.settings import load_settings

    settings = load_settings()
    migrated = migrate_store(settings)
    with ExitStack() as stack:
        app = stack.enter_context(opened(level=TALKING, settings=settings))
        if ui:
            refuse_open_entrance(app, host)
        pages = stack.enter_context(_pages(host, port, ui=ui))
        if not as_json:
            output.say(f"Store        {settings.store_name}")
            output.say(f"Data folder  {settings.data_dir}")
            output.say(f"Tables       {told(migrated)}")
            output.say(f"Web          {pages}")
            output.say(f"Worker       {_outlook(app)}")
            output.say("Ctrl-C stops it. In another terminal: autopilot status")
        _work(app, as_json=as_json)
    if not as_json:
        output.next_steps("autopilot status")


@contextmanager
def _pages(host: str, port: int, *, ui: bool) -> Iterator[str]:
    """The web pages beside the worker; what is given says where they are, or why not yet."""
    from autopilot.drivers.web_process import WebProcess
    from autopilot.http.server import bind, is_free

    web = WebProcess(host, port, is_free=lambda: is_free(host, port), with_ui=ui)
    try:
        bind(host, port).close()
    except Conflict as error:
        told = f"waits for its port. {error.message} {error.hint}"
    else:
        told = f"http://{host}:{port}"
    web.start()
    try:
        yield told
    finally:
        web.end()


@contextmanager
def _health_page(port: int | None) -> Iterator[HealthPage | None]:
    """The page that says whether this worker ticks, where a port for it is given."""
    if port is None:
        yield None
        return
    from autopilot.drivers.health_page import HealthPage

    page = HealthPage(port)
    try:
        yield page
    finally:
        page.end()


def _show_health(page: HealthPage, app: App) -> None:
    import structlog  # late: without rich, as `opening` has it

    page.expect_every(app.settings.poll_interval)
    structlog.get_logger(__name__).info(
        "A health page is served.", action="start", path="/healthz", port=page.port
    )


def _work(app: App, *, as_json: bool, page: HealthPage | None = None) -> None:
    from autopilot.drivers.worker import run_worker
    from autopilot.service.passing import tick_values

    def ticked(report: TickReport) -> None:
        if page is not None:
            page.note_good_tick()
        if as_json and report.did_something:
            output.show_json(tick_values(report), lines=True)

    with stop_on_signals() as stop:
        run_worker(app, stop=stop, on_tick=ticked)


def _outlook(app: App) -> str:
    from autopilot.service.status import read_status

    upcoming = read_status(app).upcoming
    if upcoming is None or upcoming.next_run_at is None:
        return "no schedule is on yet: autopilot schedules create SPEC --weekly mon@09:00"
    return f"next slot {output.when(upcoming.next_run_at, upcoming.timezone)}, {upcoming.name}"
