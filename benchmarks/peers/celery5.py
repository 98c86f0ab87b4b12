"""Celery with Redis: messages with or without an ETA; one worker in this process."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from celery import Celery

from benchmarks.case import Case
from benchmarks.marker import job

IMMEDIATE_SECONDS = 1.0


def open_peer(case: Case) -> CeleryPeer:
    """Return Celery on the case's Redis."""
    return CeleryPeer(case)


class CeleryPeer:
    """One worker with a solo pool: nothing is forked, nothing is waited for."""

    ends_itself = False

    def __init__(self, case: Case) -> None:
        self.case = case
        self.app = Celery("bench", broker=case.broker)
        self.app.conf.update(
            task_acks_late=True,  # at least once, like the others
            task_ignore_result=True,
            worker_hijack_root_logger=False,
            worker_redirect_stdouts=False,
            broker_connection_retry_on_startup=True,
        )
        self.task = self.app.task(name="job")(job)

    def fill(self, count: int, due: float) -> None:
        """Send one message for each job."""
        eta = None
        if due > time.time() + IMMEDIATE_SECONDS:
            eta = datetime.fromtimestamp(due, UTC)
        with self.app.producer_or_acquire() as producer:
            for number in range(count):
                self.task.apply_async((number,), eta=eta, producer=producer)

    def work(self) -> None:
        """Run the worker in this thread."""
        self.app.Worker(
            pool="solo", loglevel="CRITICAL", without_gossip=True, without_mingle=True, quiet=True
        ).start()
