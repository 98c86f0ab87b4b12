"""A container that a cloud starts for one function: its settings, its one App, its words for a fault.

It comes and goes as the cloud likes, several may run at once, and its disk goes with it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from uuid import uuid4

import structlog

from autopilot.errors import AutopilotError, InputRefused, Problem, SettingsInvalid
from autopilot.service.context import App
from autopilot.settings import Settings, load_settings
from autopilot.wiring import build_app, configure_logging

log = structlog.get_logger(__name__)
# What each cloud sets in every container of a function.
CLOUDS = {"AWS_LAMBDA_FUNCTION_NAME": "AWS Lambda", "K_SERVICE": "Google Cloud"}


class Container:
    """Reads the environment when it is made; builds its App when it is first asked for one.

    Not before: the server of a function may fork in between, and connections must not be shared.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        given = os.environ if environ is None else environ
        self.settings: Settings = load_settings(given)
        _refuse_passing_disk(self.settings, given)
        configure_logging(self.settings.log_format)
        self._lock = threading.Lock()
        self._app: App | None = None

    def app(self) -> App:
        """Return the App; it is built once, and kept for every call that follows."""
        with self._lock:
            if self._app is None:
                self._app = build_app(self.settings)
            return self._app


def sentence_of(error: Exception) -> str:
    """Return a fault as plain text for whoever watches the function; the log has the rest.

    A fault of ours is told by its kind and an id alone: its words may hold anything.
    """
    if not isinstance(error, AutopilotError):
        error_id = uuid4().hex[:8]
        log.error("A fault of Autopilot's own.", action="fault", error_id=error_id, exc_info=error)
        return f"Internal error {error_id}: {type(error).__name__}. The log says more."
    told = [error.message]
    if isinstance(error, InputRefused):
        told += [f"{problem}." for problem in error.problems]
    return " ".join([*told, *filter(None, [error.hint])])


def _refuse_passing_disk(settings: Settings, environ: Mapping[str, str]) -> None:
    """A store on this disk would be forgotten with the container, and each would have its own."""
    cloud = next((name for mark, name in CLOUDS.items() if environ.get(mark)), None)
    if cloud is None or not settings.database_url.startswith("sqlite"):
        return
    problem = Problem(
        path="AUTOPILOT_DATABASE_URL",
        message=f"the store would be a file, and what {cloud} writes to its disk is soon gone",
        allowed="the address of a PostgreSQL",
        example="postgresql://user:password@host/database",
    )
    raise SettingsInvalid(
        f"Autopilot cannot work on {cloud} like this:", [problem], hint="Set it and deploy again."
    )
