"""Supply: where the runs come from that a tick executes.

While nobody else's turn comes first, slots are planned as they are needed and their runs claimed in
the same transaction. Otherwise, and before anything slow is begun, every due slot becomes a queued
run, and runs are claimed in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from autopilot.domain.run import Run
from autopilot.errors import Conflict
from autopilot.service.claim import claim_runs
from autopilot.service.clock_steps import FAR, take_back_steps
from autopilot.service.context import App
from autopilot.service.plan import Planned, plan, plan_and_claim
from autopilot.store import due

log = structlog.get_logger(__name__)


class Supply:
    """The due slots and queued runs of one tick; `planned` counts what was planned so far."""

    def __init__(self, app: App, now: datetime, *, by_clock: bool) -> None:
        """`by_clock` says that `now` is what the clock showed; it may be set right meanwhile."""
        self.planned = Planned()
        self._app = app
        self._now = now
        self._by_clock = by_clock
        self._is_planned = False
        settings = app.settings
        # Caps count runs of all workers: they are kept where runs are claimed in turn.
        caps = (settings.max_running, settings.max_running_per_workspace)
        self._is_direct = caps == (None, None)
        self._sole: UUID | None = None

    def next_runs(self, most: int) -> Sequence[Run]:
        """Claim up to so many runs in turn; none when nothing is left that could be had."""
        if self._is_direct and not self._is_planned and (claimed := self._plan_and_claim(most)):
            return claimed
        self.plan_rest()
        return claim_runs(self._app, most=most)

    def plan_rest(self) -> None:
        """Let every due slot have its run; they do not wait for what is being done."""
        self._is_direct = False
        if not self._is_planned:
            self.planned += plan(self._app, self._now, is_still=self._is_still)
            self._is_planned = True
            self._look_at_the_clock()

    def make_way(self) -> None:
        """Let every due slot have its run before slow work begins, which no fault of that may end."""
        try:
            self.plan_rest()
        except Exception as error:  # noqa: BLE001 - the tick plans again after that run, and meets it then
            log.warning(
                "Slots could not be planned; trying again.", action="plan", error=str(error)
            )

    def _plan_and_claim(self, most: int) -> Sequence[Run]:
        if not self._is_alone():
            return ()
        assert self._sole is not None
        try:
            batch = plan_and_claim(
                self._app, self._now, most=most, is_still=self._is_still, sole=self._sole
            )
        except Conflict:
            return ()  # planned again, to be queued
        self.planned += batch.planned
        self._is_planned = not batch.has_more
        self._look_at_the_clock()
        return batch.claimed

    def _is_alone(self) -> bool:
        """Whether all slots due are of one workspace, and none is more urgent: asked once."""
        if self._sole is None:
            with self._app.database.read() as connection:
                is_any, self._sole = due.whose_are_due(connection, self._now)
            self._is_planned = not is_any
        return self._sole is not None

    def _is_still(self) -> bool:
        return not self._by_clock or self._app.clock() > self._now - FAR

    def _look_at_the_clock(self) -> None:
        """The clock may have been set right between two batches."""
        if self._by_clock:
            take_back_steps(self._app, self._app.clock(), mark=self._now)
