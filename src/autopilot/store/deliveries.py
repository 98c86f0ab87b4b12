"""Deliveries: the ledger of what goes to whom, and the guards that keep anybody from getting it twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    update,
)

from autopilot.domain.address import same_mailbox
from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.store.inserting import insert_into
from autopilot.store.tables import deliveries as table
from autopilot.store.tables import subscribers, suppressions

EMAIL = "email"
# Literal words, as in the partial indexes: a bound value would keep SQLite from using them.
_PENDING = table.c.status == literal_column("'pending'")
_SENDING = table.c.status == literal_column("'sending'")
_FREE = table.c.owner_token.is_(None)
_HELD = table.c.owner_token.is_not(None)
_GONE = ("unsubscribed", "bounced")


def add_deliveries(connection: Connection, rows: Sequence[Delivery]) -> int:
    """Insert deliveries and return how many are new; a target that has the issue already is passed over."""
    if not rows:
        return 0
    before = _count(connection, rows[0].issue_id)
    for start in range(0, len(rows), 500):
        values = [_values(row) for row in rows[start : start + 500]]
        connection.execute(insert_into(connection, table).on_conflict_do_nothing(), values)
    return _count(connection, rows[0].issue_id) - before


def claim_due(
    connection: Connection, now: datetime, *, owner: UUID, until: datetime, most: int
) -> Sequence[Delivery]:
    """Give an owner the deliveries that are due, the one due first at first; what others hold stays theirs."""
    query = (
        select(table)
        .where(_PENDING, _FREE, table.c.due_at <= now)
        .order_by(table.c.due_at, table.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)  # SQLite has one writer and ignores it
    )
    claimed = [delivery_of(row).claim(owner, until) for row in connection.execute(query)]
    connection.execute(
        update(table)
        .where(table.c.id.in_([each.id for each in claimed]), _PENDING, _FREE)
        .values(owner_token=owner, lease_until=until, epoch=table.c.epoch + 1)
    )
    return claimed


def begin_sending(connection: Connection, held: Sequence[Delivery]) -> Collection[UUID]:
    """Move deliveries that are held, and whose reader still wants them, to `sending`; return which moved."""
    if not held:
        return frozenset()
    moved = connection.execute(
        update(table)
        .where(_are(held), _PENDING, ~_wants_no_mail())
        .values(status=DeliveryStatus.SENDING.value)
        .returning(table.c.id)
    )
    return frozenset(moved.scalars())


def move(connection: Connection, before: Delivery, after: Delivery) -> bool:
    """Write a delivery's next state; False where the row is no longer as it was seen."""
    guard = and_(
        table.c.id == before.id,
        table.c.status == before.status.value,
        table.c.epoch == before.epoch,
        table.c.owner_token.is_not_distinct_from(before.owner_token),
    )
    written = connection.execute(update(table).where(guard).values(**_state(after)))
    return bool(written.rowcount == 1)


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
    query = select(table).where(table.c.id.in_([each.id for each in held]), _wants_no_mail())
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
    due = connection.scalar(select(func.min(table.c.due_at)).where(_PENDING, _FREE))
    leased = connection.scalar(select(func.min(table.c.lease_until)).where(_HELD))
    return min((moment for moment in (due, leased) if moment is not None), default=None)


def put_off_channel(
    connection: Connection, specification_id: UUID, channel: str, until: datetime
) -> int:
    """Let a channel's free deliveries wait until then, and return how many they are."""
    written = connection.execute(
        update(table)
        .where(
            table.c.specification_id == specification_id,
            table.c.channel == channel,
            _PENDING,
            _FREE,
            table.c.due_at < until,
        )
        .values(due_at=until)
    )
    return int(written.rowcount)


def bring_forward(
    connection: Connection, specification_id: UUID, channel: str, now: datetime
) -> int:
    """Let what waits for a channel leave at once."""
    written = connection.execute(
        update(table)
        .where(
            table.c.specification_id == specification_id,
            table.c.channel == channel,
            _PENDING,
            _FREE,
            table.c.failures == 0,
            table.c.due_at > now,
        )
        .values(due_at=now)
    )
    return int(written.rowcount)


def get_delivery(connection: Connection, delivery_id: UUID) -> Delivery | None:
    """Return the delivery with this id."""
    row = connection.execute(select(table).where(table.c.id == delivery_id)).first()
    return None if row is None else delivery_of(row)


def list_deliveries(
    connection: Connection,
    *,
    issue_id: UUID | None = None,
    specification_id: UUID | None = None,
    statuses: Iterable[DeliveryStatus] = (),
    channel: str | None = None,
    limit: int | None = None,
) -> Sequence[Delivery]:
    """Return deliveries, the newest issue's first, by channel and target."""
    query = _chosen(issue_id, specification_id, tuple(statuses), channel).order_by(
        table.c.created_at.desc(), table.c.channel, table.c.target
    )
    return [delivery_of(row) for row in connection.execute(query.limit(limit))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many deliveries of an issue stand where."""

    by_status: Mapping[DeliveryStatus, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_status.values())

    @property
    def open(self) -> int:
        """Those that have not ended."""
        return self.of(DeliveryStatus.PENDING) + self.of(DeliveryStatus.SENDING)

    def of(self, status: DeliveryStatus) -> int:
        """Those with this status."""
        return self.by_status.get(status, 0)


def count_by_issue(connection: Connection, issue_ids: Collection[UUID]) -> Mapping[UUID, Counts]:
    """Return the counts of these issues; one without deliveries has none in any state."""
    query = (
        select(table.c.issue_id, table.c.status, func.count())
        .where(table.c.issue_id.in_(list(issue_ids)))
        .group_by(table.c.issue_id, table.c.status)
    )
    found: dict[UUID, dict[DeliveryStatus, int]] = {each: {} for each in issue_ids}
    for issue_id, status, count in connection.execute(query):
        found[issue_id][DeliveryStatus(status)] = count
    return {issue_id: Counts(by_status=counted) for issue_id, counted in found.items()}


def has_open(connection: Connection, issue_id: UUID) -> bool:
    """Return whether a delivery of an issue has not ended."""
    query = select(table.c.id).where(table.c.issue_id == issue_id, table.c.ended_at.is_(None))
    return connection.execute(query.limit(1)).first() is not None


def _chosen(
    issue_id: UUID | None,
    specification_id: UUID | None,
    statuses: tuple[DeliveryStatus, ...],
    channel: str | None,
) -> Select[Any]:
    query = select(table)
    if issue_id is not None:
        query = query.where(table.c.issue_id == issue_id)
    if specification_id is not None:
        query = query.where(table.c.specification_id == specification_id)
    if statuses:
        query = query.where(table.c.status.in_([status.value for status in statuses]))
    return query if channel is None else query.where(table.c.channel == channel)


def _are(held: Sequence[Delivery]) -> ColumnElement[bool]:
    """These rows, while they are as they were claimed."""
    claims: dict[tuple[UUID | None, int], list[UUID]] = {}
    for each in held:
        claims.setdefault((each.owner_token, each.epoch), []).append(each.id)
    return or_(
        *(
            and_(table.c.id.in_(ids), table.c.owner_token == owner, table.c.epoch == epoch)
            for (owner, epoch), ids in claims.items()
        )
    )


def _wants_no_mail() -> ColumnElement[bool]:
    """A mail whose address is barred in its workspace or newsletter, or unsubscribed from it."""
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
            subscribers.c.status.in_(_GONE),
        )
        .exists()
    )
    return and_(table.c.channel == EMAIL, or_(barred, gone))


def _count(connection: Connection, issue_id: UUID) -> int:
    query = select(func.count()).select_from(table).where(table.c.issue_id == issue_id)
    return int(connection.scalar(query) or 0)


def target_of(delivery: Delivery) -> str:
    """Return what tells two addresses of one issue apart: the mailbox, or the channel's place."""
    is_mail = delivery.channel == EMAIL
    return same_mailbox(delivery.address) if is_mail else delivery.address


def _values(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "workspace_id": row.workspace_id,
        "specification_id": row.specification_id,
        "issue_id": row.issue_id,
        "channel": row.channel,
        "address": row.address,
        "target": target_of(row),
        "name": row.name,
        "created_at": row.created_at,
        **_state(row),
    }


def _state(row: Delivery) -> dict[str, Any]:
    return {
        "status": row.status.value,
        "due_at": row.due_at,
        "owner_token": row.owner_token,
        "lease_until": row.lease_until,
        "epoch": row.epoch,
        "failures": row.failures,
        "reason": row.reason,
        "response": row.response,
        "ended_at": row.ended_at,
    }


def delivery_of(row: Row[Any]) -> Delivery:
    """Return a row's delivery."""
    return Delivery(
        id=row.id,
        workspace_id=row.workspace_id,
        specification_id=row.specification_id,
        issue_id=row.issue_id,
        channel=row.channel,
        address=row.address,
        name=row.name,
        status=DeliveryStatus(row.status),
        due_at=row.due_at,
        created_at=row.created_at,
        owner_token=row.owner_token,
        lease_until=row.lease_until,
        epoch=row.epoch,
        failures=row.failures,
        reason=row.reason,
        response=row.response,
        ended_at=row.ended_at,
    )
