"""Sending: the one row that says whether this store may send, and where it was when somebody said so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Update, delete, insert, select, update

from autopilot.store.place import Place
from autopilot.store.tables import sending

MARK = "mark"  # beside the parts of the place: what the mark outside the store is called


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRow:
    """Whether this store may send. `mark` names the mark that is kept outside of the store."""

    allowed: bool
    place: Place
    mark: str
    generation: int = 0
    reason: str | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


def get_sending(connection: Connection, *, locked: bool = False) -> SendingRow | None:
    """Return the row, None where this store was never asked to send; `locked` keeps it as it is."""
    query = select(sending).with_for_update() if locked else select(sending)
    row = connection.execute(query).first()
    return None if row is None else _sending(row)


def put_sending(connection: Connection, row: SendingRow) -> None:
    """Write the row, whatever stood there; called inside a transaction that has looked."""
    connection.execute(delete(sending))
    connection.execute(
        insert(sending).values(
            one=True,
            allowed=row.allowed,
            place=_as_text(row),
            generation=row.generation,
            reason=row.reason,
            changed_at=row.changed_at,
            changed_by=row.changed_by,
        )
    )


def stop_sending(
    connection: Connection, seen: SendingRow, *, reason: str, by: str, at: datetime
) -> bool:
    """Forbid it, if the row still says what was seen; return whether it did."""
    stopping = _as_seen(seen).values(allowed=False, reason=reason, changed_by=by, changed_at=at)
    return connection.execute(stopping).rowcount == 1


def advance(connection: Connection) -> int | None:
    """Count one more batch that leaves and return the number; None where sending is not allowed."""
    counted: int | None = connection.scalar(
        update(sending)
        .where(sending.c.allowed)
        .values(generation=sending.c.generation + 1)
        .returning(sending.c.generation)
    )
    return counted


def _as_seen(seen: SendingRow) -> Update:
    return update(sending).where(sending.c.allowed, sending.c.place == _as_text(seen))


def _as_text(row: SendingRow) -> str:
    return json.dumps({**row.place, MARK: row.mark}, sort_keys=True)


def _sending(row: Row[Any]) -> SendingRow:
    place = json.loads(row.place or "{}")
    mark = str(place.pop(MARK, ""))
    return SendingRow(
        allowed=row.allowed,
        place=place,
        mark=mark,
        generation=row.generation,
        reason=row.reason,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
