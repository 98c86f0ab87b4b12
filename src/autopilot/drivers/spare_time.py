"""Spare time: a worker's errands in a thread of their own, so that no slot waits for a slow site."""

from __future__ import annotations

import threading

import structlog

from autopilot.errors import AutopilotError
from autopilot.service.context import App
from autopilot.service.errands import has_errands, run_errands

log = structlog.get_logger(__name__)
SOURCES_AT_ONCE = 50


class SpareTime:
    """At most one round of errands at a time; a round in hand when the worker stops is left."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._round: threading.Thread | None = None

    def use(self) -> None:
        """Begin a round if there is something to do and none is under way."""
        if self._round is not None and self._round.is_alive():
            return
        if has_errands(self._app, self._app.clock()):
            self._round = threading.Thread(target=self._run, name="errands", daemon=True)
            self._round.start()

    def wait(self, seconds: float) -> None:
        """Wait for the round in hand, for so long at most."""
        if self._round is not None:
            self._round.join(seconds)

    def _run(self) -> None:
        try:
            looked_at = run_errands(self._app, self._app.clock(), limit=SOURCES_AT_ONCE)
            log.info("Sources were looked at.", action="poll", count=looked_at)
        except AutopilotError as error:
            log.warning(
                "Errands failed; they wait for the next time.", action="errands", error=str(error)
            )
        except Exception:  # a fault of ours must not silence every schedule
            log.exception("Errands met a fault of Autopilot's own.", action="errands")
