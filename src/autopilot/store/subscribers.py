"""Subscribers: who asked for a newsletter. One row for a mailbox and a specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from autopilot.domain.address import same_mailbox
from autopilot.domain.subscriber import Subscriber, SubscriberStatus
from autopilot.store.bulk import BulkInsert
from autopilot.store.inserting import insert_into
from autopilot.store.tables import subscribers as table

BATCH = 500  # mailboxes asked for in one statement
PAGE = 1_000
_WRITTEN = tuple(column for column in table.c if column.name != "updated_at")
_ADD_MANY = BulkInsert(table, _WRITTEN)


def add_subscriber(connection: Connection, subscriber: Subscriber) -> bool:
    """Insert a subscriber; False where the mailbox is on this list already."""
    statement = insert_into(connection, table).values(_columns(subscriber)).on_conflict_do_nothing()
    return connection.execute(statement.returning(table.c.id)).first() is not None


def add_subscribers(connection: Connection, new: Sequence[Subscriber]) -> None:
    """Insert many; one whose mailbox is on the list by now is passed over."""
    rows = map(_columns, new)
    _ADD_MANY.execute(connection, [[row[column.name] for column in _WRITTEN] for row in rows])


def get_subscriber(connection: Connection, subscriber_id: UUID) -> Subscriber | None:
    """Return the subscriber with this id."""
    row = connection.execute(select(table).where(table.c.id == subscriber_id)).first()
    return None if row is None else _subscriber(row)


def find_subscribers(
    connection: Connection, specification_id: UUID, mailboxes: Sequence[str]
) -> Mapping[str, Subscriber]:
    """Return which of these mailboxes are on a list, by mailbox."""
    found: dict[str, Subscriber] = {}
    for start in range(0, len(mailboxes), BATCH):
        query = select(table).where(
            table.c.specification_id == specification_id,
            table.c.mailbox.in_(mailboxes[start : start + BATCH]),
        )
        found |= {row.mailbox: _subscriber(row) for row in connection.execute(query)}
    return found


def find_everywhere(
    connection: Connection, workspace_id: UUID, mailbox: str
) -> Sequence[Subscriber]:
    """Return a mailbox's rows on all lists of a workspace."""
    query = select(table).where(table.c.workspace_id == workspace_id, table.c.mailbox == mailbox)
    return [_subscriber(row) for row in connection.execute(query)]


def save_subscriber(connection: Connection, seen: Subscriber, changed: Subscriber) -> bool:
    """Write what became of a subscriber; False where somebody else changed it since it was seen."""
    result = connection.execute(
        update(table)
        .where(
            table.c.id == seen.id,
            table.c.status == seen.status.value,
            table.c.asks == seen.asks,
        )
        .values(
            name=changed.name,
            status=changed.status.value,
            confirmed_at=changed.confirmed_at,
            ended_at=changed.ended_at,
            asks=changed.asks,
            asked_at=changed.asked_at,
        )
    )
    return result.rowcount == 1


def remove_subscriber(connection: Connection, subscriber_id: UUID) -> None:
    """Delete a subscriber's row: nothing of it is remembered."""
    connection.execute(delete(table).where(table.c.id == subscriber_id))


def forget_unconfirmed(connection: Connection, specification_id: UUID, before: datetime) -> int:
    """Delete those who asked before then and never confirmed, and return how many."""
    done = connection.execute(
        delete(table).where(
            table.c.specification_id == specification_id,
            table.c.status == SubscriberStatus.PENDING.value,
            table.c.confirmed_at.is_(None),
            table.c.asked_at < before,
        )
    )
    return done.rowcount


def count_asked_since(
    connection: Connection, workspace_id: UUID, mailbox: str, since: datetime
) -> int:
    """Return for how many newsletters of a workspace this mailbox was asked to confirm since then."""
    query = (
        select(func.count())
        .select_from(table)
        .where(
            table.c.workspace_id == workspace_id,
            table.c.mailbox == mailbox,
            table.c.asked_at >= since,
        )
    )
    return int(connection.execute(query).scalar_one())


def list_subscribers(
    connection: Connection,
    specification_id: UUID,
    *,
    status: SubscriberStatus | None = None,
    text: str = "",
    after: str = "",
    limit: int = PAGE,
) -> Sequence[Subscriber]:
    """Return subscribers by mailbox, from after this one on; `text` is a part of address or name."""
    query = (
        select(table)
        .where(table.c.specification_id == specification_id, table.c.mailbox > after)
        .order_by(table.c.mailbox)
        .limit(limit)
    )
    if status is not None:
        query = query.where(table.c.status == status.value)
    if text:
        query = query.where(
            or_(
                table.c.mailbox.contains(text.lower(), autoescape=True),
                func.lower(table.c.name).contains(text.lower(), autoescape=True),
            )
        )
    return [_subscriber(row) for row in connection.execute(query)]


def each_subscriber(
    connection: Connection, specification_id: UUID, *, status: SubscriberStatus | None = None
) -> Iterator[Subscriber]:
    """Yield all subscribers by mailbox, read a page at a time however many there are."""
    after = ""
    while page := list_subscribers(connection, specification_id, status=status, after=after):
        yield from page
        after = same_mailbox(page[-1].email)


def count_subscribers(
    connection: Connection, specification_id: UUID
) -> Mapping[SubscriberStatus, int]:
    """Return how many there are in each status that occurs."""
    query = (
        select(table.c.status, func.count())
        .where(table.c.specification_id == specification_id)
        .group_by(table.c.status)
    )
    return {SubscriberStatus(status): count for status, count in connection.execute(query)}


def _columns(subscriber: Subscriber) -> dict[str, object]:
    return {
        "id": subscriber.id,
        "workspace_id": subscriber.workspace_id,
        "specification_id": subscriber.specification_id,
        "email": subscriber.email,
        "mailbox": same_mailbox(subscriber.email),
        "name": subscriber.name,
        "status": subscriber.status.value,
        "source": subscriber.source,
        "created_at": subscriber.created_at,
        "confirmed_at": subscriber.confirmed_at,
        "ended_at": subscriber.ended_at,
        "asks": subscriber.asks,
        "asked_at": subscriber.asked_at,
    }


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(
        id=row.id,
        workspace_id=row.workspace_id,
        specification_id=row.specification_id,
        email=row.email,
        name=row.name,
        status=SubscriberStatus(row.status),
        source=row.source,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
        asks=row.asks,
        asked_at=row.asked_at,
    )
