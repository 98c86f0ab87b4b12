"""APScheduler 3 as the clock: one job that makes a pass, in a process of its own.

`python -m autopilot.drivers.on_apscheduler` is the whole program. Whoever runs a scheduler already
adds the job to it with `add_pass`. What is due stands in the store, so the scheduler needs no job
store; a pass is never begun beside another one, and those that were missed become one.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

import structlog

from autopilot.drivers.calm_pass import pass_calmly
from autopilot.drivers.starting import run_program
from autopilot.service.context import App
from autopilot.service.lease import never

log = structlog.get_logger(__name__)
JOB = "autopilot.pass"


def add_pass(scheduler: Any, app: App, *, stopping: Callable[[], bool] = never) -> None:
    """Let a scheduler of APScheduler 3 make a pass now and after every poll interval.

    Added again it replaces the job. `stopping` ends a pass after the step in hand.
    """
    scheduler.add_job(
        pass_calmly,
        "interval",
        args=(app, stopping),
        seconds=app.settings.poll_interval.total_seconds(),
        next_run_time=app.clock(),
        id=JOB,
        name="make what is due",
        replace_existing=True,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,  # however late: what is due does not get less
    )


def run_clock(app: App, stop: threading.Event) -> None:
    """Make passes until `stop` is set; the step in hand ends, what is left goes back to the queue."""
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a pass that is skipped is no news
    scheduler = BackgroundScheduler(timezone="UTC")
    add_pass(scheduler, app, stopping=stop.is_set)
    scheduler.start()
    log.info("APScheduler makes passes.", action="start")
    stop.wait()
    scheduler.shutdown(wait=True)
    log.info("APScheduler has stopped.", action="stop")


if __name__ == "__main__":
    sys.exit(run_program(run_clock))
