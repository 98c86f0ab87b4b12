"""The post bag: deliveries that wait, that a worker claims, holds and gives back, and that the dead held."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, update

from autopilot.domain.delivery import Delivery
from autopilot.domain.issue import IssueStatus
from autopilot.store.deliveries import EMAIL, GOES_OUT, delivery_of
from autopilot.store.leaving import wants_no_mail
from autopilot.store.tables import deliveries as table
from autopilot.store.tables import issues

# Literal words, as in the partial indexes: a bound value would keep SQLite from using them.
_PENDING = table.c.status == literal_column("'pending'")
_FREE = table.c.owner_token.is_(None)
_HELD = table.c.owner_token.is_not(None)


def claim_due(
    connection: Connection,
    now: datetime,
    *,
    owner: UUID,
    until: datetime,
    most: int,
    mail: bool,
) -> Sequence[Delivery]:
    """Give an owner mails, or other deliveries, that are due, the longest due first.

    Their issues are `sending` from then on, in the same transaction: one that was held or dropped
    meanwhile goes nowhere. What others hold stays theirs.
    """
    query = (
        select(table)
        .join(issues, issues.c.id == table.c.issue_id)
        .where(
            _PENDING, _FREE, table.c.due_at <= now, _is_mail(mail), issues.c.status.in_(GOES_OUT)
        )
        .order_by(table.c.due_at, table.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=table)  # SQLite has one writer and ignores it
    )
    found = [delivery_of(row) for row in connection.execute(query)]
    going = _send_out(connection, {each.issue_id for each in found})
    claimed = [each.claim(owner, until) for each in found if each.issue_id in going]
    connection.execute(
        update(table)
        .where(table.c.id.in_([each.id for each in claimed]), _PENDING, _FREE)
        .values(owner_token=owner, lease_until=until, epoch=table.c.epoch + 1)
    )
    return claimed


def release(connection: Connection, owner: UUID, held: Sequence[Delivery]) -> int:
    """Give back what has not been begun and return how many that were."""
    written = connection.execute(
        update(table)
        .where(table.c.id.in_([each.id for each in held]), table.c.owner_token == owner, _PENDING)
        .values(owner_token=None, lease_until=None)
    )
    return int(written.rowcount)


def renew(connection: Connection, owner: UUID, until: datetime) -> int:
    """Lengthen the lease of all that an owner holds and return how many they are."""
    written = connection.execute(
        update(table).where(table.c.owner_token == owner, _HELD).values(lease_until=until)
    )
    return int(written.rowcount)


def expired(connection: Connection, now: datetime, *, most: int) -> Sequence[Delivery]:
    """Return deliveries whose sender's lease ran out, locked where the store can lock rows."""
    query = (
        select(table)
        .where(_HELD, table.c.lease_until <= now)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [delivery_of(row) for row in connection.execute(query)]


def reasons_against(connection: Connection, held: Sequence[Delivery]) -> Mapping[UUID, str]:
    """Return why readers of these deliveries want no mail; those who do are left out."""
    query = select(table).where(table.c.id.in_([each.id for each in held]), wants_no_mail())
    found = [delivery_of(row) for row in connection.execute(query)]
    return {
        each.id: "the reader unsubscribed, or the address was barred, meanwhile" for each in found
    }


def due_exists(connection: Connection, now: datetime) -> bool:
    """Return whether a delivery that nobody holds may leave, or a sender's lease has run out."""
    due = select(table.c.id).where(_PENDING, _FREE, table.c.due_at <= now).limit(1)
    dead = select(table.c.id).where(_HELD, table.c.lease_until <= now).limit(1)
    return any(connection.execute(query).first() is not None for query in (due, dead))


def next_due_at(connection: Connection) -> datetime | None:
    """Return the earliest time a delivery may leave or a sender's lease runs out."""
    due, leased = connection.execute(_NEXT).one()
    return min((moment for moment in (due, leased) if moment is not None), default=None)


def put_off_channel(
    connection: Connection, specification_id: UUID, channel: str, until: datetime
) -> int:
    """Let a channel's free deliveries wait until then, and return how many they are."""
    written = connection.execute(
        update(table)
        .where(
            *_waiting_for(specification_id, channel),
            table.c.due_at < until,
        )
        .values(due_at=until)
    )
    return int(written.rowcount)


def specifications_due(connection: Connection, now: datetime, channel: str) -> Sequence[UUID]:
    """Return the specifications that have something due over a channel."""
    query = (
        select(table.c.specification_id)
        .where(_PENDING, _FREE, table.c.due_at <= now, table.c.channel == channel)
        .distinct()
    )
    return tuple(connection.execute(query).scalars())


def waiting_since(
    connection: Connection, specification_id: UUID, channel: str, since: datetime, *, most: int
) -> Sequence[Delivery]:
    """Return a channel's free deliveries that were written before then."""
    query = (
        select(table)
        .where(
            *_waiting_for(specification_id, channel),
            table.c.created_at < since,
        )
        .limit(most)
    )
    return [delivery_of(row) for row in connection.execute(query)]


def bring_forward(
    connection: Connection, specification_id: UUID, channel: str, now: datetime
) -> int:
    """Let what waits for a channel leave at once."""
    written = connection.execute(
        update(table)
        .where(
            *_waiting_for(specification_id, channel),
            table.c.failures == 0,
            table.c.due_at > now,
        )
        .values(due_at=now)
    )
    return int(written.rowcount)


def _waiting_for(specification_id: UUID, channel: str) -> tuple[ColumnElement[bool], ...]:
    """What a delivery is that nobody has and that waits for a channel."""
    return (
        table.c.specification_id == specification_id,
        table.c.channel == channel,
        _PENDING,
        _FREE,
    )


def _is_mail(mail: bool) -> ColumnElement[bool]:
    return table.c.channel == EMAIL if mail else table.c.channel != EMAIL


def _send_out(connection: Connection, issue_ids: Collection[UUID]) -> Collection[UUID]:
    """Mark approved issues as being sent, and return those that are."""
    ids = list(issue_ids)
    connection.execute(
        update(issues)
        .where(issues.c.id.in_(ids), issues.c.status == IssueStatus.APPROVED.value)
        .values(status=IssueStatus.SENDING.value, version=issues.c.version + 1)
    )
    query = select(issues.c.id).where(
        issues.c.id.in_(ids), issues.c.status == IssueStatus.SENDING.value
    )
    return frozenset(connection.execute(query).scalars())


# Built once: every idle tick asks it.
_NEXT = select(
    select(func.min(table.c.due_at)).where(_PENDING, _FREE).scalar_subquery(),
    select(func.min(table.c.lease_until)).where(_HELD).scalar_subquery(),
)
