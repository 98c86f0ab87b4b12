"""Opening: the App for the length of one command, and logs that suit who is watching."""

from __future__ import annotations

import gc
import getpass
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from autopilot.cli import output
from autopilot.errors import SchemaMismatch, StoreUnavailable

if TYPE_CHECKING:
    from autopilot.service.context import App
    from autopilot.settings import Settings

QUIET = logging.CRITICAL  # a person reads the outcome in the command's own words
TALKING = logging.INFO  # nobody watches: the log is the report
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0


@contextmanager
def opened(
    *, level: int = QUIET, settings: Settings | None = None, patient: bool = False
) -> Iterator[App]:
    """Give the App of these settings (default: the environment) and close it at the end.

    With `patient` a store that does not answer yet is waited for, however long.
    """
    with _loading():
        from autopilot.settings import load_settings
        from autopilot.wiring import configure_logging

    chosen = settings or load_settings()
    configure_logging(chosen.log_format, level=log_level(level))
    app = _built(chosen, patient=patient)
    try:
        yield app
    finally:
        app.close()


@contextmanager
def _loading() -> Iterator[None]:
    """Import the large libraries without a look for garbage: what they make stays, and to look
    through it over and over is a sixth of the time. What is there afterwards is never looked at again.
    """
    if "autopilot.wiring" in sys.modules:
        yield  # loaded before: there is nothing to spare, and what is garbage by now is to go
        return
    gc.disable()
    try:
        with _without("rich"):
            yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _without(library: str) -> Iterator[None]:
    """Let a library not be found: the log takes this one along where it is, 6 MiB for coloured
    tracebacks with the values of every variable, which no log of ours may show.
    """
    if library in sys.modules:
        yield
        return
    sys.modules[library] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[library]


def _built(settings: Settings, *, patient: bool) -> App:
    from autopilot.wiring import build_app

    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return build_app(settings)
        except SchemaMismatch:
            raise
        except StoreUnavailable as error:
            if not patient:
                raise
            output.complain(f"{error.message} Waiting for it.")
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def log_level(level: int) -> int:
    """Return the level asked for, or everything when AUTOPILOT_DEBUG is set."""
    return logging.DEBUG if os.environ.get("AUTOPILOT_DEBUG") else level


def actor() -> str:
    """Return who types, for the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError, ImportError):
        return "cli"
