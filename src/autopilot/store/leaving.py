"""Leaving: the two writes around a mail, before its content leaves and after; quick, since each mail waits.

Every write says whose the row is and at which claim: what a sender that lost its lease writes
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache, cached_property
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    literal_column,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy import cast as cast_sql

from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.store.bulk import Given, Row, array_text, row_statement, unnested
from autopilot.store.deliveries import EMAIL, result_of
from autopilot.store.tables import deliveries as table
from autopilot.store.tables import subscribers, suppressions

_RESULT = ("status", "due_at", "failures", "reason", "response", "ended_at")


def write(
    connection: Connection,
    *,
    ended: Sequence[tuple[Delivery, Delivery]] = (),
    begun: Sequence[Delivery] = (),
) -> tuple[Sequence[Delivery], Collection[UUID]]:
    """Write what became of deliveries that were held, and move others to `sending`, in one go.

    Returns the ends that could not be written, since the delivery is held no longer, and the ids of
    those that may leave: still held, and still wanted by their readers. What arrived after all, at a
    sender whose lease had run out meanwhile, is `sent` and no longer unknown.
    """
    rows = [(*_claim_of(before), *_result_of(after)) for before, after in ended]
    claims = [_claim_of(each) for each in begun]
    if connection.dialect.name == "postgresql":
        finished, moved = _write_arrays(connection, rows, claims)
    else:
        finished, moved = _write_rows(connection, rows, claims)
    missing = [pair for pair in ended if pair[0].id not in finished]
    lost = [after for before, after in missing if not _is_late(connection, before, after)]
    return lost, moved


def wants_no_mail() -> ColumnElement[bool]:
    """Return whether a mail's address is barred in its workspace or newsletter, or unsubscribed."""
    barred = (
        select(suppressions.c.id)
        .where(
            suppressions.c.workspace_id == table.c.workspace_id,
            suppressions.c.mailbox == table.c.target,
            or_(
                suppressions.c.specification_id.is_(None),
                suppressions.c.specification_id == table.c.specification_id,
            ),
        )
        .exists()
    )
    gone = (
        select(subscribers.c.id)
        .where(
            subscribers.c.specification_id == table.c.specification_id,
            subscribers.c.mailbox == table.c.target,
            subscribers.c.status.in_(
                [literal_column("'unsubscribed'"), literal_column("'bounced'")]
            ),
        )
        .exists()
    )
    return and_(table.c.channel == literal_column(f"'{EMAIL}'"), or_(barred, gone))


def _are_held(given: Given) -> ColumnElement[bool]:
    """The rows given, while they are as they were claimed."""
    return and_(
        table.c.id == given("id"),
        table.c.owner_token == given("owner_token"),
        table.c.epoch == given("epoch"),
    )


def _begin(given: Given) -> Update:
    is_pending = table.c.status == literal_column("'pending'")
    return (
        update(table)
        .where(_are_held(given), is_pending, ~wants_no_mail())
        .values(status=literal_column("'sending'"))
    )


def _end(given: Given) -> Update:
    nobody: dict[str, ColumnElement[Any]] = {
        name: literal_column("NULL") for name in ("owner_token", "lease_until")
    }
    result = {name: given(name) for name in _RESULT}
    return update(table).where(_are_held(given), table.c.ended_at.is_(None)).values(result | nobody)


def _claim_of(held: Delivery) -> Row:
    return held.id, held.owner_token, held.epoch


def _result_of(ended: Delivery) -> Row:
    values = result_of(ended)
    return tuple(values[name] for name in _RESULT)


def _is_late(connection: Connection, before: Delivery, after: Delivery) -> bool:
    """Write that something arrived which was called unknown meanwhile; False for all else."""
    if after.status is not DeliveryStatus.SENT:
        return False
    told_lost = and_(
        table.c.id == before.id,
        table.c.status == DeliveryStatus.UNKNOWN.value,
        table.c.epoch == before.epoch,
    )
    written = connection.execute(update(table).where(told_lost).values(**result_of(after)))
    return bool(written.rowcount == 1)


_CLAIM = (table.c.id, table.c.owner_token, table.c.epoch)
_ENDED = (*_CLAIM, *(table.c[name] for name in _RESULT))


class _RowByRow:
    """An UPDATE for SQLite, compiled once and handed to its driver."""

    def __init__(self, columns: Sequence[Column[Any]], build: Callable[[Given], Update]) -> None:
        self._columns, self._build = columns, build

    def execute(self, cursor: Any, rows: Sequence[Row]) -> frozenset[UUID]:
        """Do it for each row and return the ids of those that were written."""
        if not rows:
            return frozenset()
        text, arrange = self._compiled
        written: list[UUID] = []
        for row, values in zip(rows, arrange(rows), strict=True):
            if cursor.execute(text, values).rowcount == 1:
                written.append(cast("UUID", row[0]))
        return frozenset(written)

    @cached_property
    def _compiled(self) -> tuple[str, Callable[[Sequence[Row]], list[Any]]]:
        return row_statement(self._columns, self._build)


_BEGIN_ROWS, _END_ROWS = _RowByRow(_CLAIM, _begin), _RowByRow(_ENDED, _end)


def _write_rows(
    connection: Connection, ended: Sequence[Row], begun: Sequence[Row]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    cursor = connection.connection.cursor()
    try:
        return _END_ROWS.execute(cursor, ended), _BEGIN_ROWS.execute(cursor, begun)
    finally:
        cursor.close()


def _write_arrays(
    connection: Connection, ended: Sequence[Row], begun: Sequence[Row]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """One statement for both: PostgreSQL makes it a transaction of its own."""
    given = _arrays("ended", _ENDED, ended) | _arrays("begun", _CLAIM, begun)
    schema = (connection.get_execution_options().get("schema_translate_map") or {}).get(None)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_both(schema), given)
        found = cursor.fetchall()
    finally:
        cursor.close()
    return (
        frozenset(row[1] for row in found if row[0] == "ended"),
        frozenset(row[1] for row in found if row[0] == "begun"),
    )


def _arrays(name: str, columns: Sequence[Column[Any]], rows: Sequence[Row]) -> dict[str, str]:
    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return {
        f"{name}_{column.name}": array_text(tuple(each)) if rows else "{}"
        for column, each in zip(columns, values, strict=True)
    }


@cache
def _both(schema: str | None) -> str:
    """The statement as the driver takes it: making it anew takes longer than answering it."""
    from sqlalchemy.dialects.postgresql.psycopg import dialect

    parts = []
    for name, columns, build in (("ended", _ENDED, _end), ("begun", _CLAIM, _begin)):
        given = unnested(columns, name)
        # Said twice: how many rows a join with arrays has, the planner only guesses, and it would
        # read the whole table for one.
        ids = cast_sql(bindparam(f"{name}_id", type_=Text), ARRAY(table.c.id.type))
        update_few = build(given.__getitem__).where(table.c.id == any_(ids))
        moved = update_few.returning(table.c.id).cte(f"moved_{name}")
        parts.append(select(literal_column(f"'{name}'"), moved.c.id))
    compiled = union_all(*parts).compile(
        dialect=dialect(),  # type: ignore[no-untyped-call]
        schema_translate_map={None: schema},
        render_schema_translate=True,
    )
    return str(compiled)
