"""Done requests: what was answered to whom, so that a request that comes again is not done again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, delete, select, update

from autopilot.store.inserting import insert_into
from autopilot.store.tables import done_requests as table


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneRequest:
    """A request that came with a key; `status` and `answer` are None while it is being done."""

    request_hash: str
    at: datetime
    status: int | None
    answer: bytes | None


def begin_request(
    connection: Connection, key_hash: str, request_hash: str, at: datetime
) -> DoneRequest | None:
    """Take a key; returns None, or what came with this key before."""
    values = {"id": uuid4(), "key_hash": key_hash, "request_hash": request_hash, "at": at}
    statement = insert_into(connection, table).values(values).on_conflict_do_nothing()
    if connection.execute(statement.returning(table.c.id)).first() is not None:
        return None
    row = connection.execute(select(table).where(table.c.key_hash == key_hash)).one()
    return DoneRequest(
        request_hash=row.request_hash, at=row.at, status=row.status, answer=row.answer
    )


def end_request(connection: Connection, key_hash: str, status: int, answer: bytes) -> None:
    """Keep what was answered."""
    connection.execute(
        update(table).where(table.c.key_hash == key_hash).values(status=status, answer=answer)
    )


def drop_request(connection: Connection, key_hash: str) -> None:
    """Give a key free whose request was not done."""
    connection.execute(delete(table).where(table.c.key_hash == key_hash, table.c.status.is_(None)))


def forget_requests(connection: Connection, before: datetime) -> None:
    """Delete what came before then."""
    connection.execute(delete(table).where(table.c.at < before))
