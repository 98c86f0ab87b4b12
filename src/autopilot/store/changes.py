"""Changes: a hint that somebody wrote to the store, so that a sleeping worker looks again at once.

Only a hint. It may be lost, late or false; the poll interval stays the truth.
"""

from __future__ import annotations

import contextlib
import selectors
import threading
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, make_url, text
from sqlalchemy.engine import Engine

from autopilot.store.database import Database
from autopilot.store.file_identity import was_replaced

log = structlog.get_logger(__name__)
CHANNEL = "autopilot_changed"
LOOK_EVERY_SECONDS = 1.0
SELF_TEST_SECONDS = 2.0


def announce(connection: Connection) -> None:
    """Tell PostgreSQL's listeners, when this transaction commits, that there is something new."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


class Changes(Protocol):
    """Watches one store for writes of others."""

    def catch_up(self) -> None:
        """Wait only for what changes from now on: whoever asks the store next knows the rest."""

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until something changed (True), or the time is over, or stop is set (False)."""

    def close(self) -> None:
        """Give back what is held open."""


def watch(database: Database, *, direct_url: str | None) -> Changes:
    """Return what watches this store; where nothing can be watched, it only waits.

    On PostgreSQL it listens on a connection of its own, at `direct_url` where there is one, and
    only when a notification it sends itself arrives: transaction poolers swallow them silently.
    """
    if not database.is_postgres:
        return _FileChanges(database.engine)
    url = direct_url or database.engine.url.render_as_string(hide_password=False)
    return _listener(url) or _Nothing()


class _Nothing:
    def catch_up(self) -> None:
        """Nothing is watched."""

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        stop.wait(seconds)
        return False

    def close(self) -> None:
        """Nothing is held open."""


class _FileChanges:
    """SQLite counts the commits of other connections; asking for the count costs microseconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection = engine.raw_connection()
        self._seen = self._version()

    def catch_up(self) -> None:
        self._seen = self._version()  # our own connections count as others

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        waited = 0.0
        while waited < seconds and not stop.is_set():
            pause = min(LOOK_EVERY_SECONDS, seconds - waited)
            stop.wait(pause)
            waited += pause
            version = self._version()
            if version != self._seen:
                self._seen = version
                return True
        return False

    def close(self) -> None:
        self._connection.close()

    def _version(self) -> int:
        if was_replaced(self._engine, self._connection.info):
            # Reading on in the old file could undo the new one's journal.
            self._connection.invalidate()
            self._connection = self._engine.raw_connection()
        cursor = self._connection.cursor()
        try:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
        finally:
            cursor.close()


class _Notifications:
    """PostgreSQL's NOTIFY on a connection that keeps its session."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._socket = selectors.DefaultSelector()
        self._socket.register(connection, selectors.EVENT_READ)

    def catch_up(self) -> None:
        """What has arrived is heard once more, and costs one question."""

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        waited = 0.0
        while waited < seconds and not stop.is_set():
            pause = min(LOOK_EVERY_SECONDS, seconds - waited)
            # On the socket: the driver's own wait wakes ten times a second.
            if self._socket.select(pause):
                if self._heard():
                    return True
                stop.wait(pause)  # the server went away: the poll interval takes over
            waited += pause
        return False

    def close(self) -> None:
        self._socket.close()
        self._connection.close()

    def _heard(self, seconds: float = 0.0) -> bool:
        import psycopg

        try:
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error:
            return False

    def begins(self, address: str) -> bool:
        """Listen; whether a notification that another connection sends arrives here.

        One sent on this connection would come back even through a transaction pooler.
        """
        import psycopg

        with contextlib.suppress(psycopg.Error):
            self._connection.execute(f"LISTEN {CHANNEL}")
            with psycopg.connect(address, autocommit=True, prepare_threshold=None) as other:
                other.execute("SELECT pg_notify(%s, '')", (CHANNEL,))
            return self._heard(SELF_TEST_SECONDS)
        return False


def are_heard(url: str) -> bool:
    """Whether a notification sent over this address arrives: transaction poolers swallow it."""
    import psycopg

    address = _address(url)
    try:
        with contextlib.closing(_connected(address)) as listener:
            return listener.begins(address)
    except psycopg.Error:
        return False


def _listener(url: str) -> _Notifications | None:
    import psycopg

    address = _address(url)
    try:
        listener = _connected(address)
    except psycopg.Error as error:
        log.warning(
            "Nothing listens for changes; polling.", action="changes", reason=str(error).strip()
        )
        return None
    if listener.begins(address):
        return listener
    log.warning(
        "Notifications do not arrive (a transaction pooler?); polling.",
        action="changes",
        hint="Set AUTOPILOT_DATABASE_DIRECT_URL to an address past the pooler.",
    )
    listener.close()
    return None


def _address(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _connected(address: str) -> _Notifications:
    import psycopg

    return _Notifications(psycopg.connect(address, autocommit=True, prepare_threshold=None))
