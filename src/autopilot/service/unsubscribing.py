"""Unsubscribing: what the link in a mail does, for one newsletter or for all of its sender.

It works for whoever got the mail, subscribed or typed into the configuration: an address that wants
no mail is kept as a suppression, and no list brings it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.signing import Purpose, read_token
from autopilot.domain.specification import Brand
from autopilot.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from autopilot.service.context import App
from autopilot.service.secret import secret_key
from autopilot.store import audit, readers, subscribers, suppressions
from autopilot.store.readers import Reader
from autopilot.store.suppressions import Suppression

READER = "reader"
OWN_WISH = (SuppressionReason.UNSUBSCRIBED,)


class Off(StrEnum):
    """What a reader no longer gets: nothing is off, this newsletter, or all of its sender's."""

    NOTHING = "nothing"
    THIS = "this"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the page of a link shows; `address` is shortened, since mails are passed on.

    `can_undo` says whether its reader's own word is all that keeps mails away.
    """

    newsletter: str
    sender: str
    color: str
    address: str
    off: Off
    can_undo: bool


def preferences(app: App, token: str) -> Preferences | None:
    """Return what is on and off for the reader of a link; None for a link that is not ours."""
    reader = _reader(app, token)
    if reader is None:
        return None
    with app.database.read() as connection:
        found = suppressions.find_suppressions(connection, reader.workspace_id, reader.mailbox)
    return _preferences(reader, found)


def unsubscribe(app: App, token: str, *, everything: bool = False) -> Preferences | None:
    """Send the reader of this link no more mails of this newsletter, or of any of its workspace.

    Doing it again changes nothing. None for a link that is not ours.
    """
    reader = _reader(app, token)
    if reader is None:
        return None
    now = app.clock()
    with app.database.begin() as connection:
        if _stop(connection, reader, now, everything=everything):
            _note(connection, reader, "subscriber.unsubscribed", now, everything=everything)
        found = suppressions.find_suppressions(connection, reader.workspace_id, reader.mailbox)
    return _preferences(reader, found)


def take_back(app: App, token: str) -> Preferences | None:
    """Undo what the reader of this link asked for; bounces, complaints and the owner's word stay."""
    reader = _reader(app, token)
    if reader is None:
        return None
    now = app.clock()
    with app.database.begin() as connection:
        found = suppressions.find_suppressions(connection, reader.workspace_id, reader.mailbox)
        here = [each for each in found if each.specification_id in (None, reader.specification_id)]
        mine = [each for each in here if each.reason in OWN_WISH]
        for each in mine:
            _lift(connection, each)
        if mine and len(mine) == len(here):
            _restore(connection, reader, mine, now)
        if mine:
            _note(connection, reader, "subscriber.took_back", now)
        found = suppressions.find_suppressions(connection, reader.workspace_id, reader.mailbox)
    return _preferences(reader, found)


def shortened(address: str) -> str:
    """Return an address as a page may show it to whoever has the link: "a…@example.org"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _reader(app: App, token: str) -> Reader | None:
    content = read_token(secret_key(app), Purpose.UNSUBSCRIBE, token, now=app.clock())
    if content is None or len(content) != len(UUID(int=0).bytes):
        return None
    with app.database.read() as connection:
        return readers.reader_of(connection, UUID(bytes=content))


def _preferences(reader: Reader, found: Sequence[Suppression]) -> Preferences:
    here = [each for each in found if each.specification_id in (None, reader.specification_id)]
    everywhere = any(each.specification_id is None for each in here)
    brand = Brand.model_validate(reader.brand)
    return Preferences(
        newsletter=reader.newsletter,
        sender=brand.name or reader.workspace,
        color=brand.color,
        address=shortened(reader.address),
        off=Off.ALL if everywhere else Off.THIS if here else Off.NOTHING,
        can_undo=bool(here) and all(each.reason in OWN_WISH for each in here),
    )


def _stop(connection: Connection, reader: Reader, now: datetime, *, everything: bool) -> bool:
    """Suppress the address and end its subscriptions; False where nothing was on any more."""
    fresh = suppressions.suppress(
        connection,
        Suppression(
            workspace_id=reader.workspace_id,
            specification_id=None if everything else reader.specification_id,
            mailbox=reader.mailbox,
            reason=SuppressionReason.UNSUBSCRIBED,
            at=now,
        ),
    )
    ended = [
        each
        for each in subscribers.find_everywhere(connection, reader.workspace_id, reader.mailbox)
        if (everything or each.specification_id == reader.specification_id)
        and each.status is not SubscriberStatus.UNSUBSCRIBED
    ]
    for each in ended:
        subscribers.save_subscriber(connection, each, each.unsubscribe(now))
    return fresh or bool(ended)


def _lift(connection: Connection, suppression: Suppression) -> None:
    suppressions.lift(
        connection,
        suppression.workspace_id,
        suppression.mailbox,
        specification_id=suppression.specification_id,
        reasons=OWN_WISH,
    )


def _restore(
    connection: Connection, reader: Reader, lifted: list[Suppression], now: datetime
) -> None:
    """Give back the subscriptions that ended with what was lifted: at its very moment, or this one."""
    moments = {each.at for each in lifted if each.specification_id is None}
    for each in subscribers.find_everywhere(connection, reader.workspace_id, reader.mailbox):
        this = each.specification_id == reader.specification_id
        if _had_confirmed(each) and (this or each.ended_at in moments):
            subscribers.save_subscriber(connection, each, each.take_back(now))


def _had_confirmed(subscriber: Subscriber) -> bool:
    return (
        subscriber.status is SubscriberStatus.UNSUBSCRIBED and subscriber.confirmed_at is not None
    )


def _note(
    connection: Connection, reader: Reader, action: str, now: datetime, **detail: object
) -> None:
    audit.note(
        connection,
        at=now,
        actor=READER,
        action=action,
        subject=("delivery", reader.delivery_id),
        workspace_id=reader.workspace_id,
        detail={"specification": reader.specification, **detail},
    )
