"""Fleet queues: which message waits where, and how many runs are handed out at a time.

One queue for each class of runs, by the priority of their schedules, beside one for ticks and one for
deliveries. Nothing is remembered of what was handed out: how many messages wait tells how many of the
runs in turn are among them. Where that is wrong, a run is sent twice, or by the next tick; both are
harmless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from kombu.exceptions import OperationalError

from autopilot.domain.run import Run
from autopilot.service.context import App
from autopilot.service.fleet import queued_in_turn

log = structlog.get_logger(__name__)
TICKS, URGENT, USUAL, PATIENT, REST = ALL_QUEUES = (
    "autopilot.ticks",
    "autopilot.urgent",  # runs of a priority above 0
    "autopilot.usual",  # runs of priority 0
    "autopilot.patient",  # runs of a priority below 0
    "autopilot.rest",  # deliveries and errands
)
CLASSES = (URGENT, USUAL, PATIENT)
AHEAD = 200  # runs that wait with the broker at most; the others wait in the store
LOW = 20  # where so few are left, more are handed out
RETRIES = {"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}


def queue_of(run: Run) -> str:
    """Return the queue of a run's class."""
    if run.priority > 0:
        return URGENT
    return PATIENT if run.priority < 0 else USUAL


class Broker:
    """The broker, as the tasks see it; one that does not answer is told of, and waited for."""

    def __init__(self, celery: Any, *, execute: str) -> None:
        self._celery = celery
        self._execute = execute

    def hand_out(self, app: App) -> None:
        """Send the runs in turn that do not wait with the broker yet."""
        found = queued_in_turn(app, most=AHEAD)
        if not found:
            return
        classes: dict[str, list[Run]] = defaultdict(list)
        for run in found:
            classes[queue_of(run)].append(run)
        with self._talking() as producer:
            for name, runs in classes.items():
                # The first in turn were sent first: they are what still waits.
                new = runs[_waiting(producer, name) :]
                for run in new:
                    self._send(producer, self._execute, name, str(run.id))
                if new:
                    log.info("Runs were handed out.", action="hand_out", queue=name, count=len(new))

    def has_more_ticks(self) -> bool:
        """Whether another tick waits, which will do what this one would."""
        more = 0
        with self._talking() as producer:
            more = _waiting(producer, TICKS)
        return more > 0

    def top_up(self, app: App) -> None:
        """Hand out more when little is left, so that nobody waits for the next tick."""
        with self._talking() as producer:
            # At one number of messages and at none: not every process has to ask at each run.
            if sum(_waiting(producer, name) for name in CLASSES) in (0, LOW):
                self.hand_out(app)

    def send_once(self, task: str, queue: str) -> None:
        """Send a message without content, unless one waits already."""
        with self._talking() as producer:
            if not _waiting(producer, queue):
                self._send(producer, task, queue)

    def _send(self, producer: Any, task: str, queue: str, *given: str) -> None:
        self._celery.send_task(
            task, given, queue=queue, producer=producer, retry_policy=RETRIES, ignore_result=True
        )

    @contextmanager
    def _talking(self) -> Iterator[Any]:
        try:
            with self._celery.producer_pool.acquire(block=True) as producer:
                yield producer
        except OperationalError as error:
            log.warning(
                "The broker does not answer; what is queued waits in the store.",
                action="hand_out",
                error=str(error),
            )


def _waiting(producer: Any, queue: str) -> int:
    """How many messages wait in a queue, which is made where it is missing."""

    def declare(given: Any) -> int:
        declared = given.channel.queue_declare(
            queue=queue, durable=True, exclusive=False, auto_delete=False
        )
        return int(declared.message_count)

    asked: Callable[[Any], int] = producer.connection.ensure(producer, declare, **RETRIES)
    return asked(producer)
