"""Procrastinate on PostgreSQL."""

from __future__ import annotations

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector

from benchmarks.case import Case
from benchmarks.marker import connect, job


def open_peer(case: Case) -> Procrastinate:
    """Return Procrastinate on the case's store, with its tables."""
    return Procrastinate(case)


class Procrastinate:
    """One worker that runs one job at a time, listens and polls as by default."""

    ends_itself = False

    def __init__(self, case: Case) -> None:
        self.case = case
        if case.measure != "serve":
            self._make_tables()
        self.app = App(connector=PsycopgConnector(conninfo=case.address))

        @self.app.task(name="job")
        async def _job(key: str) -> None:
            job(key)

    def fill(self, count: int, due: float) -> None:
        """Store jobs by SQL; its triggers run as for jobs deferred one by one."""
        connection = connect(self.case)
        connection.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
            SELECT 'default', 'job', jsonb_build_object('key', gen_random_uuid()::text),
            to_timestamp(%s) FROM generate_series(1, %s)""",
            (due, count),
        )
        connection.close()

    def work(self) -> None:
        """Run the worker in this thread."""
        self.app.run_worker(install_signal_handlers=False)

    def _make_tables(self) -> None:
        with App(connector=SyncPsycopgConnector(conninfo=self.case.address)).open() as app:
            if not _has_tables(self.case):
                app.schema_manager.apply_schema()


def _has_tables(case: Case) -> bool:
    connection = connect(case)
    found = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()[0]
    connection.close()
    return found is not None
