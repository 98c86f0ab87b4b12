"""Dump: every row as values that both databases can be given, read at one moment, written in one go.

What belongs to one place is left out: who works there (`workers`), whether it may send (`sending`),
which browsers are signed in and which requests were done there. What is derived from other rows is
made anew from them (`issue_texts`).
Artifacts are content by hash and go a way of their own.
"""

from __future__ import annotations

import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    Table,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
)

from autopilot.errors import BackupUnusable
from autopilot.store.columns import Instant
from autopilot.store.database import Database, open_database, translated
from autopilot.store.tables import metadata

OF_A_PLACE = frozenset({"workers", "sending", "artifacts", "web_sessions", "done_requests"})
DERIVED = frozenset({"issue_texts"})
AT_ONCE = 500  # rows in memory
HASH = "_sha256"


def dumped_tables() -> Sequence[Table]:
    """Return the tables of a dump, each after those it points to."""
    return [table for table in metadata.sorted_tables if table.name not in OF_A_PLACE | DERIVED]


@contextmanager
def snapshot(database: Database, folder: Path) -> Iterator[Connection]:
    """Give the store as it is at one moment, whatever is written meanwhile; nobody waits for long.

    PostgreSQL shows one transaction one moment (REPEATABLE READ). SQLite would keep writers waiting
    for as long as it is read, so that its own online backup copies it into the folder first.
    """
    if database.is_postgres:
        with translated(), database.engine.connect() as connection:
            one_moment = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with one_moment.begin():
                yield one_moment
        return
    copy = open_database(f"sqlite:///{_copied(database, folder / 'snapshot.db')}")
    try:
        with copy.read() as connection:
            yield connection
    finally:
        copy.close()


def rows_of(connection: Connection, table: Table) -> Iterator[list[Any]]:
    """Return the rows of a table as plain values, in the order of its columns."""
    encoders = [_encoder(column) for column in table.columns]
    streaming = connection.execution_options(yield_per=AT_ONCE)
    for row in streaming.execute(select(table)):
        yield [
            None if value is None else encode(value)
            for encode, value in zip(encoders, row, strict=True)
        ]


def load_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of plain values; columns that the dump did not have yet take their defaults."""
    if unknown := sorted(set(columns) - set(table.columns.keys())):
        raise BackupUnusable(f"The backup has a column {table.name}.{unknown[0]} that is unknown.")
    decoders = [_decoder(table.columns[name]) for name in columns]
    values = [
        {
            name: None if value is None else decode(value)
            for name, decode, value in zip(columns, decoders, row, strict=True)
        }
        for row in rows
    ]
    if values:
        connection.execute(insert(table), values)


def referred_artifacts(connection: Connection) -> Iterator[tuple[str, str]]:
    """Return the hash of everything that some row refers to, with the name of its column, once."""
    seen: set[str] = set()
    for table in dumped_tables():
        for column in table.columns:
            if not column.name.endswith(HASH):
                continue
            found = select(column).where(column.is_not(None)).distinct()
            for name in connection.scalars(found):
                if name not in seen:
                    seen.add(name)
                    yield name, column.name


def is_empty(connection: Connection) -> bool:
    """Whether nobody has put anything into this store: all there is hangs below workspaces."""
    return not connection.scalar(select(func.count()).select_from(metadata.tables["workspaces"]))


def wipe(connection: Connection) -> None:
    """Delete every row of a dump's tables."""
    for table in reversed(dumped_tables()):
        connection.execute(delete(table))


def row_counts(connection: Connection) -> Mapping[str, int]:
    """Return how many rows each table has."""
    return {
        table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for table in dumped_tables()
    }


def faults(connection: Connection) -> Sequence[str]:
    """Return what SQLite finds wrong with its file and with the references in it."""
    told = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
    lost = [
        f"{row[0]} refers to a row of {row[2]} that is not there"
        for row in connection.execute(text("PRAGMA foreign_key_check"))
    ]
    return [line for line in told if line != "ok"] + lost


def _copied(database: Database, file: Path) -> Path:
    with translated():
        source = database.engine.raw_connection()
        try:
            target = sqlite3.connect(file)
            try:
                connection: Any = source.driver_connection
                connection.backup(target)  # in one step: begun anew at each write, it might not end
            finally:
                target.close()
        finally:
            source.close()
    return file


def _encoder(column: Column[Any]) -> Any:
    match column.type:
        case LargeBinary():
            return lambda value: b64encode(value).decode()
        case Instant():
            return datetime.isoformat
        case Uuid():
            return str
    return lambda value: value


def _decoder(column: Column[Any]) -> Any:
    match column.type:
        case LargeBinary():
            return b64decode
        case Instant():
            return datetime.fromisoformat
        case Uuid():
            return UUID
    return lambda value: value
