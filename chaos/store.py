"""Questions the campaign asks the store, past the proxy; the store may be down when it asks."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from autopilot.errors import StoreUnavailable
from autopilot.store.database import Database
from autopilot.store.tables import autopilot_schedules, issues, newsletter_runs, run_steps

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
LOCK_SECONDS = 1.5  # nobody but a frozen process holds SQLite's lock for so long
OPEN = ("queued", "running")


def ask(
    database: Database,
    question: Callable[[Connection], T],
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> T:
    """Return the answer, asking again while the store is down; raises StoreUnavailable in the end."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            with database.read() as connection:
                return question(connection)
        except StoreUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def run_states(database: Database) -> Counter[str]:
    """Return how many runs stand in each status."""
    query = select(newsletter_runs.c.status, func.count()).group_by(newsletter_runs.c.status)
    rows = ask(database, lambda connection: connection.execute(query).all(), patience_seconds=1)
    return Counter({row.status: row[1] for row in rows})


class Standing(NamedTuple):
    """How a run stands; `deaths` counts the workers it lost."""

    epoch: int
    status: str
    deaths: int


def standings(database: Database, run_ids: Iterable[str]) -> dict[str, Standing]:
    """Return how these runs stand."""
    runs = newsletter_runs.c
    query = select(runs.id, runs.epoch, runs.status, runs.deaths).where(
        runs.id.in_([UUID(run_id) for run_id in run_ids])
    )
    rows = ask(database, lambda connection: connection.execute(query).all(), patience_seconds=1)
    return {row.id.hex: Standing(row.epoch, row.status, row.deaths) for row in rows}


def snapshot(database: Database, run_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of a run: its own, its steps', its issue's."""
    run = UUID(run_id)
    queries = {
        "newsletter_runs": select(newsletter_runs).where(newsletter_runs.c.id == run),
        "run_steps": select(run_steps).where(run_steps.c.run_id == run).order_by(run_steps.c.step),
        "issues": select(issues).where(issues.c.run_id == run),
    }

    def look(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
        return {
            name: [tuple(map(repr, row)) for row in connection.execute(query)]
            for name, query in queries.items()
        }

    return ask(database, look)


def is_locked(database: Database) -> bool:
    """Whether somebody keeps the whole store from being written (SQLite only).

    A frozen reader does so as much as a frozen writer, hence EXCLUSIVE.
    """
    if database.is_postgres:
        return False
    connection = sqlite3.connect(str(database.engine.url.database), timeout=LOCK_SECONDS)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


def wait_for(database: Database) -> None:
    """Return once the store answers."""
    ask(database, lambda connection: connection.execute(text("SELECT 1")).all())


def open_until(database: Database, until: datetime) -> int:
    """Return how many schedules are due and runs are open for slots up to an instant."""
    runs, schedules = newsletter_runs.c, autopilot_schedules.c
    due = select(func.count()).where(schedules.enabled, schedules.next_run_at <= until)
    going = select(func.count()).where(runs.status.in_(OPEN), runs.scheduled_for <= until)
    return ask(
        database, lambda connection: (connection.scalar(due) or 0) + (connection.scalar(going) or 0)
    )
