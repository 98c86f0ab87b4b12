"""Tick: one pass that rescues what died, lets go what nobody held, plans what is due and executes
what is queued.

It is the answer to "who starts it?": the worker's loop, the CLI and every driver call this one
verb, at any time, as often as they like; overlapping ticks are harmless.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from autopilot.domain.run import Run
from autopilot.errors import LeaseLost
from autopilot.service.batch import Batch
from autopilot.service.clock_steps import take_back_steps
from autopilot.service.context import App
from autopilot.service.execute import execute
from autopilot.service.lease import Lease, never
from autopilot.service.renewal import Renewal
from autopilot.service.rescue import rescue
from autopilot.service.supply import Supply
from autopilot.store import issues, queue, schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class TickReport:
    """What one tick did. `runs` are those it executed, as they ended; `released` counts issues under
    review whose time to go out, or to expire, had come.
    """

    started_at: datetime
    rescued: int
    queued: int
    skipped: int
    runs: tuple[Run, ...]
    released: int = 0

    @property
    def did_something(self) -> bool:
        """Whether anything was due that this tick could have."""
        return bool(self.rescued or self.queued or self.skipped or self.runs or self.released)


def tick(
    app: App,
    *,
    now: datetime | None = None,
    limit: int | None = None,
    deadline: datetime | None = None,
    stopping: Callable[[], bool] = never,
) -> TickReport:
    """Rescue, plan and execute; return what was done.

    `now` decides what is due (default: the clock); at most `limit` runs are executed, and none is
    begun after `deadline` or once `stopping()` says so. Slots stay planned for the next tick.
    """
    started = now or app.clock()
    take_back_steps(app, app.clock())
    rescued = rescue(app, app.clock())  # leases were given by the clock, whatever `now` says
    released = _release(app, started)
    supply = Supply(app, started, by_clock=now is None)
    ended = _work(app, supply, limit, lambda: _may_begin(app, deadline, stopping), stopping)
    if not stopping():
        supply.plan_rest()
    return TickReport(
        started_at=started,
        rescued=rescued,
        queued=supply.planned.queued,
        skipped=supply.planned.skipped,
        runs=tuple(ended),
        released=released,
    )


def next_wake(app: App, now: datetime) -> datetime:
    """Return when a worker should look again: the next slot, queued run, end of a review or of a
    lease.

    At most one poll interval from now, since schedules can change at any time.
    """
    with app.database.read() as connection:
        moments = (
            schedules.next_due_at(connection),
            queue.next_wake_at(connection),
            issues.next_release_at(connection),
        )
    latest = now + app.settings.poll_interval
    return max(now, min([latest, *(moment for moment in moments if moment is not None)]))


def _release(app: App, now: datetime) -> int:
    with app.database.read() as connection:
        first = issues.next_release_at(connection)
    if first is None or first > now:
        return 0
    from autopilot.service.reviewing import release_due  # late: an idle worker has no use for it

    return release_due(app, now)


def _work(
    app: App,
    supply: Supply,
    limit: int | None,
    may_begin: Callable[[], bool],
    stopping: Callable[[], bool],
) -> Sequence[Run]:
    """Claim and execute until nothing is left: one run at a time, and more of those that are quick."""
    ended: list[Run] = []
    most = 1
    with Renewal(app) as renewal:
        while (limit is None or len(ended) < limit) and may_begin():
            claimed = supply.next_runs(most if limit is None else min(most, limit - len(ended)))
            if not claimed:
                break
            with Batch(app, claimed, stopping, renewal, supply.make_way) as batch:
                worked = _execute_all(batch, may_begin)
            ended += filter(batch.is_ours, worked)
            most = batch.following_size
    return ended


def _execute_all(batch: Batch, may_begin: Callable[[], bool]) -> Sequence[Run]:
    ended: list[Run] = []
    while may_begin() and (lease := batch.next_lease()) is not None:
        started = time.perf_counter()
        if (run := _execute(lease)) is not None:
            ended.append(run)
        batch.note_time(time.perf_counter() - started)
    return ended


def _may_begin(app: App, deadline: datetime | None, stopping: Callable[[], bool]) -> bool:
    return not stopping() and (deadline is None or app.clock() < deadline)


def _execute(lease: Lease) -> Run | None:
    """The run as it ended, or None when its lease was lost and somebody else has it now."""
    try:
        return execute(lease)
    except LeaseLost:
        return None
