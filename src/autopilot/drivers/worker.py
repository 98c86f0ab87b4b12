"""The worker: tick, sleep until the next thing is due, tick again, until it is asked to stop."""

from __future__ import annotations

import gc
import random
import threading
from collections.abc import Callable
from contextlib import closing
from uuid import UUID

import structlog

from autopilot.drivers.pinging import Pinging
from autopilot.drivers.postman import Postman
from autopilot.drivers.spare_time import SpareTime
from autopilot.errors import AutopilotError
from autopilot.service.attendance import arrive, leave, note_tick
from autopilot.service.context import App
from autopilot.service.newer_tables import newer_tables
from autopilot.service.recompute import recompute
from autopilot.service.shift import Shift
from autopilot.service.tick import TickReport, next_wake, tick
from autopilot.service.warming import warm_up
from autopilot.store.changes import Changes, watch

log = structlog.get_logger(__name__)
LONGEST_RETRY_SECONDS = 30.0
FIRST_RETRY_SECONDS = 1.0
TICKS_PER_LEASE = 3
LAST_ERRAND_SECONDS = 2.0
LAST_MAIL_SECONDS = 9.0
# What was due when a tick began, and was not had, is in another worker's hands: asking for it again
# at once would only take the processor from whoever has it.
IDLE_PAUSE_SECONDS = (0.2, 0.6)


def run_worker(
    app: App,
    *,
    stop: threading.Event,
    on_tick: Callable[[TickReport], None] | None = None,
) -> None:
    """Work until `stop` is set: the step in hand ends, what is left goes back to the queue.

    A store that does not answer is waited for, with growing pauses; whatever a tick meets is
    logged and never ends the worker, but for tables of a newer program that it failed on: then it
    claims no more and raises SchemaMismatch.
    """
    worker_id = _arrive(app, stop)
    if worker_id is None:
        return
    pause, newer = FIRST_RETRY_SECONDS, None
    longest = max(FIRST_RETRY_SECONDS, app.settings.poll_interval.total_seconds())
    spare_time, watcher, is_warm = SpareTime(app), Pinging(app), False
    postman = Postman(app, stop)
    watching = watch(app.database, direct_url=app.settings.database_direct_url)
    with closing(watching) as changes, Shift(app) as shift:
        while not stop.is_set():
            try:
                report = _tick(app, worker_id, stop, shift)
                if on_tick is not None:
                    on_tick(report)
                if not is_warm:
                    _warm_up(app, shift)
                    is_warm = True
                changes.catch_up()  # before all that follows asks the store what there is
                watcher.note_good_tick()
                spare_time.use()
                postman.use()
                _sleep(app, report, changes, stop, on_change=postman.use)
                pause = FIRST_RETRY_SECONDS
            except AutopilotError as error:
                if (newer := newer_tables(app)) is not None:
                    break
                log.warning(
                    "A tick failed; trying again.",
                    action="tick",
                    error=str(error),
                    pause_seconds=pause,
                )
                pause = min(_rest(stop, pause), longest)
            except Exception:  # a fault of ours must not silence every schedule
                log.exception("A tick met a fault of Autopilot's own; trying again.", action="tick")
                pause = min(_rest(stop, pause), longest)
    spare_time.wait(LAST_ERRAND_SECONDS)
    postman.wait(LAST_MAIL_SECONDS)
    _leave(app, worker_id)
    if newer is not None:
        raise newer


def _warm_up(app: App, shift: Shift) -> None:
    """Make ready what the first slot would have to wait for."""
    warm_up(app)
    shift.renewal.start()
    # What is there by now stays: to look through it for garbage takes 0.1 s, maybe while a slot is due.
    gc.freeze()


def _tick(app: App, worker_id: UUID, stop: threading.Event, shift: Shift) -> TickReport:
    # A long queue is left now and then, to see to slots and dead workers in between.
    until = app.clock() + app.settings.lease / TICKS_PER_LEASE
    report = tick(app, deadline=until, stopping=stop.is_set, shift=shift)
    note_tick(app, worker_id, seconds=report.seconds)
    return report


def _sleep(
    app: App,
    report: TickReport,
    changes: Changes,
    stop: threading.Event,
    *,
    on_change: Callable[[], None],
) -> None:
    """Sleep until the next thing is due; what others write meanwhile only moves that time."""
    while not stop.is_set():
        wake = next_wake(app, report.started_at)
        if wake == report.started_at and not report.did_something:
            stop.wait(random.uniform(*IDLE_PAUSE_SECONDS))  # noqa: S311
            return
        now = app.clock()
        if now < report.started_at:
            return  # the clock was set back: what is due is another question now
        seconds = (wake - now).total_seconds()
        if seconds <= 0 or not changes.wait(seconds, stop):
            return
        on_change()


def _rest(stop: threading.Event, seconds: float) -> float:
    """Wait after a fault, and return how long to wait after the next one."""
    stop.wait(seconds)
    return min(seconds * 2, LONGEST_RETRY_SECONDS)


def _arrive(app: App, stop: threading.Event) -> UUID | None:
    """See to the calendar and register; waits for a store that does not answer yet."""
    pause = FIRST_RETRY_SECONDS
    while not stop.is_set():
        try:
            recompute(app)
            worker_id = arrive(app)
        except AutopilotError as error:
            log.warning("The store does not answer; waiting.", action="wait", error=str(error))
            pause = _rest(stop, pause)
        else:
            log.info("A worker is at work.", action="start", worker_id=str(worker_id))
            return worker_id
    return None


def _leave(app: App, worker_id: UUID) -> None:
    try:
        leave(app, worker_id)
    except AutopilotError as error:
        log.warning("The store did not take the goodbye.", action="stop", error=str(error))
    log.info("The worker has stopped.", action="stop", worker_id=str(worker_id))
