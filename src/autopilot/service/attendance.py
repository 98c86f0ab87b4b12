"""Attendance: who ticks, and when the last good tick was, so that silence can be seen."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from autopilot import __version__
from autopilot.service.context import App
from autopilot.service.sending_guard import may_send
from autopilot.store import workers

KEPT = timedelta(days=1)  # a cron job that ticks every minute leaves 1,440 rows a day


def arrive(app: App) -> UUID:
    """Tell the store that somebody is here to tick, and return under which id.

    Those that left in good order more than a day ago are forgotten. The store learns where it is,
    so that a copy of it is known for one even where nothing was sent yet.
    """
    may_send(app)
    now = app.clock()
    worker = workers.Worker(
        id=uuid4(),
        hostname=socket.gethostname(),
        pid=os.getpid(),
        version=__version__,
        started_at=now,
        last_seen_at=now,
    )
    with app.database.begin() as connection:
        workers.forget_workers(connection, now - KEPT)
        workers.add_worker(connection, worker)
    return worker.id


@contextmanager
def present(app: App) -> Iterator[Callable[[], None]]:
    """Be known to the store for a while; what is given notes that a tick ended well."""
    worker_id = arrive(app)
    try:
        yield lambda: note_tick(app, worker_id)
    finally:
        leave(app, worker_id)


def note_tick(app: App, worker_id: UUID) -> None:
    """Note that a tick ended well."""
    with app.database.begin() as connection:
        workers.touch_worker(connection, worker_id, app.clock())


def leave(app: App, worker_id: UUID) -> None:
    """Note a departure in good order."""
    with app.database.begin() as connection:
        workers.stop_worker(connection, worker_id, app.clock())
