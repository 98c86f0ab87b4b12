"""Pinging: the outside watcher is asked in a thread of its own, so that a slow one delays nothing."""

from __future__ import annotations

import threading

import structlog

from autopilot.service.context import App
from autopilot.service.ping import SECONDS, ping

log = structlog.get_logger(__name__)


class Pinging:
    """At most one question at a time; a watcher that does not answer is told of once."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._asking: threading.Thread | None = None
        self._was_told = False

    def note_good_tick(self) -> None:
        """Ask the watcher, unless there is none or it still owes an answer."""
        if self._app.settings.ping_url is None:
            return
        if self._asking is None or not self._asking.is_alive():
            self._asking = threading.Thread(target=self._ask, name="ping", daemon=True)
            self._asking.start()

    def wait(self, seconds: float = SECONDS) -> None:
        """Wait for the answer in hand, for so long at most."""
        if self._asking is not None:
            self._asking.join(seconds)

    def _ask(self) -> None:
        try:
            problem = ping(self._app)
        except Exception:  # a watcher must never be the reason for what it watches for
            log.exception("AUTOPILOT_PING_URL met a fault of Autopilot's own.", action="ping")
            return
        if problem is not None and not self._was_told:
            log.warning("AUTOPILOT_PING_URL does not answer.", action="ping", reason=problem)
        self._was_told = problem is not None
