"""Fleet member: one process of a fleet, with an App of its own from its first task to its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import structlog

from autopilot.errors import AutopilotError
from autopilot.service.attendance import arrive, leave, note_tick
from autopilot.service.context import App
from autopilot.service.recompute import recompute
from autopilot.settings import Settings
from autopilot.wiring import build_app

log = structlog.get_logger(__name__)


class FleetMember:
    """Holds the App of this process; connections are never shared over a fork.

    It is known to the store from its first tick on, and says goodbye at its end.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._building = threading.Lock()
        self._app: App | None = None
        self._worker_id: UUID | None = None

    def do(self, work: Callable[[App], object]) -> None:
        """Do a task's work. What it meets is logged and never a reason for its message to come again:
        the store says what is still to be done.
        """
        try:
            work(self._opened())
        except AutopilotError as error:
            log.warning(
                "A task failed; the next tick tries again.", action="execute", error=str(error)
            )
        except Exception:  # a fault of ours must not silence every schedule
            log.exception("A task met a fault of Autopilot's own.", action="execute")

    def note_tick(self, app: App) -> None:
        """Tell the store that a tick ended well."""
        if self._worker_id is None:
            self._worker_id = arrive(app)
        note_tick(app, self._worker_id)

    def leave(self) -> None:
        """Say goodbye and close what is held open."""
        app, worker_id = self._app, self._worker_id
        self._app = self._worker_id = None
        if app is None:
            return
        try:
            if worker_id is not None:
                leave(app, worker_id)
        except AutopilotError as error:
            log.warning("The store did not take the goodbye.", action="stop", error=str(error))
        app.close()

    def _opened(self) -> App:
        with self._building:
            if self._app is None:
                app = build_app(self._settings)
                try:
                    recompute(app)
                except BaseException:
                    app.close()
                    raise
                self._app = app
        return self._app
