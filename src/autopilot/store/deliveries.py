"""Deliveries: the ledger of what goes to whom; rows written, listed, counted, and what came of an issue."""

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
    select,
    update,
)

from autopilot.domain.address import same_mailbox
from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.domain.issue import IssueStatus
from autopilot.store.bulk import BulkInsert
from autopilot.store.changes import announce
from autopilot.store.tables import deliveries as table
from autopilot.store.tables import issues

EMAIL = "email"
GOES_OUT = (IssueStatus.APPROVED.value, IssueStatus.SENDING.value)
_ENDED = (IssueStatus.SENT.value, IssueStatus.PARTLY_SENT.value, IssueStatus.NOT_SENT.value)
ROWS_AT_ONCE = 5_000


def add_deliveries(connection: Connection, rows: Sequence[Delivery]) -> int:
    """Insert deliveries and return how many are new; a target that has the issue already is passed over."""
    if not rows:
        return 0
    before = _count(connection, rows[0].issue_id)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        _ADD.execute(connection, [_values(row) for row in rows[start : start + ROWS_AT_ONCE]])
    announce(connection)
    return _count(connection, rows[0].issue_id) - before


def move(connection: Connection, before: Delivery, after: Delivery) -> bool:
    """Write a delivery's next state; False where the row is no longer as it was seen."""
    guard = and_(
        table.c.id == before.id,
        table.c.status == before.status.value,
        table.c.epoch == before.epoch,
        table.c.owner_token.is_not_distinct_from(before.owner_token),
    )
    written = connection.execute(update(table).where(guard).values(**state_of(after)))
    return bool(written.rowcount == 1)


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


def time_of_sending(
    connection: Connection, issue_id: UUID
) -> tuple[datetime | None, datetime | None]:
    """Return when the first delivery of an issue was due, and when the last one ended."""
    query = select(func.min(table.c.due_at), func.max(table.c.ended_at))
    first, last = connection.execute(query.where(table.c.issue_id == issue_id)).one()
    return first, last


def count_mails(connection: Connection, issue_id: UUID) -> int:
    """Return how many mails an issue has, in whatever state."""
    query = select(func.count()).where(table.c.issue_id == issue_id, table.c.channel == EMAIL)
    return int(connection.scalar(query) or 0)


def has_open(connection: Connection, issue_id: UUID) -> bool:
    """Return whether a delivery of an issue has not ended."""
    query = select(table.c.id).where(table.c.issue_id == issue_id, table.c.ended_at.is_(None))
    return connection.execute(query.limit(1)).first() is not None


def settle_issue(connection: Connection, issue_id: UUID) -> IssueStatus | None:
    """Move an issue whose deliveries have all ended to what came of them; None where some have not.

    One that may go out and has nobody to go to is not sent.
    """
    if has_open(connection, issue_id):
        return None
    counts = count_by_issue(connection, [issue_id])[issue_id]
    outcome = outcome_of(counts)
    written = connection.execute(
        update(issues)
        .where(issues.c.id == issue_id, issues.c.status.in_(GOES_OUT), ~_open_of(issue_id))
        .values(status=outcome.value, version=issues.c.version + 1)
    )
    return outcome if written.rowcount == 1 else None


def outcome_of(counts: Counts) -> IssueStatus:
    """Return how an issue has been sent: to all who want it, to some, to nobody."""
    arrived, unsure = counts.of(DeliveryStatus.SENT), counts.of(DeliveryStatus.UNKNOWN)
    if not arrived and not unsure:
        return IssueStatus.NOT_SENT
    has_failed = unsure or counts.of(DeliveryStatus.FAILED)
    return IssueStatus.PARTLY_SENT if has_failed else IssueStatus.SENT


def standing_of_runs(
    connection: Connection, run_ids: Collection[UUID]
) -> Mapping[UUID, tuple[IssueStatus, bool]]:
    """Return where the issues of these runs stand, and whether they have deliveries."""
    has_any = select(table.c.id).where(table.c.issue_id == issues.c.id).exists()
    query = select(issues.c.run_id, issues.c.status, has_any).where(
        issues.c.run_id.in_(list(run_ids))
    )
    return {row[0]: (IssueStatus(row[1]), bool(row[2])) for row in connection.execute(query)}


def count_waiting(connection: Connection) -> int:
    """Return how many deliveries have not ended."""
    # Literal words, as in the partial indexes: a bound value would keep SQLite from using them.
    is_pending = table.c.status == literal_column("'pending'")
    is_leaving = table.c.status == literal_column("'sending'")
    counts = (
        select(func.count()).select_from(table).where(where)
        for where in (is_pending, and_(is_leaving, table.c.owner_token.is_not(None)))
    )
    return sum(int(connection.scalar(query) or 0) for query in counts)


def reopen_issue(connection: Connection, issue_id: UUID) -> bool:
    """Move an issue whose deliveries have ended back to `sending`: some are sent again."""
    written = connection.execute(
        update(issues)
        .where(issues.c.id == issue_id, issues.c.status.in_(_ENDED))
        .values(status=IssueStatus.SENDING.value, version=issues.c.version + 1)
    )
    return bool(written.rowcount == 1)


def unsettled_issues(connection: Connection) -> Sequence[UUID]:
    """Return issues that are being sent and have no delivery left that has not ended."""
    query = select(issues.c.id).where(
        issues.c.status == literal_column("'sending'"),
        ~select(table.c.id)
        .where(table.c.issue_id == issues.c.id, table.c.ended_at.is_(None))
        .exists(),
    )
    return tuple(connection.execute(query).scalars())


def target_of(delivery: Delivery) -> str:
    """Return what tells two addresses of one issue apart: the mailbox, or the channel's place."""
    is_mail = delivery.channel == EMAIL
    return same_mailbox(delivery.address) if is_mail else delivery.address


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


def _open_of(issue_id: UUID) -> ColumnElement[bool]:
    query = select(table.c.id).where(table.c.issue_id == issue_id, table.c.ended_at.is_(None))
    return query.exists()


def _count(connection: Connection, issue_id: UUID) -> int:
    query = select(func.count()).select_from(table).where(table.c.issue_id == issue_id)
    return int(connection.scalar(query) or 0)


def _values(row: Delivery) -> tuple[object, ...]:
    known = {
        "id": row.id,
        "workspace_id": row.workspace_id,
        "specification_id": row.specification_id,
        "issue_id": row.issue_id,
        "channel": row.channel,
        "address": row.address,
        "target": target_of(row),
        "name": row.name,
        "created_at": row.created_at,
        **state_of(row),
    }
    return tuple(known[column.name] for column in _COLUMNS)


def state_of(row: Delivery) -> dict[str, Any]:
    """Return the columns that say where a delivery stands."""
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


def result_of(row: Delivery) -> dict[str, Any]:
    """Return the columns that an attempt changes; nobody holds the row afterwards."""
    return {
        "status": row.status.value,
        "due_at": row.due_at,
        "owner_token": None,
        "lease_until": None,
        "failures": row.failures,
        "reason": row.reason,
        "response": row.response,
        "ended_at": row.ended_at,
    }


_COLUMNS = tuple(table.c)
_ADD = BulkInsert(table, _COLUMNS)
