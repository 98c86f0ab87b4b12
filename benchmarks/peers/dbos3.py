"""DBOS Transact on PostgreSQL, without its Conductor."""

from __future__ import annotations

import time

import sqlalchemy
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions

from benchmarks.case import Case
from benchmarks.marker import job

IMMEDIATE_SECONDS = 1.0
QUEUE = "bench"


def open_peer(case: Case) -> Dbos:
    """Return DBOS on the case's store, with its tables."""
    return Dbos(case)


class Dbos:
    """One executor; jobs are workflows that wait in a queue."""

    ends_itself = False

    def __init__(self, case: Case) -> None:
        self.case = case
        config: DBOSConfig = {
            "name": "bench",
            "system_database_url": case.url,
            "application_version": "1",
            "log_level": "CRITICAL",
            "enable_otlp": False,
        }
        self.dbos = DBOS(config=config)
        DBOS.workflow(name="job")(_job)

    def fill(self, count: int, due: float) -> None:
        """Enqueue in one transaction."""
        if self.case.measure != "serve":
            DBOS.migrate(self.case.url)
        client = DBOSClient(system_database_url=self.case.url)
        client.register_queue(QUEUE)
        engine = sqlalchemy.create_engine(self.case.url)
        with engine.begin() as connection:
            for number in range(count):
                wait = due - time.time()
                options: EnqueueOptions = {
                    "workflow_name": "job",
                    "queue_name": QUEUE,
                    "app_version": "1",
                }
                if wait > IMMEDIATE_SECONDS:
                    options["delay_seconds"] = wait
                client.enqueue_in_transaction(connection, options, str(number))
        client.destroy()

    def work(self) -> None:
        """Launch the executor."""
        DBOS.launch()
        while True:
            time.sleep(60)


def _job(key: str) -> None:
    job(key)
