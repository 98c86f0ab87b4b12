"""APScheduler 3 with its default job store, in memory."""

from __future__ import annotations

from datetime import UTC, datetime

from apscheduler.schedulers.blocking import BlockingScheduler

from benchmarks.case import Case
from benchmarks.marker import job


def open_peer(_case: Case) -> ApschedulerMemory:
    """Return APScheduler with nothing but the markers in the store."""
    return ApschedulerMemory()


class ApschedulerMemory:
    """Schedules that live and die with the process."""

    ends_itself = False

    def __init__(self) -> None:
        self.scheduler = BlockingScheduler(timezone=UTC)

    def fill(self, count: int, due: float) -> None:
        """Add daily jobs."""
        first = datetime.fromtimestamp(due, UTC)
        for number in range(count):
            self.scheduler.add_job(
                job,
                "cron",
                hour=first.hour,
                minute=first.minute,
                second=first.second,
                next_run_time=first,
                misfire_grace_time=None,
                args=[number],
            )

    def work(self) -> None:
        """Run the scheduler in this thread; its pool runs the jobs."""
        self.scheduler.start()
