"""serve: the web app, the API, and the public pages - unsubscribe, subscribe, review, archive, health."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import output
from autopilot.cli.opening import TALKING, opened
from autopilot.cli.stopping import stop_on_signals

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from autopilot.http.web_app import Ui
    from autopilot.service.context import App

HOST, PORT = "127.0.0.1", 8501
Host = Annotated[str, typer.Option("--host", help="Which address of this machine; 0.0.0.0 is all.")]
Port = Annotated[
    int, typer.Option("--port", envvar="PORT", min=0, max=65535, help="0 is any free one.")
]
WithUi = Annotated[
    bool,
    typer.Option("--ui/--no-ui", help="The web app too, or the public pages and the API alone."),
]


def serve(
    host: Host = HOST,
    port: Port = PORT,
    ui: WithUi = True,
    beside: Annotated[
        bool, typer.Option("--beside", hidden=True, help="End when standard input does.")
    ] = False,
) -> None:
    """Serve the web app, the API, and the public pages: unsubscribe, subscribe, review, archive, health.

    On this machine alone the web app needs no login until there is an account; on any other address
    it does not start without one. Ctrl-C or SIGTERM ends it in good order.
    """
    from autopilot.http.server import address_of, bind
    from autopilot.http.server import serve as serve_until

    with bind(host, port) as bound, opened(level=TALKING, patient=True) as app:
        from autopilot.http.app import build_web
        from autopilot.service.secret import secret_key

        address, base = bound.getsockname()[0], address_of(bound)
        with_ui = ui and has_ui()
        if with_ui:
            from autopilot.service.access.entrance import check_entrance

            check_entrance(app, address)
        secret_key(app)  # without it no link can be read: said now, not to the first reader
        web_app = _web_app(app, address, base) if with_ui else None
        if not beside:
            output.say(f"Web          {base}")
            output.say(f"Readers see  {app.settings.public_url or _unset()}")
            output.say("Ctrl-C stops it.")
        with _ended_by(beside=beside) as stop:
            web = build_web(app, ui=web_app)
            serve_until(web, bound, stop=stop, live=web_app is not None)


def has_ui() -> bool:
    """Whether the extra of the web app is installed."""
    from importlib.util import find_spec

    return find_spec("streamlit") is not None


def refuse_open_entrance(app: App, host: str) -> None:
    """Raise SettingsInvalid where `serve` would not serve the web app at this host, before a child of
    ours says so over and over.
    """
    from autopilot.http.server import bind
    from autopilot.service.access.entrance import check_entrance

    if has_ui():
        with bind(host, 0) as probe:
            check_entrance(app, probe.getsockname()[0])


def _web_app(app: App, address: str, base: str) -> Ui:
    """The web app; the first operator is made before anybody can come."""
    from autopilot.service.access.entrance import is_open, prepare_entrance
    from autopilot.service.secret import secret_key
    from autopilot.ui.host import WebApp

    if link := prepare_entrance(app, base=base):
        import structlog  # late: without rich, as `opening` has it

        structlog.get_logger(__name__).warning(
            "The first operator has no password yet: this link sets it, once, within the hour.",
            action="setup",
            link=link.url,
        )
    return WebApp(app, is_open=lambda: is_open(app, address), key=secret_key(app), base=base)


def _unset() -> str:
    return "nothing yet: set AUTOPILOT_PUBLIC_URL to the https address that leads here"


def _ended_by(*, beside: bool) -> AbstractContextManager[threading.Event]:
    """What ends it: a signal, or beside a worker the end of that worker.

    A Ctrl-C reaches both, and the worker says so for both.
    """
    if not beside:
        return stop_on_signals()
    import signal

    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def watch() -> None:
        # Past Python's buffer: its lock, held by a thread that waits, is fatal to the end of a process.
        while os.read(sys.stdin.fileno(), 1_024):
            pass
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    return nullcontext(stop)
