"""The job of every system: commit one marker row in the store, and know when the last one is in."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any

from benchmarks.case import Case

TABLE = "CREATE TABLE IF NOT EXISTS markers (key TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)"


def connect(case: Case) -> Any:
    """Return an autocommit connection to the case's SQL store, with the durability of the run."""
    if case.is_sqlite:
        return connect_sqlite(case)
    import psycopg

    return psycopg.connect(case.address, autocommit=True)


def connect_sqlite(case: Case) -> sqlite3.Connection:
    """Return a connection whose journal mode and synchronous level are those of every system."""
    connection = sqlite3.connect(
        case.address, timeout=30, isolation_level=None, check_same_thread=False
    )
    for statement in sqlite_pragmas(case):
        connection.execute(statement)
    return connection


def sqlite_pragmas(case: Case) -> tuple[str, ...]:
    """Return the statements that make any SQLite connection one of this run's."""
    return (
        "PRAGMA busy_timeout = 30000",
        f"PRAGMA journal_mode = {case.journal}",
        "PRAGMA synchronous = NORMAL",
    )


class Markers:
    """Writes markers from any thread and counts down to the last one."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.done = threading.Event()
        self.finished_at = 0.0
        self._left = case.count
        self._counting = threading.Lock()
        self._own = threading.local()
        # SQLite has one writer at a time: threads that share a connection do not wait in its
        # busy loop. PostgreSQL commits several at once: there each thread has its own.
        self._shared = connect(case) if case.is_sqlite else None
        self._writing = threading.Lock()

    def write(self, key: str) -> None:
        """Commit one row."""
        if self._shared is not None:
            with self._writing:
                self._shared.execute("INSERT INTO markers VALUES (?, ?)", (key, time.time()))
        else:
            if not hasattr(self._own, "connection"):
                self._own.connection = connect(self.case)
            self._own.connection.execute("INSERT INTO markers VALUES (%s, %s)", (key, time.time()))
        with self._counting:
            self._left -= 1
            if self._left == 0:
                self.finished_at = time.perf_counter()
                self.done.set()


_current: list[Markers] = []


def open_markers(case: Case) -> Markers:
    """Make the table and let `job` write to it."""
    connection = connect(case)
    connection.execute(TABLE)
    connection.close()
    _current[:] = [Markers(case)]
    return _current[0]


def job(key: object) -> None:
    """Do what every system is asked to do: nothing, durably."""
    _current[0].write(str(key))


def count_markers(case: Case) -> tuple[int, int]:
    """Return how many markers there are, and how many different ones."""
    connection = connect(case)
    total, different = connection.execute(
        "SELECT count(*), count(DISTINCT key) FROM markers"
    ).fetchone()
    connection.close()
    return total, different


def marked_at(case: Case) -> list[float]:
    """Return when each marker was written, in order."""
    connection = connect(case)
    rows = connection.execute("SELECT at FROM markers ORDER BY at").fetchall()
    connection.close()
    return [row[0] for row in rows]
