"""Attendance: who ticks, and when the last good tick was, so that silence can be seen."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from autopilot import __version__
from autopilot.service.context import App
from autopilot.service.sending_guard import may_send
from autopilot.settings import Settings
from autopilot.store import stretches, workers

DAY = timedelta(days=1)
APART = DAY  # a cron job that ticks every minute leaves 1,440 rows a day; older ones are joined
KEPT = timedelta(days=40)  # the month that is counted, and some days to look back
LATE_AFTER_POLLS = 3
SHORTEST_SILENCE = timedelta(minutes=5)


def longest_silence(settings: Settings) -> timedelta:
    """Return for how long nobody may tick before it counts as silence: three polls, or five minutes."""
    return max(LATE_AFTER_POLLS * settings.poll_interval, SHORTEST_SILENCE)


def arrive(app: App) -> UUID:
    """Tell the store that somebody is here to tick, and return under which id.

    Those that ended more than a day ago are joined to stretches, and old ones forgotten. The store
    learns where it is, so that a copy of it is known for one even where nothing was sent yet.
    """
    may_send(app)
    now = app.clock()
    worker = _worker(uuid4(), now)
    with app.database.begin() as connection:
        stretches.join_stretches(
            connection,
            before=now - APART,
            silence=longest_silence(app.settings),
            forget=now - KEPT,
        )
        workers.add_worker(connection, worker)
    return worker.id


@contextmanager
def present(app: App) -> Iterator[Callable[[float], None]]:
    """Be known to the store for a while; what is given notes a good tick and how long it took."""
    worker_id = arrive(app)
    try:
        yield lambda seconds: note_tick(app, worker_id, seconds=seconds)
    finally:
        leave(app, worker_id)


def note_tick(app: App, worker_id: UUID, *, seconds: float | None = None) -> None:
    """Note that a tick ended well, and how long it took without the making of issues.

    After a long silence (a machine that slept, a store that was away) a new stretch begins.
    """
    now = app.clock()
    with app.database.begin() as connection:
        is_noted = workers.touch_worker(
            connection,
            worker_id,
            now,
            heard_since=now - longest_silence(app.settings),
            seconds=seconds,
            day=now - DAY,
        )
        if not is_noted:
            anew = replace(_worker(worker_id, now), last_tick_at=now, last_tick_seconds=seconds)
            if seconds is not None:
                anew = replace(anew, slowest_tick_seconds=seconds, slowest_tick_at=now)
            stretches.begin_stretch(connection, anew)


def leave(app: App, worker_id: UUID) -> None:
    """Note a departure in good order."""
    with app.database.begin() as connection:
        workers.stop_worker(connection, worker_id, app.clock())


def _worker(worker_id: UUID, now: datetime) -> workers.Worker:
    return workers.Worker(
        id=worker_id,
        hostname=socket.gethostname(),
        pid=os.getpid(),
        version=__version__,
        started_at=now,
        last_seen_at=now,
    )
