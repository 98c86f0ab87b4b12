"""What an owner does with a list: add and remove people, suppress addresses and allow them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.address import same_mailbox
from autopilot.domain.subscriber import (
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
    reader_name,
)
from autopilot.errors import Conflict, InputRefused, NotFound, Problem
from autopilot.service.context import App
from autopilot.service.subscribing import checked_address
from autopilot.store import audit, subscribers, suppressions
from autopilot.store.specifications import SpecificationRow
from autopilot.store.suppressions import Suppression

WORDS = {
    SuppressionReason.UNSUBSCRIBED: "its reader unsubscribed",
    SuppressionReason.BOUNCED: "mail to it bounced",
    SuppressionReason.COMPLAINED: "its reader complained of unwanted mail",
    SuppressionReason.MANUAL: "it was suppressed by hand",
}


def add_subscriber(
    app: App, specification: SpecificationRow, address: str, *, name: str = "", actor: str
) -> bool:
    """Put somebody who asked for it on a list, without a letter; False where they are there already.

    Raises InputRefused for what is no address or name, Conflict for an address that wants no mail.
    """
    email, called = checked_address(address), checked_name(name)
    mailbox, now = same_mailbox(email), app.clock()
    with app.database.begin() as connection:
        closed = suppressions.suppressed(
            connection, specification.workspace_id, specification.id, [mailbox]
        ).get(mailbox)
        if closed is not None:
            raise Conflict(
                f"{email} gets no mail: {WORDS[closed]}.",
                hint=f"If its reader wants it again: autopilot subscribers suppress {email} --undo",
            )
        seen = subscribers.find_subscribers(connection, specification.id, [mailbox]).get(mailbox)
        if seen is not None and seen.status is SubscriberStatus.ACTIVE:
            return False
        if seen is None:
            added = new_subscriber(specification, email, called, "command", now)
            subscribers.add_subscriber(connection, added)
        else:
            added = seen.confirm(now)
            subscribers.save_subscriber(connection, seen, added)
        _note(connection, added, "subscriber.added", actor, now)
    return True


def remove_subscriber(
    app: App, specification: SpecificationRow, address: str, *, actor: str
) -> None:
    """Delete somebody from a list, with all that is known of them there; raises NotFound.

    Nothing keeps the address from being added again; that is what `suppress_address` is for.
    """
    mailbox = same_mailbox(checked_address(address))
    with app.database.begin() as connection:
        seen = subscribers.find_subscribers(connection, specification.id, [mailbox]).get(mailbox)
        if seen is None:
            raise NotFound(
                f"{address} is not on the list of {specification.slug}.",
                hint=f"See: autopilot subscribers list {specification.slug}",
            )
        subscribers.remove_subscriber(connection, seen.id)
        _note(connection, seen, "subscriber.removed", actor, app.clock())


def suppress_address(
    app: App,
    workspace_id: UUID,
    address: str,
    *,
    specification_id: UUID | None = None,
    actor: str,
    detail: str = "",
) -> bool:
    """Send an address no more mail of one newsletter, or of any; False where that was so already."""
    mailbox, now = same_mailbox(checked_address(address)), app.clock()
    with app.database.begin() as connection:
        fresh = suppressions.suppress(
            connection,
            Suppression(
                workspace_id=workspace_id,
                specification_id=specification_id,
                mailbox=mailbox,
                reason=SuppressionReason.MANUAL,
                at=now,
                detail=detail,
            ),
        )
        for each in subscribers.find_everywhere(connection, workspace_id, mailbox):
            meant = specification_id in (None, each.specification_id)
            if meant and each.status is not SubscriberStatus.UNSUBSCRIBED:
                subscribers.save_subscriber(connection, each, each.unsubscribe(now))
                _note(connection, each, "subscriber.suppressed", actor, now)
        if fresh:
            audit.note(
                connection,
                at=now,
                actor=actor,
                action="address.suppressed",
                subject=("workspace", workspace_id),
                workspace_id=workspace_id,
            )
    return fresh


def allow_address(
    app: App,
    workspace_id: UUID,
    address: str,
    *,
    specification_id: UUID | None = None,
    actor: str,
) -> None:
    """Take every suppression of an address back, or those of one newsletter; raises NotFound.

    It is on no list again by that: add it, or let its reader subscribe.
    """
    mailbox = same_mailbox(checked_address(address))
    with app.database.begin() as connection:
        found = [
            each
            for each in suppressions.find_suppressions(connection, workspace_id, mailbox)
            if specification_id in (None, each.specification_id)
        ]
        if not found:
            raise NotFound(
                f"{address} is not suppressed.", hint="See: autopilot subscribers suppressed"
            )
        for each in found:
            suppressions.lift(
                connection,
                workspace_id,
                mailbox,
                specification_id=each.specification_id,
                reasons=SuppressionReason,
            )
        audit.note(
            connection,
            at=app.clock(),
            actor=actor,
            action="address.allowed",
            subject=("workspace", workspace_id),
            workspace_id=workspace_id,
        )


def list_subscribers(
    app: App,
    specification_id: UUID,
    *,
    status: SubscriberStatus | None = None,
    text: str = "",
    after: str = "",
    limit: int,
) -> Sequence[Subscriber]:
    """Return the first subscribers of a list, by address, from after this one on.

    `text` is a part of their address or name.
    """
    with app.database.read() as connection:
        return subscribers.list_subscribers(
            connection,
            specification_id,
            status=status,
            text=text.replace("\0", "").strip(),
            after=after and same_mailbox(after),
            limit=limit,
        )


def subscriber_with(app: App, specification: SpecificationRow, address: str) -> Subscriber:
    """Return who has this address on a list; raises NotFound."""
    mailbox = same_mailbox(checked_address(address))
    with app.database.read() as connection:
        found = subscribers.find_subscribers(connection, specification.id, [mailbox])
    if mailbox not in found:
        raise NotFound(f"{address} is not on the list of {specification.slug}.")
    return found[mailbox]


def count_subscribers(app: App, specification_id: UUID) -> Mapping[SubscriberStatus, int]:
    """Return how many there are in each status, in its order."""
    with app.database.read() as connection:
        found = subscribers.count_subscribers(connection, specification_id)
    return {status: found[status] for status in SubscriberStatus if status in found}


def each_subscriber(app: App, specification_id: UUID) -> Iterator[Subscriber]:
    """Yield all of a list, by address, however many there are."""
    with app.database.read() as connection:
        yield from subscribers.each_subscriber(connection, specification_id)


def list_suppressions(app: App, workspace_id: UUID, *, limit: int) -> Sequence[Suppression]:
    """Return the newest suppressions of a workspace."""
    with app.database.read() as connection:
        return suppressions.list_suppressions(connection, workspace_id, limit=limit)


def new_subscriber(
    specification: SpecificationRow, email: str, name: str, source: str, now: datetime
) -> Subscriber:
    """Return somebody who gets every issue from now on."""
    return Subscriber(
        id=uuid4(),
        workspace_id=specification.workspace_id,
        specification_id=specification.id,
        email=email,
        name=name,
        status=SubscriberStatus.ACTIVE,
        source=source,
        created_at=now,
        confirmed_at=now,
    )


def checked_name(text: str) -> str:
    """Return a name as it is kept; raises InputRefused for what is none."""
    try:
        return reader_name(text)
    except ValueError as error:
        problem = Problem(path="name", message=str(error), example="Ann Lee")
        raise InputRefused("The name cannot be used:", [problem]) from error


def _note(
    connection: Connection, subscriber: Subscriber, action: str, actor: str, now: datetime
) -> None:
    audit.note(
        connection,
        at=now,
        actor=actor,
        action=action,
        subject=("subscriber", subscriber.id),
        workspace_id=subscriber.workspace_id,
    )
