"""The demo's web app: served beside the worker from the demo's own store, on a port that is free."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from autopilot.cli import output
from autopilot.cli.serve import HOST, PORT, has_ui

READY_SECONDS = 30.0
LOOK_SECONDS = 0.2
LOG = "web.log"


@dataclass(frozen=True, slots=True)
class Pages:
    """The web app at a port of this machine."""

    port: int

    def address_of(self, issue_id: str, *, stop: threading.Event) -> str:
        """Return the address of an issue's page, as soon as somebody answers there."""
        gives_up_at = time.monotonic() + READY_SECONDS
        while not self._is_ready() and time.monotonic() < gives_up_at:
            if stop.wait(LOOK_SECONDS):
                break
        return f"http://{HOST}:{self.port}/history?{urlencode({'issue': issue_id})}"

    def _is_ready(self) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 500
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def demo_pages(given: Mapping[str, str]) -> Iterator[Pages | None]:
    """Serve the web app for as long as the context lasts; None where its extra is not installed."""
    if not has_ui():
        output.say(
            "Web app   not installed: pip install 'autopilot-newsletters[ui]'. The issue is a file."
        )
        yield None
        return
    from autopilot.drivers.web_process import WebProcess
    from autopilot.http.server import is_free

    port = free_port()
    log = Path(given["AUTOPILOT_DATA_DIR"]) / LOG
    web = WebProcess(
        HOST, port, is_free=lambda: is_free(HOST, port), environ=_environ(given), log=log
    )
    web.start()
    try:
        yield Pages(port)
    finally:
        web.end()


def free_port() -> int:
    """Return the usual port, or any other that is free where somebody has that one."""
    from autopilot.errors import Conflict
    from autopilot.http.server import bind

    for port in (PORT, 0):
        try:
            with bind(HOST, port) as bound:
                found: int = bound.getsockname()[1]
                return found
        except Conflict:
            continue
    raise AssertionError("any free port is always to be had")


def _environ(given: Mapping[str, str]) -> Mapping[str, str]:
    """The user's environment without their Autopilot's settings, and with the demo's."""
    kept = {name: value for name, value in os.environ.items() if not _is_setting(name)}
    return kept | dict(given)


def _is_setting(name: str) -> bool:
    return name.startswith(("AUTOPILOT_", "OPENAI_", "DATABASE_URL", "SUPABASE_"))
