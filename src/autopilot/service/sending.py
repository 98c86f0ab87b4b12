"""Sending: an issue's deliveries written down, one for each reader and channel, before anything leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from autopilot.domain.address import same_mailbox
from autopilot.domain.channel import Channel, EmailChannel, channel_key
from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.domain.specification import Specification
from autopilot.domain.subscriber import SubscriberStatus, SuppressionReason
from autopilot.service.context import App
from autopilot.store import audience, deliveries, specifications
from autopilot.store.issues import IssueRow

_WHY_NOT = {
    SuppressionReason.UNSUBSCRIBED: "unsubscribed",
    SuppressionReason.BOUNCED: "earlier mail to it bounced",
    SuppressionReason.COMPLAINED: "its reader complained of unwanted mail",
    SuppressionReason.MANUAL: "barred by hand",
}
_WHY_GONE = {
    SubscriberStatus.UNSUBSCRIBED: _WHY_NOT[SuppressionReason.UNSUBSCRIBED],
    SubscriberStatus.BOUNCED: _WHY_NOT[SuppressionReason.BOUNCED],
}


def start_sending(
    connection: Connection,
    app: App,  # noqa: ARG001
    issue: IssueRow,
    *,
    now: datetime,
) -> int:
    """Write the deliveries of an issue that may go out and return how many are new.

    One for each mailbox (typed recipients, then active subscribers) and one for each other channel,
    none before the issue's slot. Doing it again adds only readers who came meanwhile.
    """
    row = specifications.get_specification(connection, issue.specification_id)
    if row is None:
        return 0
    due_at = now if issue.scheduled_for is None else max(now, issue.scheduled_for)
    rows = _in_order(_deliveries(connection, row.document, issue, now, due_at))
    added = deliveries.add_deliveries(connection, rows)
    if row.document.channels and not any(each.status is DeliveryStatus.PENDING for each in rows):
        # Nobody to go to: it is not sent, and says so.
        deliveries.settle_issue(connection, issue.id)
    return added


def _in_order(rows: Iterable[Delivery]) -> list[Delivery]:
    """The rows with ids that grow: they leave in the order in which they lie in the store, so that a
    commit in between two mails writes neighbours.
    """
    listed = list(rows)
    ids = sorted(each.id for each in listed)
    return [replace(each, id=id_) for each, id_ in zip(listed, ids, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who would get an issue now: how many people by mail, and over which other channels."""

    people: int
    channels: tuple[str, ...]


def audience_of(connection: Connection, issue: IssueRow, now: datetime) -> Audience:
    """Return who would get an issue if it went out now; nothing is written."""
    row = specifications.get_specification(connection, issue.specification_id)
    planned = [] if row is None else list(_deliveries(connection, row.document, issue, now, now))
    open_ones = [each for each in planned if each.status is DeliveryStatus.PENDING]
    return Audience(
        people=sum(each.channel == "email" for each in open_ones),
        channels=tuple(each.channel for each in open_ones if each.channel != "email"),
    )


def _deliveries(
    connection: Connection,
    specification: Specification,
    issue: IssueRow,
    now: datetime,
    due_at: datetime,
) -> Iterator[Delivery]:
    for channel in specification.channels:
        for address, name, reason in _targets(connection, channel, issue):
            yield Delivery(
                id=uuid4(),
                workspace_id=issue.workspace_id,
                specification_id=issue.specification_id,
                issue_id=issue.id,
                channel=channel_key(channel),
                address=address,
                name=name,
                status=DeliveryStatus.SUPPRESSED if reason else DeliveryStatus.PENDING,
                due_at=due_at,
                created_at=now,
                reason=reason,
                ended_at=now if reason else None,
            )


def _targets(
    connection: Connection, channel: Channel, issue: IssueRow
) -> Iterator[tuple[str, str, str | None]]:
    """Addresses of a channel, each with a name and the reason why it gets nothing, if there is one."""
    if not isinstance(channel, EmailChannel):
        yield channel_key(channel).partition(":")[2] or channel.type, "", None
        return
    readers = {
        each.mailbox: each for each in audience.readers_of(connection, issue.specification_id)
    }
    barred = audience.barred_mailboxes(connection, issue.workspace_id, issue.specification_id)
    listed = {same_mailbox(address): (address, "") for address in channel.recipients}
    for mailbox, reader in readers.items():
        if reader.status is SubscriberStatus.ACTIVE or mailbox in listed:
            listed[mailbox] = (reader.email, reader.name)
    for mailbox, (address, name) in listed.items():
        reason = _WHY_NOT[barred[mailbox]] if mailbox in barred else None
        if reason is None and mailbox in readers:
            reason = _WHY_GONE.get(readers[mailbox].status)
        yield address, name, reason
