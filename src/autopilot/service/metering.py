"""Metering: what a watcher counts of a whole installation; it names nobody and nothing of anybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from autopilot.domain.delivery import DeliveryStatus
from autopilot.domain.run import RunStatus
from autopilot.service.attendance import LATE_AFTER_POLLS
from autopilot.service.budget_watch import count_budgets
from autopilot.service.context import App
from autopilot.service.sending_guard import why_not
from autopilot.service.source_health import FAILING_AFTER
from autopilot.service.status import living_workers
from autopilot.service.thresholds import Measured, measure
from autopilot.settings import Settings
from autopilot.store import deliveries, metering, workers

DAY = timedelta(days=1)
OVERDUE_AFTER = timedelta(minutes=5)
KEPT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """An installation in numbers. `runs` and `deliveries` count those of the last 24 hours by status,
    `lateness` has the seconds by which slots' runs began late, sorted; `last_tick_at` is None where
    nobody ever ticked, `may_send` False where nothing may leave this store. `budgets` counts the
    workspaces with a monthly limit by what is left of it, `measured` is held against `thresholds`.
    """

    at: datetime
    things: Mapping[str, int]
    due: int
    overdue: int
    queued: int
    running: int
    runs: Mapping[str, int]
    lateness: Sequence[float]
    deliveries: Mapping[str, int]
    to_deliver: int
    workers: int
    last_tick_at: datetime | None
    failing_sources: int
    usd_this_month: float
    budgets: Mapping[str, int]
    measured: Measured
    thresholds: Mapping[str, float]
    may_send: bool

    def lateness_at(self, quantile: float) -> float:
        """Return the lateness that this share of runs did not exceed; 0 where there are none."""
        if not self.lateness:
            return 0.0
        return self.lateness[min(int(quantile * len(self.lateness)), len(self.lateness) - 1)]


def read_figures(app: App) -> Figures:
    """Return the figures as they are now."""
    now, may_send = app.clock(), why_not(app) is None
    since = now - DAY
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with app.database.read() as connection:
        open_runs = metering.count_open_runs(connection)
        runs = metering.count_runs_since(connection, since)
        sent = metering.count_deliveries_since(connection, since)
        measured = measure(connection, app.settings, now)
        return Figures(
            at=now,
            things=metering.count_things(connection),
            due=metering.count_due(connection, now),
            overdue=metering.count_due(connection, now - OVERDUE_AFTER),
            queued=open_runs.get(RunStatus.QUEUED, 0),
            running=open_runs.get(RunStatus.RUNNING, 0),
            runs={status.value: runs.get(status, 0) for status in RunStatus},
            lateness=sorted(one.lateness.total_seconds() for one in measured.starts),
            deliveries={status.value: sent.get(status, 0) for status in DeliveryStatus},
            to_deliver=deliveries.count_waiting(connection),
            workers=len(living_workers(connection, now, app.settings.poll_interval)),
            last_tick_at=workers.last_tick_at(connection),
            failing_sources=metering.count_failing_sources(connection, failures=FAILING_AFTER),
            usd_this_month=metering.micro_usd_since(connection, month) / 1_000_000,
            budgets=count_budgets(connection, app.settings, now),
            measured=measured,
            thresholds=thresholds_of(app.settings),
            may_send=may_send,
        )


def thresholds_of(settings: Settings) -> Mapping[str, float]:
    """Return each threshold in the unit of what is held against it: seconds, or shares of one."""
    return {
        "silent": (LATE_AFTER_POLLS * settings.poll_interval).total_seconds(),
        "tick": settings.alert_tick_seconds,
        "late": settings.alert_late_seconds,
        "failed": settings.alert_failed_percent / 100,
        "uptime": settings.alert_uptime_percent / 100,
    }


class Gauge:
    """Reads the figures at most once in ten seconds, however many ask; of many at once one reads."""

    def __init__(self, read: Callable[[App], Figures] = read_figures) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._last: Figures | None = None

    def figures(self, app: App) -> Figures:
        """Return the figures, up to ten seconds old."""
        with self._lock:
            last, now = self._last, app.clock()
            if last is None or not timedelta(0) <= now - last.at < KEPT:
                last = self._last = self._read(app)
            return last
