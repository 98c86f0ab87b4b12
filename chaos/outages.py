"""Outages: what takes the store away from everybody for a while, one at a time, in its own thread.

Meanwhile workers go on dying and freezing; what they could not recover from then is counted apart.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable

import psycopg

from chaos.plan import CROWDS, LOCKS, RESTARTS, SQUEEZES
from chaos.squeeze import FULL, NONE, READ_ONLY, set_squeeze
from chaos.stage import Stage

LOCKED_SECONDS = (15.0, 18.0)  # longer than the product waits for a lock
LOCK_PATIENCE_SECONDS = 30.0
SQUEEZED_SECONDS = (2.0, 4.0)
CROWDED_SECONDS = (3.0, 5.0)
CROWD_PAUSE_SECONDS = 0.02


class Outages:
    """Causes them; `spans` are their beginnings and ends, `counts` how many there were of each."""

    def __init__(self, stage: Stage, rng: random.Random) -> None:
        self.spans: list[tuple[float, float]] = []
        self.counts: Counter[str] = Counter()
        self.caused: Counter[str] = Counter()  # by the name of the quota
        self._stage = stage
        self._rng = rng
        self._thread: threading.Thread | None = None
        self._ways: dict[str, Callable[[], str | None]] = {
            RESTARTS: self._restart,
            CROWDS: self._crowd,
            LOCKS: self._lock,
            SQUEEZES: self._squeeze,
        }

    @property
    def is_under_way(self) -> bool:
        """Whether the store is away, or only just coming back."""
        return self._thread is not None and self._thread.is_alive()

    def cause(self, name: str) -> None:
        """Begin one unless one is under way."""
        if not self.is_under_way:
            self._thread = threading.Thread(target=self._last, args=(name,))
            self._thread.start()

    def join(self) -> None:
        """Wait for the end of the one under way."""
        if self._thread is not None:
            self._thread.join()

    def _last(self, name: str) -> None:
        began = time.time()
        what = self._ways[name]()
        self.spans.append((began, time.time()))
        if what is not None:
            self.counts[what] += 1
            self.caused[name] += 1

    def _restart(self) -> str:
        assert self._stage.postgres is not None
        return f"PostgreSQL taken down: {self._stage.postgres.restart(self._rng)}"

    def _crowd(self) -> str:
        """Take every connection the server allows, and those of the workers as they are cut."""
        assert self._stage.postgres is not None
        assert self._stage.proxy is not None
        address = self._stage.postgres.direct_url.replace("+psycopg", "")
        until = time.monotonic() + self._rng.uniform(*CROWDED_SECONDS)
        with contextlib.ExitStack() as held:
            was_full = False
            while time.monotonic() < until:
                try:
                    held.enter_context(contextlib.closing(psycopg.connect(address)))
                except psycopg.OperationalError:
                    if not was_full:
                        self._stage.network.call(self._stage.proxy.abort_all)
                    was_full = True
                    time.sleep(CROWD_PAUSE_SECONDS)
        return "PostgreSQL without a free connection" if was_full else "a crowd that filled nothing"

    def _lock(self) -> str | None:
        """Lock SQLite as another program may, for longer than anybody waits for it."""
        file = str(self._stage.database.engine.url.database)
        connection = sqlite3.connect(file, timeout=LOCK_PATIENCE_SECONDS, isolation_level=None)
        with contextlib.closing(connection):
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                return None  # a frozen worker has the lock itself
            time.sleep(self._rng.uniform(*LOCKED_SECONDS))
            connection.execute("ROLLBACK")
        return "SQLite locked by another process"

    def _squeeze(self) -> str:
        mode = self._rng.choice([FULL, READ_ONLY])
        set_squeeze(self._stage.folder, mode)
        time.sleep(self._rng.uniform(*SQUEEZED_SECONDS))
        set_squeeze(self._stage.folder, NONE)
        return f"SQLite {mode}"
