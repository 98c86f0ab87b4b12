"""Celery 5 as a fleet: `celery -A autopilot.drivers.on_celery worker` on many machines, one `beat`.

Beat asks for a tick. Whoever gets it prepares what is due and sends one message for each queued run,
which carries nothing but the run's id; the claim in the database decides who executes it. A message
that is lost, late or redelivered is therefore harmless, and so is a worker that dies.
"""

from __future__ import annotations

import logging
import sys
from ctypes import c_bool
from datetime import timedelta
from functools import cache
from multiprocessing.sharedctypes import RawValue
from typing import Any
from uuid import UUID

import structlog
from celery import Celery, signals
from kombu import entity

from autopilot.drivers.fleet_member import FleetMember
from autopilot.drivers.fleet_queues import ALL_QUEUES, REST, RETRIES, TICKS, Broker
from autopilot.errors import SettingsInvalid
from autopilot.service.context import App
from autopilot.service.fleet import execute_run, has_rest, prepare
from autopilot.service.passing import do_rest
from autopilot.settings import Settings, load_settings
from autopilot.wiring import configure_logging

log = structlog.get_logger(__name__)
TICK, EXECUTE, DO_REST = "autopilot.tick", "autopilot.execute", "autopilot.rest"
LONGEST_TICK_SECONDS = 15.0
"""Nothing wakes beat when a slot comes, so it looks at least so often, whatever the poll interval."""
TICK_EXPIRES_SECONDS = 300.0  # ticks that nobody took are not made up for
REST_SECONDS = 20.0  # of deliveries at a time; then others have their turn
VISIBILITY_SECONDS = 3600
"""A message that was taken and not acknowledged comes again after this (Redis). Runs do not wait for
it: their lease ends long before, and the next tick hands them out again."""

_ending = RawValue(c_bool, False)  # set by the main process, seen by the children it forked


def __getattr__(name: str) -> Any:
    """Give `app` when Celery asks for it; importing this module reads no environment."""
    if name == "app":
        return _app_of_environment()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def build_celery(settings: Settings) -> Any:
    """Return the Celery application of these settings; no connection is opened yet."""
    celery = Celery("autopilot", broker=settings.celery_broker.get_secret_value())
    celery.conf.update(_configuration(settings))
    fleet = _Fleet(settings, celery)
    fleet.connect()
    _add_tasks(celery, fleet)
    return celery


def _add_tasks(celery: Any, fleet: _Fleet) -> None:
    """Celery reads what a task is given off plain functions only."""

    def tick() -> None:
        fleet.tick()

    def execute(run_id: str) -> None:
        fleet.execute(run_id)

    def rest() -> None:
        fleet.do_rest()

    for name, work in ((TICK, tick), (EXECUTE, execute), (DO_REST, rest)):
        celery.task(work, name=name, shared=False)


class _Fleet:
    """The tasks of a fleet, each a few lines over a verb."""

    def __init__(self, settings: Settings, celery: Any) -> None:
        self._settings = settings
        self._broker = Broker(celery, execute=EXECUTE)
        self._member = FleetMember(settings)

    def connect(self) -> None:
        """Listen to what Celery says of the life of its processes."""
        for signal, listener in (
            (signals.after_setup_logger, self._set_up_logging),
            (signals.worker_init, _warm_up),
            (signals.worker_process_shutdown, self._leave),
            (signals.worker_shutdown, self._leave),
            (signals.worker_shutting_down, _note_ending),
        ):
            signal.connect(listener, weak=False)

    def tick(self) -> None:
        """Prepare what is due and hand it out; of ticks that piled up the last one does it for all."""
        if self._broker.has_more_ticks():
            return

        def work(app: App) -> None:
            prepare(app)
            self._member.note_tick(app)
            self._broker.hand_out(app)
            self._see_to_the_rest(app)

        self._member.do(work)

    def execute(self, run_id: str) -> None:
        """Execute a run if it is still to be had, then hand out more where little waits."""
        try:
            wanted = UUID(run_id)
        except (ValueError, AttributeError, TypeError):
            log.warning("A message names no run; it is dropped.", action="execute")
            return

        def work(app: App) -> None:
            run = execute_run(app, wanted, stopping=_is_ending)
            if run is None:
                log.info("A run is not to be had; left.", action="execute", run_id=run_id)
            if not _is_ending():
                self._broker.top_up(app)
                self._see_to_the_rest(app)

        self._member.do(work)

    def do_rest(self) -> None:
        """Do errands and send what is due, for a while."""

        def work(app: App) -> None:
            deadline = app.clock() + timedelta(seconds=REST_SECONDS)
            do_rest(app, deadline=deadline, stopping=_is_ending)

        self._member.do(work)

    def _see_to_the_rest(self, app: App) -> None:
        if has_rest(app):
            self._broker.send_once(DO_REST, REST)

    def _set_up_logging(self, **_: object) -> None:
        configure_logging(self._settings.log_format)
        logging.getLogger("celery.worker.strategy").setLevel(logging.WARNING)  # each message twice
        logging.getLogger("celery.app.trace").setLevel(logging.WARNING)

    def _leave(self, **_: object) -> None:
        self._member.leave()


def _configuration(settings: Settings) -> dict[str, Any]:
    every = min(settings.poll_interval.total_seconds(), LONGEST_TICK_SECONDS)
    entry = {
        "task": TICK,
        "schedule": every,
        "options": {"queue": TICKS, "expires": TICK_EXPIRES_SECONDS},
    }
    return {
        "task_queues": [_queue(name) for name in ALL_QUEUES],
        "task_default_queue": TICKS,
        "task_create_missing_queues": False,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_serializer": "json",
        "task_send_sent_event": True,
        "accept_content": ["json"],
        "beat_schedule": {TICK: entry},
        "beat_scheduler": "celery.beat:Scheduler",  # what is due stands in the store, not in a file
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a broker that is away is waited for
        "broker_transport_options": _transport(settings),
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": True,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "enable_utc": True,
    }


def _queue(name: str) -> Any:
    kombu: Any = entity  # it has no types
    return kombu.Queue(name, kombu.Exchange(name), routing_key=name)


def _transport(settings: Settings) -> dict[str, Any]:
    if not settings.celery_broker.get_secret_value().startswith("redis"):
        return {**RETRIES}
    # In turn: with a fixed order, those that are read first would let the others starve.
    return {
        **RETRIES,
        "visibility_timeout": VISIBILITY_SECONDS,
        "queue_order_strategy": "round_robin",
    }


@cache
def _app_of_environment() -> Any:
    try:
        return build_celery(load_settings())
    except SettingsInvalid as error:
        sys.exit(f"Error: {error}\n{error.hint}")


def _warm_up(**_: object) -> None:
    """Load what makes issues before processes are forked, which then share it."""
    import autopilot.service.making  # noqa: F401


def _note_ending(**_: object) -> None:
    """From now on a run ends with the step in hand and goes back to the queue."""
    _ending.value = True


def _is_ending() -> bool:
    return bool(_ending.value)
