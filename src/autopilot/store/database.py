"""One database, SQLite or PostgreSQL: connections, transactions, and errors people can act on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc

from autopilot.errors import Conflict, SchemaMismatch, StoreUnavailable
from autopilot.store.file_identity import watch_file

BUSY_TIMEOUT_SECONDS = 10.0
BUSY_PAUSE_SECONDS = 0.05
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
        with translated(), self.engine.connect() as connection, connection.begin():
            if self.is_postgres:
                # Transaction poolers keep no session state, so it is said in each transaction.
                connection.exec_driver_sql(
                    f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS}s'"
                )
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only looks; on SQLite it never waits for a writer."""
        with translated(), self.engine.connect() as connection:
            looking = connection.execution_options(autopilot_read_only=True)
            with looking.begin():
                yield looking

    def keep(self) -> Kept:
        """Return a connection for many small transactions, one after the other."""
        return Kept(self)

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


class Kept:
    """One connection kept open, where taking one for each transaction would cost as much as the
    transaction itself. One thread at a time; after an error it is a new one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a writing transaction; on PostgreSQL the one statement in it is a transaction itself.

        Nobody can freeze between its BEGIN and its COMMIT then, and both cost no round trip.
        """
        with translated():
            connection = self._connection or self._open()
            try:
                if self._database.is_postgres:
                    yield connection
                else:
                    with connection.begin():
                        yield connection
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Give it back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> Connection:
        connection = self._database.engine.connect()
        if self._database.is_postgres:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        self._connection = connection
        return connection


def open_database(url: str, *, schema: str = "autopilot", journal: str = "auto") -> Database:
    """Return the database at a SQLAlchemy address; nothing is connected yet.

    `journal` is auto, wal or truncate (SQLite only); `schema` holds the tables on PostgreSQL.
    Raises StoreUnavailable for an address that cannot be read and a folder that cannot be made.
    """
    try:
        engine = _sqlite(url, journal) if url.startswith("sqlite") else _postgres(url, schema)
    except (exc.ArgumentError, ValueError) as error:
        # The library's own words may quote the password.
        raise StoreUnavailable(
            "The address of the database cannot be read.",
            hint="Write it as sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME",
        ) from error
    return Database(engine)


def _sqlite(url: str, journal: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    _make_folder(engine.url.database or ":memory:")
    wal = journal == "wal" or (journal == "auto" and wal_is_safe(sqlite3.sqlite_version_info))

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: object) -> None:
        # The driver's own BEGIN comes too late and is deferred; we say BEGIN ourselves.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_SECONDS * 1000)}")
        _set_journal(cursor, "wal" if wal else "truncate")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        looking = connection.get_execution_options().get("autopilot_read_only")
        connection.exec_driver_sql("BEGIN" if looking else "BEGIN IMMEDIATE")

    watch_file(engine)
    return engine


def _set_journal(cursor: sqlite3.Cursor, mode: str) -> None:
    """Set the journal mode where it is another one, once nobody else is in the middle of something.

    SQLite answers at once that the file is locked then, whatever its busy timeout says.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != mode:
                cursor.execute(f"PRAGMA journal_mode = {mode}")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_PAUSE_SECONDS)
        else:
            return


def _make_folder(file: str) -> None:
    if file.startswith((":memory:", "file:")):
        return  # no file, or one that is named as SQLite names it and must be there
    folder = Path(file).parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreUnavailable(
            f"The folder of the database cannot be made: {folder}: {error.strerror}.",
            hint="Name another place in AUTOPILOT_DATABASE_URL or AUTOPILOT_DATA_DIR.",
        ) from error


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
def translated() -> Iterator[None]:
    """Turn database errors into ours; what the tables or the encoding refuse becomes Conflict."""
    try:
        yield
    except (exc.IntegrityError, exc.DataError) as error:
        raise Conflict(f"The store refused a row: {_first_line(error)}") from error
    except UnicodeEncodeError as error:  # raised by the drivers themselves
        raise Conflict(f"The store refused a row: a text is no Unicode: {error.reason}") from error
    except (exc.InterfaceError, exc.TimeoutError) as error:
        raise StoreUnavailable(
            f"The store cannot be reached: {_first_line(error)}",
            hint="Check that it is running and reachable: autopilot doctor",
        ) from error
    except exc.DBAPIError as error:
        told = _first_line(error)
        if _is_unknown_table(error, told):
            raise SchemaMismatch(
                "The store has no tables yet, or older ones.", hint="Run: autopilot migrate"
            ) from error
        raise StoreUnavailable(
            f"The store did not answer as it should: {told}",
            hint="Check that it is running and reachable: autopilot doctor",
        ) from error


def _is_unknown_table(error: exc.DBAPIError, told: str) -> bool:
    named = type(error.orig).__name__ in {"UndefinedTable", "UndefinedColumn"}
    return named or told.startswith(("no such table", "no such column"))


def _first_line(error: exc.SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    return str(cause).strip().split("\n", 1)[0]
