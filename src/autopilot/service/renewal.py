"""Renewal: one thread that keeps the leases of a worker's runs alive, however long a step takes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType

import structlog

from autopilot.domain.run import Run
from autopilot.errors import AutopilotError
from autopilot.service.context import App
from autopilot.store import batches

log = structlog.get_logger(__name__)
RENEWALS_PER_LEASE = 3


class Renewal:
    """Renews all leases held, every third of a lease, until it is closed.

    It writes nothing but the leases' ends, and only where owner and epoch are still ours; of a lost
    one the worker hears at its next write. `writing` keeps it apart from the worker's own writes:
    two transactions of one worker must not wait for each other's rows.
    """

    def __init__(self, app: App) -> None:
        self.writing = threading.Lock()
        self._app = app
        self._held: Sequence[Run] = ()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Renewal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Renew nothing any more."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def hold(self, held: Sequence[Run]) -> None:
        """Renew the leases of these runs from now on, and no others."""
        self._held = held
        if held:
            self.start()

    def start(self) -> None:
        """Begin the thread, if there is none yet: before the first slot comes, which would wait for it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep_renewing, name="lease", daemon=True)
            self._thread.start()

    def renew(self) -> None:
        """Let every lease that is still ours end one lease from now."""
        with self.writing:
            if held := self._held:
                until = self._app.clock() + self._app.settings.lease
                with self._app.database.begin() as connection:
                    batches.renew_runs(connection, held, until)

    def _keep_renewing(self) -> None:
        pause = self._app.settings.lease.total_seconds() / RENEWALS_PER_LEASE
        while not self._closed.wait(pause):
            try:
                self.renew()
            except AutopilotError as error:
                log.warning("Leases could not be renewed.", action="renew", error=str(error))
            except Exception:  # a fault of ours must not be the end of all later leases
                log.exception(
                    "The renewal of leases met a fault of Autopilot's own.", action="renew"
                )
