"""Bulk: one change to many rows at once, with a statement that is built once for each database.

SQLite runs its prepared statement once a row, handed straight to the driver. PostgreSQL is given
one array a column: a statement a row would be parsed, planned and answered a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnCollection,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    Update,
    any_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
)

from autopilot.domain.instants import as_utc

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

Given = Callable[[str], ColumnElement[Any]]
Row = Sequence[object]
_NOW: ColumnElement[str] = literal_column("strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'")


class BulkUpdate:
    """An UPDATE of many rows: `build` makes it of the values given for a row, asked for by name.

    It binds nothing else; words that are always the same are literal.
    """

    def __init__(self, columns: Sequence[Column[Any]], build: Callable[[Given], Update]) -> None:
        self._columns = columns
        self._build = build

    def execute(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Do it for these rows of values and return how many rows of the table were written."""
        if not rows:
            return 0
        if connection.dialect.name == "postgresql":
            given = zip(self._columns, zip(*rows, strict=True), strict=True)
            named = {f"given_{column.name}": array_text(values) for column, values in given}
            return int(connection.execute(self._for_arrays, named).rowcount)
        text, arrange = self._for_rows
        return int(connection.exec_driver_sql(text, arrange(rows)).rowcount)

    def prepare(self, connection: Connection) -> None:
        """Build the statement now, so that the first rows need not wait for that."""
        if connection.dialect.name == "postgresql":
            nothing = {f"given_{column.name}": "{}" for column in self._columns}
            connection.execute(self._for_arrays, nothing)
        else:
            self._for_rows  # noqa: B018 - kept from now on

    @cached_property
    def _for_arrays(self) -> Update | postgresql.Insert:
        return self._of_arrays(unnested(self._columns))

    @cached_property
    def _for_rows(self) -> tuple[str, Callable[[Sequence[Row]], list[Any]]]:
        return row_statement(self._columns, self._of_rows)

    def _of_arrays(self, given: ColumnCollection[str, Any]) -> Update | postgresql.Insert:
        return self._build(given.__getitem__)

    def _of_rows(self, given: Given) -> Update | sqlite.Insert:
        # Written here, the trigger need not write it: an UPDATE of its own after each row.
        return self._build(given).values(updated_at=_NOW)


class BulkInsert(BulkUpdate):
    """An INSERT of many rows that passes over those which a constraint has already."""

    def __init__(self, table: Table, columns: Sequence[Column[Any]], **always: str) -> None:
        """`always` are the columns that are the same for all rows, as SQL."""
        self._table = table
        self._columns = columns
        self._always: dict[str, ColumnElement[Any]] = {
            name: literal_column(word) for name, word in always.items()
        }

    def _of_arrays(self, given: ColumnCollection[str, Any]) -> postgresql.Insert:
        names = [*(column.name for column in self._columns), *self._always]
        rows = select(*given.values(), *self._always.values())
        from sqlalchemy.dialects.postgresql import insert  # late: SQLite has no use for it

        return insert(self._table).from_select(names, rows).on_conflict_do_nothing()

    def _of_rows(self, given: Given) -> sqlite.Insert:
        values = {column.name: given(column.name) for column in self._columns}
        from sqlalchemy.dialects.sqlite import insert

        return insert(self._table).values(values | self._always).on_conflict_do_nothing()


def row_statement(
    columns: Sequence[Column[Any]], build: Callable[[Given], Any]
) -> tuple[str, Callable[[Sequence[Row]], list[Any]]]:
    """Return a statement as SQLite's driver takes it, and what arranges rows of values for it."""
    bound = {
        column.name: bindparam(f"given_{column.name}", type_=column.type) for column in columns
    }
    from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

    dialect = sqlite_dialect()
    compiled = build(bound.__getitem__).compile(dialect=dialect)
    return str(compiled), _arrangement(columns, compiled.positiontup or [], dialect)


def unnested(columns: Sequence[Column[Any]], name: str = "given") -> ColumnCollection[str, Any]:
    """Return rows that come to PostgreSQL as one array for each column, bound as `name_column`."""
    arrays = [
        cast(bindparam(f"{name}_{column.name}", type_=Text), ARRAY(column.type))
        for column in columns
    ]
    fresh = [Column(column.name, column.type) for column in columns]
    return func.unnest(*arrays).table_valued(*fresh, name=name).render_derived().c


class BulkSelect:
    """A question about many rows by an id in each; `build` makes it of the condition that it is one.

    It is built once for each database, which takes longer than an answer.
    """

    def __init__(
        self, column: Column[Any], build: Callable[[ColumnElement[bool]], Select[Any]]
    ) -> None:
        self._column = column
        self._build = build

    def execute(
        self, connection: Connection, ids: Collection[UUID], **given: object
    ) -> Sequence[Any]:
        """Return its rows for these ids, and for the other values that it was built to be given."""
        if connection.dialect.name == "postgresql":
            named = {"ids": array_text(tuple(ids)), **given}
            return connection.execute(self._for_arrays, named).all()
        return connection.execute(self._for_rows, {"ids": _json_array(ids), **given}).all()

    @cached_property
    def _for_arrays(self) -> Select[Any]:
        return self._build(_in_array(self._column, bindparam("ids", type_=Text)))

    @cached_property
    def _for_rows(self) -> Select[Any]:
        return self._build(_in_json(self._column, bindparam("ids", type_=Text)))


def among_ids(
    connection: Connection, column: ColumnElement[UUID], ids: Collection[UUID]
) -> ColumnElement[bool]:
    """Return whether a column is one of many ids, bound as one value: a bind each takes longer to name
    than to look up.
    """
    if connection.dialect.name == "postgresql":
        return _in_array(column, literal(array_text(tuple(ids)), Text))
    return _in_json(column, literal(_json_array(ids), Text))


def _in_array(column: ColumnElement[UUID], ids: ColumnElement[str]) -> ColumnElement[bool]:
    return column == any_(cast(ids, ARRAY(column.type)))


def _in_json(column: ColumnElement[UUID], ids: ColumnElement[str]) -> ColumnElement[bool]:
    return column.in_(select(func.json_each(ids).table_valued("value").c.value))


def _json_array(ids: Collection[UUID]) -> str:
    return json.dumps([one.hex for one in ids])


def array_text(values: Sequence[object]) -> str:
    """Return an array as PostgreSQL reads it; its driver takes ten times as long for each element."""
    if len(set(map(id, values))) == 1:
        return f"{{{','.join([_element(values[0])] * len(values))}}}"
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: object) -> str:
    if isinstance(value, UUID):
        return value.hex
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f'"{as_utc(value).isoformat()}"'
    quoted = str(value).replace("\\", r"\\").replace('"', r"\"")
    return f'"{quoted}"'


def _processed(processor: Callable[[Any], Any], values: Sequence[object]) -> list[Any]:
    """Whole columns are often one object over and over: it is worked on once."""
    if len(set(map(id, values))) == 1:
        return [processor(values[0])] * len(values)
    return list(map(processor, values))


def _arrangement(
    columns: Sequence[Column[Any]], order: Sequence[str], dialect: Any
) -> Callable[[Sequence[Row]], list[Any]]:
    """What puts rows of values as the driver wants them: in the statement's order, as SQLite's types."""
    names = [f"given_{column.name}" for column in columns]
    places = itemgetter(*(names.index(name) for name in order))
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]

    def arrange(rows: Sequence[Row]) -> list[Any]:
        # Column by column: whole columns are often of a type that needs nothing done.
        converted = [
            values if processor is None else _processed(processor, values)
            for processor, values in zip(processors, zip(*rows, strict=True), strict=True)
        ]
        return list(zip(*places(converted), strict=True))

    return arrange
