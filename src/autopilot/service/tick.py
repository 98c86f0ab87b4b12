"""Tick: one pass that rescues what died, lets go what nobody held, plans what is due and executes
what is queued.

It is the answer to "who starts it?": the worker's loop, the CLI and every driver call this one
verb, at any time, as often as they like; overlapping ticks are harmless.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from autopilot.domain.run import Run
from autopilot.errors import LeaseLost
from autopilot.service.batch import Batch
from autopilot.service.clock_steps import take_back_steps
from autopilot.service.context import App
from autopilot.service.execute import execute
from autopilot.service.lease import Lease, never
from autopilot.service.rescue import rescue
from autopilot.service.shift import Shift
from autopilot.service.supply import Supply
from autopilot.store.glance import Glance, glance


@dataclass(frozen=True, slots=True, kw_only=True)
class TickReport:
    """What one tick did. `runs` are those it executed, as they ended; `released` counts issues under
    review whose time to go out, or to expire, had come. `seconds` is what it took beside its runs.
    """

    started_at: datetime
    rescued: int
    queued: int
    skipped: int
    runs: tuple[Run, ...]
    released: int = 0
    seconds: float = 0.0

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
    shift: Shift | None = None,
) -> TickReport:
    """Rescue, plan and execute; return what was done.

    `now` decides what is due (default: the clock); at most `limit` runs are executed, and none is
    begun after `deadline` or once `stopping()` says so. Slots stay planned for the next tick.
    `shift` is what a worker keeps from tick to tick.
    """
    started, began = now or app.clock(), time.perf_counter()
    seen, by_clock = _look(app), app.clock()
    if not _has_come(seen.next_at, max(started, by_clock)):
        seconds = time.perf_counter() - began
        return TickReport(
            started_at=started, rescued=0, queued=0, skipped=0, runs=(), seconds=seconds
        )
    # Leases were given by the clock, whatever `now` says.
    rescued = rescue(app, by_clock) if _has_come(seen.first_lease, by_clock) else 0
    released = _release(app, started) if _has_come(seen.next_release, started) else 0
    supply = Supply(app, started, by_clock=now is None)
    with nullcontext(shift) if shift else Shift(app) as own:
        ended, making = _work(
            app, supply, own, limit, lambda: _may_begin(app, deadline, stopping), stopping
        )
    if not stopping():
        supply.plan_rest()
    return TickReport(
        started_at=started,
        rescued=rescued,
        queued=supply.planned.queued,
        skipped=supply.planned.skipped,
        runs=tuple(ended),
        released=released,
        seconds=max(0.0, time.perf_counter() - began - making),
    )


def next_wake(app: App, now: datetime) -> datetime:
    """Return when a worker should look again: the next slot, queued run, end of a review or of a
    lease.

    At most one poll interval from now, since schedules can change at any time.
    """
    latest = now + app.settings.poll_interval
    return max(now, min(latest, _glance(app).next_at or latest))


def _glance(app: App) -> Glance:
    with app.database.read() as connection:
        return glance(connection)


def _look(app: App) -> Glance:
    """See what is due, after a clock that was far ahead has been seen to."""
    seen = _glance(app)
    return _glance(app) if take_back_steps(app, app.clock(), mark=seen.latest_mark) else seen


def _has_come(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _release(app: App, now: datetime) -> int:
    from autopilot.service.reviewing import release_due  # late: an idle worker has no use for it

    return release_due(app, now)


def _work(
    app: App,
    supply: Supply,
    shift: Shift,
    limit: int | None,
    may_begin: Callable[[], bool],
    stopping: Callable[[], bool],
) -> tuple[Sequence[Run], float]:
    """Claim and execute until nothing is left: one run at a time, and more of those that are quick.

    Returned are the runs as they ended, and how many seconds they took.
    """
    ended: list[Run] = []
    making = 0.0
    while (limit is None or len(ended) < limit) and may_begin():
        most = shift.pace.size
        claimed = supply.next_runs(most if limit is None else min(most, limit - len(ended)))
        if not claimed:
            break
        with Batch(app, claimed, stopping, shift.renewal, supply.make_way) as batch:
            worked = _execute_all(batch, may_begin)
        ended += filter(batch.is_ours, worked)
        making += batch.seconds
        batch.set_pace(shift.pace)
    return ended, making


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
