"""What other processes do to a store during a test; they find it by module name."""

from __future__ import annotations

import logging
from datetime import datetime
from tempfile import TemporaryDirectory

import structlog

from autopilot.service.tick import tick
from autopilot.settings import load_settings
from autopilot.wiring import assemble_app


def tick_once(url: str, now: datetime) -> None:
    """Ticks with a clock that stands still."""
    from dataclasses import replace

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with TemporaryDirectory() as folder:
        environ = {"AUTOPILOT_DATA_DIR": folder, "AUTOPILOT_DATABASE_URL": url}
        app = replace(assemble_app(load_settings(environ)), clock=lambda: now)
        tick(app)
        app.close()
