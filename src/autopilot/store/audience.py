"""The audience: whom a newsletter's mails go to, and which of them want none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, or_, select

from autopilot.domain.subscriber import SubscriberStatus, SuppressionReason
from autopilot.store.tables import subscribers, suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A subscriber's address, name and whether it has a place on the list."""

    email: str
    name: str
    mailbox: str
    status: SubscriberStatus


def readers_of(connection: Connection, specification_id: UUID) -> Sequence[Reader]:
    """Return all who ever subscribed to a specification, in whatever state, by mailbox."""
    query = (
        select(subscribers.c.email, subscribers.c.name, subscribers.c.mailbox, subscribers.c.status)
        .where(subscribers.c.specification_id == specification_id)
        .order_by(subscribers.c.mailbox)
    )
    return [
        Reader(
            email=row.email, name=row.name, mailbox=row.mailbox, status=SubscriberStatus(row.status)
        )
        for row in connection.execute(query)
    ]


def barred_mailboxes(
    connection: Connection, workspace_id: UUID, specification_id: UUID
) -> Mapping[str, SuppressionReason]:
    """Return the mailboxes that get no mail of a specification, and why."""
    query = select(suppressions.c.mailbox, suppressions.c.reason).where(
        suppressions.c.workspace_id == workspace_id,
        or_(
            suppressions.c.specification_id.is_(None),
            suppressions.c.specification_id == specification_id,
        ),
    )
    return {row.mailbox: SuppressionReason(row.reason) for row in connection.execute(query)}
