"""serve: the public web pages - unsubscribe, subscribe, review, archive, bounces, health."""

from __future__ import annotations

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

    from autopilot.http.app import Ui
    from autopilot.service.context import App

HOST, PORT = "127.0.0.1", 8501
Host = Annotated[str, typer.Option("--host", help="Which address of this machine; 0.0.0.0 is all.")]
Port = Annotated[
    int, typer.Option("--port", envvar="PORT", min=0, max=65535, help="0 is any free one.")
]


def serve(
    host: Host = HOST,
    port: Port = PORT,
    beside: Annotated[
        bool, typer.Option("--beside", hidden=True, help="End when standard input does.")
    ] = False,
) -> None:
    """Serve the public pages: unsubscribe, subscribe, review, archive, bounces, health.

    Nobody needs to log in, and nothing is shown that a link does not give. Ctrl-C or SIGTERM ends it
    in good order.
    """
    from autopilot.http.server import address_of, bind
    from autopilot.http.server import serve as serve_until

    with bind(host, port) as bound, opened(level=TALKING, patient=True) as app:
        from autopilot.http.app import build_web
        from autopilot.service.secret import secret_key

        secret_key(app)  # without it no link can be read: said now, not to the first reader
        if not beside:
            output.say(f"Web          {address_of(bound)}")
            output.say(f"Readers see  {app.settings.public_url or _unset()}")
            output.say("Ctrl-C stops it.")
        ui = _web_app(app)
        with _ended_by(beside=beside) as stop:
            serve_until(build_web(app, ui=ui), bound, stop=stop, live=ui is not None)


def _web_app(app: App) -> Ui | None:
    """The web app, None where its extra is not installed."""
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        return None
    from autopilot.ui.host import WebApp

    return WebApp(app, is_local=True)


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
        sys.stdin.buffer.read()
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    return nullcontext(stop)
