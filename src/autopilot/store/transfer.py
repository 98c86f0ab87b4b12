"""Transfer: the rows of one store put into another as they are, and what tells two stores apart.

Values go from column type to column type (UUID, instant, document, bytes), never through text, so
that each database stores them in its own way. What is compared is a line of each row that both
databases must give alike.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
)

from autopilot.store.tables import artifacts, issue_texts, metadata, sending

GOES_ANOTHER_WAY = frozenset({artifacts, sending})
"""Content goes by its hash; whether a store may send is said in each place anew."""
AT_ONCE = 500  # rows in memory
AT_ONCE_WITH_CONTENT = 50
_ALL = 1 << 256

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """How many rows there are, and the sum of their hashes, which no order changes."""

    rows: int = 0
    content: int = 0

    def with_(self, lines: Sequence[bytes]) -> Fingerprint:
        """Return this one with more rows."""
        found = sum(int.from_bytes(hashlib.sha256(line).digest()) for line in lines)
        return Fingerprint(rows=self.rows + len(lines), content=(self.content + found) % _ALL)


def moved_tables() -> Sequence[Table]:
    """Return the tables whose rows are moved, each after those it points to."""
    left = GOES_ANOTHER_WAY | {issue_texts}
    return [table for table in metadata.sorted_tables if table not in left]


def batches_of(connection: Connection, table: Table) -> Generator[Sequence[Row[Any]], None, None]:
    """Return all rows of a table, some at a time; closed by who does not take all of them."""
    has_content = any(isinstance(column.type, LargeBinary) for column in table.columns)
    size = AT_ONCE_WITH_CONTENT if has_content else AT_ONCE
    streaming = connection.execution_options(yield_per=size)
    with streaming.execute(select(table)) as result:
        yield from result.partitions()


def line_of(row: Row[Any]) -> bytes:
    """Return a row as text that both databases give alike, whatever each makes of a document."""
    values = [plain(value) for value in row]
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def plain(value: Any) -> Any:
    """Return a value as it is compared."""
    match value:
        case bytes() | memoryview():
            return hashlib.sha256(value).hexdigest()
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case float() if value.is_integer():
            return int(value)  # JSONB keeps 1e16 as a number without a fraction
        case dict():
            return {str(name): plain(each) for name, each in value.items()}
        case list():
            return [plain(each) for each in value]
    return value


def fingerprint(connection: Connection, table: Table) -> Fingerprint:
    """Return the fingerprint of all rows of a table."""
    found = Fingerprint()
    for rows in batches_of(connection, table):
        found = found.with_([line_of(row) for row in rows])
    return found


def key_of(table: Table, row: Row[Any]) -> Key:
    """Return the primary key of a row."""
    return tuple(row._mapping[column.name] for column in table.primary_key)


def told_key(table: Table, key: Key) -> str:
    """Return a key as people look for it: id 7f..., or run_id 7f..., step collect."""
    return ", ".join(
        f"{column.name} {value}" for column, value in zip(table.primary_key, key, strict=True)
    )


def rows_by_key(
    connection: Connection, table: Table, keys: Collection[Key]
) -> Mapping[Key, Row[Any]]:
    """Return the rows that have one of these keys."""
    found = connection.execute(select(table).where(_has_key(table, keys)))
    return {key_of(table, row): row for row in found}


def present_keys(connection: Connection, table: Table, keys: Collection[Key]) -> Collection[Key]:
    """Return which of these keys there are."""
    columns = list(table.primary_key)
    found = connection.execute(select(*columns).where(_has_key(table, keys)))
    return {tuple(row) for row in found}


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    """Insert rows of another store as they are."""
    if rows:
        connection.execute(insert(table), [dict(row._mapping) for row in rows])


def count_rows(connection: Connection, tables: Sequence[Table]) -> Mapping[str, int]:
    """Return how many rows each of these tables has."""
    return {
        table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for table in tables
    }


def wipe(connection: Connection) -> None:
    """Delete every row that a transfer puts in."""
    for table in reversed(metadata.sorted_tables):
        if table not in GOES_ANOTHER_WAY:
            connection.execute(delete(table))


def _has_key(table: Table, keys: Collection[Key]) -> ColumnElement[bool]:
    columns: list[Column[Any]] = list(table.primary_key)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(list(keys))
