"""Celery beat: the schedules are in beat's own memory and file, and become messages when due."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.beat import EmbeddedService
from celery.schedules import BaseSchedule, schedstate

from benchmarks.case import Case
from benchmarks.peers.celery5 import CeleryPeer

DAY = 86400.0


def open_peer(case: Case) -> CeleryBeat:
    """Return beat and a worker on the case's Redis."""
    return CeleryBeat(case)


class Daily(BaseSchedule):  # type: ignore[misc]
    """Due once at a moment and every day after it."""

    def __init__(self, due: float, **how: Any) -> None:
        super().__init__(**how)
        self.due = due

    def __reduce__(self) -> tuple[type, tuple[float]]:
        return type(self), (self.due,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Daily) and self.due == other.due

    def __hash__(self) -> int:
        return hash(self.due)

    def remaining_estimate(self, last_run_at: Any) -> timedelta:
        """Say how long it is until the moment."""
        return timedelta(seconds=max(0.0, self.due - time.time()))

    def is_due(self, last_run_at: Any) -> schedstate:
        """Say whether the moment came after the last run, and when to look again."""
        now = time.time()
        if now < self.due:
            return schedstate(is_due=False, next=self.due - now)
        has_run = last_run_at.timestamp() >= self.due
        return schedstate(is_due=not has_run, next=self.due + DAY - now)


class CeleryBeat(CeleryPeer):
    """Beat as a thread beside the worker, as `celery worker --beat` has it."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        if case.measure == "serve":
            self.fill(case.stored, time.time() + DAY)

    def fill(self, count: int, due: float) -> None:
        """Give beat its entries."""
        self.app.conf.beat_schedule = {
            f"job {number}": {"task": "job", "schedule": Daily(due), "args": (number,)}
            for number in range(count)
        }

    def work(self) -> None:
        """Start beat, then the worker."""
        self.app.conf.beat_schedule_filename = str(
            Path(tempfile.mkdtemp(prefix="autopilot-bench-beat-")) / "schedule"
        )
        EmbeddedService(self.app, thread=True).start()
        super().work()
