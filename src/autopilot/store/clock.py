"""The database's clock: one time for all workers of one PostgreSQL, however their own clocks go."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from autopilot.domain.instants import as_utc
from autopilot.errors import StoreUnavailable
from autopilot.store.database import Database

RESET_SECONDS = 30.0


class DatabaseClock:
    """Tells the server's time, asked for now and then and carried on by this machine's monotonic
    clock in between, so that a step of the local wall clock changes nothing.

    While the server does not answer, the last answer is carried on.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._setting = threading.Lock()
        self._read_at = float("-inf")
        self._time = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time: aware, in UTC."""
        with self._setting:
            elapsed = time.monotonic() - self._read_at
            if elapsed > RESET_SECONDS:
                self._set(first=elapsed == float("inf"))
                elapsed = time.monotonic() - self._read_at
            return self._time + timedelta(seconds=elapsed)

    def _set(self, *, first: bool) -> None:
        try:
            with self._database.read() as connection:
                before = time.monotonic()
                told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
                after = time.monotonic()
        except StoreUnavailable:
            if first:
                raise
            return
        self._time, self._read_at = as_utc(told), (before + after) / 2
