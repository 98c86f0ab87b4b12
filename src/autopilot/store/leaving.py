"""Leaving: the two writes around a mail, before its content leaves and after; quick, since each mail waits.

Every write says whose the row is and at which claim: what a sender that lost its lease writes
changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    and_,
    literal_column,
    or_,
    select,
    update,
)

from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.store.bulk import BulkUpdate, Given
from autopilot.store.deliveries import EMAIL, delivery_of, result_of
from autopilot.store.tables import deliveries as table
from autopilot.store.tables import subscribers, suppressions

_RESULT = ("status", "due_at", "failures", "reason", "response", "ended_at")


def begin_sending(connection: Connection, held: Sequence[Delivery]) -> Collection[UUID]:
    """Move deliveries that are held, and whose reader still wants them, to `sending`; return which moved."""
    moved = _BEGIN.execute(connection, [_claim_of(each) for each in held])
    ids = [each.id for each in held]
    if moved == len(held):
        return frozenset(ids)
    found = select(table).where(table.c.id.in_(ids), table.c.status == DeliveryStatus.SENDING.value)
    theirs = {each.id: (each.owner_token, each.epoch) for each in held}
    return frozenset(
        row.id
        for row in connection.execute(found)
        if (row.owner_token, row.epoch) == theirs[row.id]
    )


def finish(connection: Connection, ends: Sequence[tuple[Delivery, Delivery]]) -> Sequence[Delivery]:
    """Write what became of deliveries that were held; return those that are held no longer.

    What arrived after all, at a sender whose lease had run out meanwhile, is `sent` and no longer
    unknown.
    """
    rows = [(*_claim_of(before), *_result_of(after)) for before, after in ends]
    if _END.execute(connection, rows) == len(ends):
        return ()
    return [after for before, after in ends if not _is_written(connection, before, after)]


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


class _LedgerUpdate(BulkUpdate):
    """One of a table that keeps no time of its last change."""

    def _of_rows(self, given: Given) -> Update:
        return self._build(given)


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
        "owner_token": literal_column("NULL"),
        "lease_until": literal_column("NULL"),
    }
    result = {name: given(name) for name in _RESULT}
    return update(table).where(_are_held(given), table.c.ended_at.is_(None)).values(result | nobody)


def _claim_of(held: Delivery) -> tuple[object, ...]:
    return held.id, held.owner_token, held.epoch


def _result_of(ended: Delivery) -> tuple[object, ...]:
    values = result_of(ended)
    return tuple(values[name] for name in _RESULT)


def _is_written(connection: Connection, before: Delivery, after: Delivery) -> bool:
    """Whether an end is in its row, which another end of the same batch kept from being counted."""
    row = connection.execute(select(table).where(table.c.id == before.id)).first()
    if row is None:
        return False
    seen = delivery_of(row)
    if seen.epoch != before.epoch:
        return False
    if seen.status is after.status and seen.owner_token is None:
        return True
    if seen.status is not DeliveryStatus.UNKNOWN or after.status is not DeliveryStatus.SENT:
        return False
    told_lost = and_(
        table.c.id == before.id,
        table.c.status == DeliveryStatus.UNKNOWN.value,
        table.c.epoch == before.epoch,
    )
    written = connection.execute(update(table).where(told_lost).values(**result_of(after)))
    return bool(written.rowcount == 1)


_CLAIM = (table.c.id, table.c.owner_token, table.c.epoch)
_BEGIN = _LedgerUpdate(_CLAIM, _begin)
_END = _LedgerUpdate((*_CLAIM, *(table.c[name] for name in _RESULT)), _end)
