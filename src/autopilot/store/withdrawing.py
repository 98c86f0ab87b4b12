"""Withdrawing: the deliveries of an issue that was stopped before anything of it left."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, literal_column, select

from autopilot.store.tables import deliveries as table

_PENDING = table.c.status == literal_column("'pending'")


def take_back(connection: Connection, issue_id: UUID) -> bool:
    """Remove an issue's deliveries; False, with the transaction to be given up, where one has begun.

    What was suppressed was never to leave, and goes as well: an approval writes it anew.
    """
    begun = select(table.c.id).where(
        table.c.issue_id == issue_id,
        table.c.status != "suppressed",
        ~(_PENDING & table.c.owner_token.is_(None) & (table.c.failures == 0)),
    )
    connection.execute(
        delete(table).where(
            table.c.issue_id == issue_id,
            (_PENDING & table.c.owner_token.is_(None) & (table.c.failures == 0))
            | (table.c.status == "suppressed"),
        )
    )
    return connection.execute(begun.limit(1)).first() is None
