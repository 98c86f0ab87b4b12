"""Channels: how each channel of a specification answered lately, and whether it is paused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, select, update

from autopilot.store.inserting import insert_into
from autopilot.store.tables import channels as table


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """One row of `channels`. `consecutive_errors` counts the pauses since something arrived."""

    specification_id: UUID
    key: str
    consecutive_errors: int = 0
    paused_until: datetime | None = None
    paused_reason: str | None = None
    last_error: str | None = None
    last_sent_at: datetime | None = None


def find_channel(
    connection: Connection, specification_id: UUID, key: str, *, locked: bool = False
) -> ChannelRow:
    """Return what is known of a channel; one that never did anything is as new."""
    if locked:
        fresh = {"id": uuid4(), "specification_id": specification_id, "key": key}
        connection.execute(insert_into(connection, table).values(**fresh).on_conflict_do_nothing())
    query = select(table).where(table.c.specification_id == specification_id, table.c.key == key)
    row = connection.execute(query.with_for_update() if locked else query).first()
    return ChannelRow(specification_id=specification_id, key=key) if row is None else _channel(row)


def troubled_channels(
    connection: Connection, specification_ids: Collection[UUID] | None = None
) -> Sequence[ChannelRow]:
    """Return the channels whose last attempts failed, of these specifications or of all."""
    query = select(table).where(table.c.consecutive_errors > 0).order_by(table.c.key)
    if specification_ids is not None:
        query = query.where(table.c.specification_id.in_(list(specification_ids)))
    return [_channel(row) for row in connection.execute(query)]


def save_channel(connection: Connection, row: ChannelRow) -> None:
    """Write what became of a channel; it has been found, locked, before."""
    connection.execute(
        update(table)
        .where(table.c.specification_id == row.specification_id, table.c.key == row.key)
        .values(
            consecutive_errors=row.consecutive_errors,
            paused_until=row.paused_until,
            paused_reason=row.paused_reason,
            last_error=row.last_error,
            last_sent_at=row.last_sent_at,
        )
    )


def _channel(row: Row[Any]) -> ChannelRow:
    return ChannelRow(
        specification_id=row.specification_id,
        key=row.key,
        consecutive_errors=row.consecutive_errors,
        paused_until=row.paused_until,
        paused_reason=row.paused_reason,
        last_error=row.last_error,
        last_sent_at=row.last_sent_at,
    )
