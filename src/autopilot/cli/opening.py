"""Opening: the App for the length of one command, and logs that suit who is watching."""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autopilot.service.context import App
    from autopilot.settings import Settings

QUIET = logging.CRITICAL  # a person reads the outcome in the command's own words
TALKING = logging.INFO  # nobody watches: the log is the report


@contextmanager
def opened(*, level: int = QUIET, settings: Settings | None = None) -> Iterator[App]:
    """Give the App of these settings (default: the environment) and close it at the end."""
    from autopilot.settings import load_settings
    from autopilot.wiring import build_app, configure_logging

    chosen = settings or load_settings()
    configure_logging(chosen.log_format, level=log_level(level))
    app = build_app(chosen)
    try:
        yield app
    finally:
        app.close()


def log_level(level: int) -> int:
    """Return the level asked for, or everything when AUTOPILOT_DEBUG is set."""
    return logging.DEBUG if os.environ.get("AUTOPILOT_DEBUG") else level


def actor() -> str:
    """Return who types, for the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError, ImportError):
        return "cli"
