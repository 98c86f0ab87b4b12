"""One database, SQLite or PostgreSQL: connections, transactions, and errors people can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc

from autopilot.errors import Conflict, SchemaMismatch, StoreUnavailable

BUSY_TIMEOUT_SECONDS = 10
IDLE_IN_TRANSACTION_SECONDS = 60
# First releases of each line with the WAL-reset fix (sqlite.org/wal.html#walresetbug).
WAL_SAFE_FROM = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the fix for the WAL-reset corruption race."""
    return version >= WAL_SAFE_FROM[0] or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in WAL_SAFE_FROM[1:]
    )


class Database:
    """Opens transactions. `begin` is for writing, `read` for looking.

    On SQLite every writing transaction is BEGIN IMMEDIATE: the default, deferred, loses updates
    when two processes read before they write.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL (otherwise SQLite)."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a writing transaction: committed at the end, rolled back on any error."""
        with _translated(), self.engine.connect() as connection, connection.begin():
            if self.is_postgres:
                # Transaction poolers keep no session state, so it is said in each transaction.
                connection.exec_driver_sql(
                    f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS}s'"
                )
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only looks; on SQLite it never waits for a writer."""
        with _translated(), self.engine.connect() as connection:
            looking = connection.execution_options(autopilot_read_only=True)
            with looking.begin():
                yield looking

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def open_database(url: str, *, schema: str = "autopilot", journal: str = "auto") -> Database:
    """Return the database at a SQLAlchemy address; nothing is connected yet.

    `journal` is auto, wal or truncate (SQLite only); `schema` holds the tables on PostgreSQL.
    """
    if url.startswith("sqlite"):
        return Database(_sqlite(url, journal))
    return Database(_postgres(url, schema))


def _sqlite(url: str, journal: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    if engine.url.database and engine.url.database != ":memory:":
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    wal = journal == "wal" or (journal == "auto" and wal_is_safe(sqlite3.sqlite_version_info))

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: object) -> None:
        # The driver's own BEGIN comes too late and is deferred; we say BEGIN ourselves.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")
        cursor.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'TRUNCATE'}")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        looking = connection.get_execution_options().get("autopilot_read_only")
        connection.exec_driver_sql("BEGIN" if looking else "BEGIN IMMEDIATE")

    return engine


def _postgres(url: str, schema: str) -> Engine:
    try:
        engine = create_engine(
            url,
            pool_pre_ping=True,
            # Prepared statements break behind transaction poolers (Supabase, PgBouncer).
            connect_args={"prepare_threshold": None, "application_name": "autopilot"},
        )
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            "The PostgreSQL driver is not installed.",
            hint="Install Autopilot with its `postgres` extra: pip install 'autopilot-newsletters[postgres]'",
        ) from error
    return engine.execution_options(schema_translate_map={None: schema})


@contextmanager
def _translated() -> Iterator[None]:
    """Turn database errors into ours; constraint violations become Conflict."""
    try:
        yield
    except exc.IntegrityError as error:
        raise Conflict(f"The store refused a row: {_first_line(error)}") from error
    except (exc.OperationalError, exc.ProgrammingError) as error:
        told = _first_line(error)
        if "no such table" in told or "UndefinedTable" in type(error.orig).__name__:
            raise SchemaMismatch(
                "The store has no tables yet, or older ones.", hint="Run: autopilot migrate"
            ) from error
        raise StoreUnavailable(
            f"The store did not answer as it should: {told}",
            hint="Check that it is running and reachable: autopilot doctor",
        ) from error
    except (exc.InterfaceError, exc.TimeoutError) as error:
        raise StoreUnavailable(
            f"The store cannot be reached: {_first_line(error)}",
            hint="Check that it is running and reachable: autopilot doctor",
        ) from error


def _first_line(error: exc.SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    return str(cause).strip().split("\n", 1)[0]
