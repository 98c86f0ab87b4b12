"""Starting: what a driver that is a program of its own needs around its clock - the App of the
environment, a store that is waited for, and an end in good order.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from autopilot.errors import AutopilotError, SchemaMismatch, StoreUnavailable
from autopilot.service.context import App
from autopilot.settings import Settings, load_settings
from autopilot.wiring import build_app, configure_logging

log = structlog.get_logger(__name__)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0
REFUSED = 2  # docs/reference/exit-codes.md


def run_program(clock: Callable[[App, threading.Event], None]) -> int:
    """Build the App, run a clock until SIGINT or SIGTERM sets its event, and return the exit code."""
    stop = threading.Event()
    try:
        settings = load_settings()
        configure_logging(settings.log_format)
        with stopped_by_signals(stop):
            app = patiently_built(settings, stop)
            if app is not None:
                _run(clock, app, stop)
    except AutopilotError as error:
        sys.stderr.write("\n".join(filter(None, (f"Error: {error}", error.hint))) + "\n")
        return REFUSED
    return 0


def patiently_built(settings: Settings, stop: threading.Event) -> App | None:
    """Return the App once its store answers; None when it is to stop before.

    Raises SettingsInvalid, and SchemaMismatch: tables of another version do not mend themselves.
    """
    pause = FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            return build_app(settings)
        except SchemaMismatch:
            raise
        except StoreUnavailable as error:
            log.warning("The store does not answer; waiting.", action="wait", error=str(error))
        stop.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
    return None


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM set the event; a second one ends the process where it stands."""

    def ask(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(clock: Callable[[App, threading.Event], None], app: App, stop: threading.Event) -> None:
    try:
        clock(app, stop)
    finally:
        app.close()
