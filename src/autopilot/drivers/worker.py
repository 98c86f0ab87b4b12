"""The worker: tick, sleep until the next thing is due, tick again, until it is asked to stop."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from autopilot import __version__
from autopilot.errors import AutopilotError
from autopilot.service.context import App
from autopilot.service.tick import TickReport, next_wake, tick
from autopilot.store import workers

log = structlog.get_logger(__name__)
LONGEST_RETRY_SECONDS = 30.0
FIRST_RETRY_SECONDS = 1.0
TICKS_PER_LEASE = 3
IDLE_PAUSE_SECONDS = (0.2, 0.6)


def run_worker(
    app: App,
    *,
    stop: threading.Event,
    on_tick: Callable[[TickReport], None] | None = None,
) -> None:
    """Work until `stop` is set: the step in hand ends, what is left goes back to the queue.

    A store that does not answer is waited for, with growing pauses; whatever a tick meets is
    logged and never ends the worker.
    """
    worker_id = _register(app, stop)
    pause = FIRST_RETRY_SECONDS
    while not stop.is_set():
        try:
            # A long queue is left now and then, to see to slots and dead workers in between.
            until = app.clock() + app.settings.lease / TICKS_PER_LEASE
            report = tick(app, deadline=until, stopping=stop.is_set)
            with app.database.begin() as connection:
                workers.touch_worker(connection, worker_id, app.clock())
            if on_tick is not None:
                on_tick(report)
            seconds = _seconds_until(app, next_wake(app, app.clock()), report)
            pause = FIRST_RETRY_SECONDS
        except AutopilotError as error:
            log.warning("A tick failed; trying again.", error=str(error), pause_seconds=pause)
            seconds, pause = pause, min(pause * 2, LONGEST_RETRY_SECONDS)
        except Exception:  # a fault of ours must not silence every schedule
            log.exception("A tick met a fault of Autopilot's own; trying again.")
            seconds, pause = pause, min(pause * 2, LONGEST_RETRY_SECONDS)
        stop.wait(seconds)
    _leave(app, worker_id)


def _register(app: App, stop: threading.Event) -> UUID:
    """Tell the store that a worker is here; waits for a store that does not answer yet."""
    worker_id = uuid4()
    pause = FIRST_RETRY_SECONDS
    while not stop.is_set():
        try:
            with app.database.begin() as connection:
                workers.add_worker(connection, _worker(worker_id, app.clock()))
            break
        except AutopilotError as error:
            log.warning("The store does not answer; waiting.", error=str(error))
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_RETRY_SECONDS)
    log.info("A worker is at work.", action="start", worker_id=str(worker_id), pid=os.getpid())
    return worker_id


def _worker(worker_id: UUID, now: datetime) -> workers.Worker:
    return workers.Worker(
        id=worker_id,
        hostname=socket.gethostname(),
        pid=os.getpid(),
        version=__version__,
        started_at=now,
        last_seen_at=now,
    )


def _leave(app: App, worker_id: UUID) -> None:
    try:
        with app.database.begin() as connection:
            workers.stop_worker(connection, worker_id, app.clock())
    except AutopilotError as error:
        log.warning("The store did not take the goodbye.", error=str(error))
    log.info("The worker has stopped.", action="stop", worker_id=str(worker_id))


def _seconds_until(app: App, moment: datetime, report: TickReport) -> float:
    """How long to sleep. What is due and was not had is in another worker's hands: asking for it
    again at once would only take the processor from whoever has it.
    """
    least = 0.0 if report.did_something else random.uniform(*IDLE_PAUSE_SECONDS)  # noqa: S311
    return max(least, (moment - app.clock()).total_seconds())
