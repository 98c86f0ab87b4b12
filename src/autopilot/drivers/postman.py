"""The postman: deliveries in a thread of their own, so that no slot waits for a slow relay."""

from __future__ import annotations

import threading

import structlog

from autopilot.errors import AutopilotError
from autopilot.service.context import App
from autopilot.service.deliver import deliver, next_due

log = structlog.get_logger(__name__)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0


class Postman:
    """Sends what is due, then sleeps until something is, or until it is told to look again."""

    def __init__(self, app: App, stop: threading.Event) -> None:
        self._app, self._stop = app, stop
        self._look = threading.Event()
        self._thread: threading.Thread | None = None

    def use(self) -> None:
        """Look whether there is something to send; the thread begins with the first that is."""
        self._look.set()
        if self._thread is None and next_due(self._app) is not None:
            self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait, for so long at most, until what is under way has ended; `stop` was set before."""
        self._look.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            self._look.clear()
            try:
                deliver(self._app, stopping=self._stop.is_set)
                seconds = self._until_next()
            except AutopilotError as error:
                log.warning("Deliveries failed; trying again.", action="deliver", error=str(error))
                seconds = 0.0
            except Exception:  # a fault of ours must not silence every channel
                log.exception("Deliveries met a fault of Autopilot's own.", action="deliver")
                seconds = 0.0
            if seconds > 0:
                pause = FIRST_PAUSE_SECONDS
                self._look.wait(seconds)
            else:
                # What is due and did not leave is in another's hands, or may not leave now.
                self._stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _until_next(self) -> float:
        longest = self._app.settings.poll_interval.total_seconds()
        due = next_due(self._app)
        if due is None:
            return longest
        return min(longest, (due - self._app.clock()).total_seconds())
