"""Huey as the clock: one periodic task that makes a pass, in a consumer of its own.

`python -m autopilot.drivers.on_huey` is the whole program; its queue is a file in the data folder, or
Redis where AUTOPILOT_HUEY_URL says so. Whoever runs a consumer already adds the task with `add_pass`.
What is due stands in the store: an empty queue, or one with a pass too many, changes nothing.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from autopilot.drivers.calm_pass import pass_calmly
from autopilot.drivers.starting import run_program, stopped_by_signals
from autopilot.service.context import App
from autopilot.service.lease import never
from autopilot.settings import Settings

log = structlog.get_logger(__name__)
TASK = "autopilot.pass"
NAME = "autopilot"
MINUTE_SECONDS = 60  # of Huey's clock, which asks once a minute
STORE_FILE = "huey.db"
LOOK_SECONDS = 10.0


class JsonMessages:
    """Messages as JSON in place of Huey's own pickles, with which whoever may write to the queue
    could run code here.
    """

    def serialize(self, message: Any) -> bytes:
        """Return a message without arguments as JSON."""
        ends = message.expires_resolved
        values = {"id": message.id, "name": message.name, "expires": ends and ends.isoformat()}
        return json.dumps(values).encode()

    def deserialize(self, content: bytes) -> Any:
        """Return the message; raises ValueError or KeyError for anything else."""
        from huey.registry import Message

        values = json.loads(content)
        ends = values["expires"] and datetime.fromisoformat(values["expires"])
        nothing = dict.fromkeys(Message._fields)
        return Message(
            **nothing
            | {"id": values["id"], "name": values["name"], "args": (), "kwargs": {}}
            | {"retries": 0, "retry_delay": 0, "expires_resolved": ends}
        )


def build_huey(settings: Settings) -> Any:
    """Return the Huey of these settings: in Redis, or in a file of the data folder."""
    from huey import RedisHuey, SqliteHuey

    how = {"results": False, "serializer": JsonMessages()}
    if settings.huey_url is not None:
        return RedisHuey(NAME, url=settings.huey_url.get_secret_value(), **how)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(NAME, filename=str(settings.data_dir / STORE_FILE), **how)


def add_pass(huey: Any, app: App, *, stopping: Callable[[], bool] = never) -> None:
    """Let a Huey make a pass every minute, and one when its consumer starts.

    A pass that nobody began within the minute is dropped: the next one does its work. `stopping`
    ends a pass after the step in hand.
    """

    def make_pass() -> None:
        pass_calmly(app, stopping)

    huey.periodic_task(_always, name=TASK, expires=MINUTE_SECONDS)(make_pass)


def run_clock(app: App, stop: threading.Event) -> None:
    """Run a consumer until `stop` is set; the step in hand ends, what is left goes back to the queue."""
    logging.getLogger("huey").setLevel(logging.WARNING)
    huey = build_huey(app.settings)
    add_pass(huey, app, stopping=stop.is_set)
    consumer = huey.create_consumer(workers=1)
    consumer.start()
    log.info("Huey makes passes.", action="start")
    # Starting, it took the signals for itself, and one of them would kill the pass: they come back.
    with stopped_by_signals(stop):
        while not stop.wait(LOOK_SECONDS):
            consumer.check_worker_health()
    consumer.stop(graceful=True)
    log.info("Huey has stopped.", action="stop")


def _always(_now: datetime) -> bool:
    return True


if __name__ == "__main__":
    sys.exit(run_program(run_clock))
