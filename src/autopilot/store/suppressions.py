"""Suppressions: addresses that get no mail, of one newsletter or of any, whatever list they are on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select, update

from autopilot.domain.subscriber import SuppressionReason
from autopilot.store.inserting import insert_into
from autopilot.store.tables import suppressions as table

BATCH = 500
STRENGTH = tuple(SuppressionReason)
"""A later reason takes the place of an earlier one of this list, never the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One row of `suppressions`; `specification_id` is None for no newsletter of the workspace."""

    workspace_id: UUID
    specification_id: UUID | None
    mailbox: str
    reason: SuppressionReason
    at: datetime
    detail: str = ""


def suppress(connection: Connection, suppression: Suppression) -> bool:
    """Keep a suppression; False where the address was suppressed there already.

    A reason that its reader cannot take back (bounced, complained, manual) takes the place of one
    that it can.
    """
    statement = insert_into(connection, table).values(
        id=uuid4(),
        workspace_id=suppression.workspace_id,
        specification_id=suppression.specification_id,
        mailbox=suppression.mailbox,
        reason=suppression.reason.value,
        detail=suppression.detail,
        at=suppression.at,
    )
    fresh = statement.on_conflict_do_nothing().returning(table.c.id)
    if connection.execute(fresh).first() is not None:
        return True
    weaker = [reason.value for reason in STRENGTH[: STRENGTH.index(suppression.reason)]]
    connection.execute(
        update(table)
        .where(
            table.c.workspace_id == suppression.workspace_id,
            table.c.mailbox == suppression.mailbox,
            _of(suppression.specification_id),
            table.c.reason.in_(weaker),
        )
        .values(reason=suppression.reason.value, detail=suppression.detail, at=suppression.at)
    )
    return False


def lift(
    connection: Connection,
    workspace_id: UUID,
    mailbox: str,
    *,
    specification_id: UUID | None,
    reasons: Iterable[SuppressionReason],
) -> bool:
    """Take back a suppression that has one of these reasons; False where there is none."""
    done = connection.execute(
        delete(table).where(
            table.c.workspace_id == workspace_id,
            table.c.mailbox == mailbox,
            _of(specification_id),
            table.c.reason.in_([reason.value for reason in reasons]),
        )
    )
    return done.rowcount > 0


def suppressed(
    connection: Connection,
    workspace_id: UUID,
    specification_id: UUID,
    mailboxes: Sequence[str],
) -> Mapping[str, SuppressionReason]:
    """Return which of these mailboxes get no mail of this newsletter, with the strongest reason."""
    found: dict[str, SuppressionReason] = {}
    for start in range(0, len(mailboxes), BATCH):
        query = select(table.c.mailbox, table.c.reason).where(
            table.c.workspace_id == workspace_id,
            table.c.mailbox.in_(mailboxes[start : start + BATCH]),
            or_(table.c.specification_id == specification_id, table.c.specification_id.is_(None)),
        )
        for mailbox, word in connection.execute(query):
            reason = SuppressionReason(word)
            found[mailbox] = max(found.get(mailbox, reason), reason, key=STRENGTH.index)
    return found


def find_suppressions(
    connection: Connection, workspace_id: UUID, mailbox: str
) -> Sequence[Suppression]:
    """Return all suppressions of a mailbox in a workspace."""
    query = select(table).where(table.c.workspace_id == workspace_id, table.c.mailbox == mailbox)
    return [_suppression(row) for row in connection.execute(query)]


def list_suppressions(
    connection: Connection,
    workspace_id: UUID,
    *,
    reasons: Collection[SuppressionReason] = (),
    limit: int = 100,
) -> Sequence[Suppression]:
    """Return suppressions of a workspace, newest first."""
    query = (
        select(table)
        .where(table.c.workspace_id == workspace_id)
        .order_by(table.c.at.desc(), table.c.mailbox)
        .limit(limit)
    )
    if reasons:
        query = query.where(table.c.reason.in_([reason.value for reason in reasons]))
    return [_suppression(row) for row in connection.execute(query)]


def _of(specification_id: UUID | None) -> ColumnElement[bool]:
    if specification_id is None:
        return table.c.specification_id.is_(None)
    return table.c.specification_id == specification_id


def _suppression(row: Row[Any]) -> Suppression:
    return Suppression(
        workspace_id=row.workspace_id,
        specification_id=row.specification_id,
        mailbox=row.mailbox,
        reason=SuppressionReason(row.reason),
        at=row.at,
        detail=row.detail,
    )
