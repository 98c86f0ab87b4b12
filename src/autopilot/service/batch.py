"""A batch: runs that one worker claimed together, begun one after the other.

Ends without an effect are recorded together. Before anything slow is begun, and whenever the batch
is left, what has ended is recorded and what was not begun goes back to the queue at once: nothing
waits behind a slow run, and nobody is thought dead for runs that nobody began.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from uuid import UUID

import structlog

from autopilot.domain.run import Run
from autopilot.errors import AutopilotError, LeaseLost
from autopilot.service.context import App
from autopilot.service.ending import log_ends, record_ends
from autopilot.service.lease import Lease
from autopilot.service.pace import Pace
from autopilot.service.renewal import Renewal
from autopilot.store import batches

log = structlog.get_logger(__name__)
SLOW_RUN_SECONDS = 0.25  # the others of its batch do not wait any longer after such a run


class Batch:
    """Claimed runs to begin, in turn; a context manager that leaves none of them half recorded."""

    def __init__(
        self,
        app: App,
        claimed: Sequence[Run],
        stopping: Callable[[], bool],
        renewal: Renewal,
        make_way: Callable[[], None] = lambda: None,
    ) -> None:
        """`make_way` is called before slow work begins."""
        self.renewal = renewal
        self._app = app
        self._make_way = make_way
        self._begun = 0
        self._waiting = deque(Lease(app, run, stopping, self) for run in claimed)
        self._ended: list[tuple[Lease, Run]] = []
        self._lost: set[UUID] = set()
        self._was_slow = False
        self._seconds = 0.0
        renewal.hold(claimed)

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._settle()
        except AutopilotError:
            if error is None:
                raise  # else what went wrong first is what to tell
        finally:
            self.renewal.hold(())

    def next_lease(self) -> Lease | None:
        """Return the next run to begin, or None when none is left."""
        return self._waiting.popleft() if self._waiting else None

    def put_off(self, lease: Lease, ended: Run) -> None:
        """Record this end together with those of the others."""
        self._ended.append((lease, ended))

    def stand_alone(self) -> None:
        """Record what has ended and give back what was not begun: slow work comes."""
        self._was_slow = True
        self._settle()
        self._make_way()

    def note_time(self, seconds: float) -> None:
        """Take in how long a run took; after a slow one the others do not wait any longer."""
        self._begun += 1
        self._seconds += seconds
        if seconds > SLOW_RUN_SECONDS:
            self.stand_alone()

    @property
    def seconds(self) -> float:
        """How long the runs begun so far took together."""
        return self._seconds

    def is_ours(self, run: Run) -> bool:
        """Whether the run's end was recorded by us; otherwise somebody else has it now."""
        return run.id not in self._lost

    def set_pace(self, pace: Pace) -> None:
        """Let as many be claimed next as its runs were quick."""
        pace.note(self._begun, self._seconds, was_slow=self._was_slow)

    def _settle(self) -> None:
        ended, self._ended = self._ended, []
        waiting, self._waiting = [lease.run for lease in self._waiting], deque()
        try:
            if ended:
                self._record(ended)
        finally:
            if waiting:
                self._give_back(waiting)

    def _record(self, ended: Sequence[tuple[Lease, Run]]) -> None:
        try:
            with self.renewal.writing, self._app.database.begin() as connection:
                record_ends(connection, [(lease.run, run) for lease, run in ended])
        except AutopilotError:
            for lease, run in ended:
                self._record_alone(lease, run)
        else:
            for lease, run in ended:
                lease.run = run
            log_ends([run for _, run in ended])

    def _record_alone(self, lease: Lease, ended: Run) -> None:
        try:
            lease.end_alone(ended)
        except LeaseLost:
            self._lost.add(ended.id)
            log.warning(
                "The lease was lost; nothing was written.", action="lost", run_id=str(ended.id)
            )

    def _give_back(self, waiting: Sequence[Run]) -> None:
        with self.renewal.writing, self._app.database.begin() as connection:
            batches.release_runs(connection, waiting)
