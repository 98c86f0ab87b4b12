"""A calm pass: what a clock in a process of its own does at each stroke, whatever it meets."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from autopilot.errors import AutopilotError
from autopilot.service.context import App
from autopilot.service.passing import pass_once

log = structlog.get_logger(__name__)


def pass_calmly(app: App, stopping: Callable[[], bool]) -> None:
    """Make a pass; what it meets is logged and never ends the clock."""
    try:
        pass_once(app, stopping=stopping)
    except AutopilotError as error:
        log.warning("A pass failed; the next one tries again.", action="tick", error=str(error))
    except Exception:  # a fault of ours must not silence every schedule
        log.exception("A pass met a fault of Autopilot's own.", action="tick")
