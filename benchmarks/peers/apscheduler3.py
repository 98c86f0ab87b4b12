"""APScheduler 3 with its SQLAlchemy job store."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import Engine, create_engine, event, insert

from benchmarks.case import Case
from benchmarks.marker import sqlite_pragmas


def open_peer(case: Case) -> Apscheduler:
    """Return APScheduler on the case's store."""
    return Apscheduler(case)


def engine_for(case: Case) -> Engine:
    """Return an engine with the durability of the run."""
    if not case.is_sqlite:
        return create_engine(case.url)
    engine = create_engine(case.url)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        for statement in sqlite_pragmas(case):
            connection.execute(statement)

    return engine


class Apscheduler:
    """One scheduler with the default thread pool; daily jobs that never count as missed."""

    ends_itself = False

    def __init__(self, case: Case) -> None:
        self.store = SQLAlchemyJobStore(engine=engine_for(case))

    def fill(self, count: int, due: float) -> None:
        """Store daily jobs: one through the library, the rest as copies of its row."""
        first = datetime.fromtimestamp(due, UTC)
        scheduler = BackgroundScheduler(jobstores={"default": self.store}, timezone=UTC)
        scheduler.start(paused=True)
        job = scheduler.add_job(
            "benchmarks.marker:job",
            "cron",
            hour=first.hour,
            minute=first.minute,
            second=first.second,
            next_run_time=first,
            misfire_grace_time=None,
            max_instances=1,
            args=["template"],
        )
        state = job.__getstate__()
        job.remove()
        tag = f"{due:.6f}"
        with self.store.engine.begin() as connection:
            for start in range(0, count, 10_000):
                rows = [
                    self._row(state, f"{tag} {number}", due)
                    for number in range(start, min(count, start + 10_000))
                ]
                connection.execute(insert(self.store.jobs_t), rows)

    def work(self) -> None:
        """Run the scheduler in this thread; its pool runs the jobs."""
        BlockingScheduler(jobstores={"default": self.store}, timezone=UTC).start()

    def _row(self, state: dict[str, Any], key: str, due: float) -> dict[str, Any]:
        own = {**state, "id": key, "args": (key,)}
        return {"id": key, "next_run_time": due, "job_state": pickle.dumps(own, 5)}
