"""Bounces: what comes back after sending ends an address, or is only counted.

A hard bounce and a complaint hold for all newsletters of the workspace. What a relay says is
believed, since its address here holds a signed token. A mail that says so is believed only of a
mail we sent: anybody can write to a mailbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Connection

from autopilot.domain.address import mail_address, same_mailbox
from autopilot.domain.bounce import Bounce, BounceKind
from autopilot.domain.content import FetchRequest
from autopilot.domain.signing import Purpose, read_token, signed
from autopilot.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from autopilot.errors import DocumentInvalid
from autopilot.pipeline.bounces.posted import read_posted
from autopilot.pipeline.bounces.reports import read_report
from autopilot.service.context import App
from autopilot.service.links import public
from autopilot.service.secret import secret_key
from autopilot.store import audit, readers, subscribers, suppressions, workspaces
from autopilot.store.suppressions import Suppression
from autopilot.store.workspaces import Workspace

log = structlog.get_logger(__name__)
REASONS = {
    BounceKind.HARD: SuppressionReason.BOUNCED,
    BounceKind.COMPLAINT: SuppressionReason.COMPLAINED,
    BounceKind.UNSUBSCRIBE: SuppressionReason.UNSUBSCRIBED,
}
"""Why an address gets no more mail; a soft bounce is no reason."""
IGNORED, NOT_OURS = "ignored", "not_ours"


def hook_url(app: App, workspace: Workspace) -> str | None:
    """Return where a relay posts this workspace's bounces, None without a public address."""
    token = signed(secret_key(app), Purpose.BOUNCE, workspace.id.bytes)
    return public(app, f"/hooks/bounces/{token}")


def workspace_of_hook(app: App, token: str) -> UUID | None:
    """Return whose bounces are posted to this token; None for one that is not ours."""
    content = read_token(secret_key(app), Purpose.BOUNCE, token, now=app.clock())
    if content is None or len(content) != len(UUID(int=0).bytes):
        return None
    with app.database.read() as connection:
        owner = workspaces.get_workspace(connection, UUID(bytes=content))
    return None if owner is None else owner.id


def hear(app: App, workspace_id: UUID, body: bytes) -> Mapping[str, int]:
    """Take what a relay posted and return how many of each kind it told; raises DocumentInvalid."""
    try:
        posted = read_posted(body)
    except ValueError as error:
        raise DocumentInvalid(f"That cannot be read: {error}.") from error
    if posted.confirmation is not None:
        (answer,) = app.outgoing.fetch_all([FetchRequest(url=posted.confirmation)])
        log.info("A relay's subscription was confirmed.", action="bounce", error=answer.error)
    counts = record(app, workspace_id, posted.bounces)
    return counts | {IGNORED: counts.get(IGNORED, 0) + posted.ignored}


def hear_mails(app: App, workspace_id: UUID, mails: Iterable[bytes]) -> Mapping[str, int]:
    """Take what mails report and return how many of each kind there were.

    Reports of mails that we did not send are counted as `not_ours`, mails that are no reports as
    `ignored`.
    """
    counts: Counter[str] = Counter()
    for raw in mails:
        found = read_report(raw)
        counts[IGNORED] += not found
        ours = [bounce for bounce in found if _is_ours(app, workspace_id, bounce)]
        counts[NOT_OURS] += len(found) - len(ours)
        counts.update(record(app, workspace_id, ours))
    return dict(counts)


def record(app: App, workspace_id: UUID, bounces: Iterable[Bounce]) -> dict[str, int]:
    """Suppress every address that is over and return how many bounces of each kind there were.

    The same bounce told twice changes nothing the second time.
    """
    counts: Counter[str] = Counter()
    ended = 0
    now = app.clock()
    with app.database.begin() as connection:
        for bounce in bounces:
            mailbox = _mailbox(bounce.address)
            counts[IGNORED if mailbox is None else bounce.kind.value] += 1
            if mailbox is not None and bounce.kind in REASONS:
                ended += _end(connection, workspace_id, mailbox, bounce, now)
    if counts:
        log.info("Bounces were heard.", action="bounce", ended=ended, **counts)
    return dict(counts)


def _end(
    connection: Connection, workspace_id: UUID, mailbox: str, bounce: Bounce, now: datetime
) -> bool:
    suppression = Suppression(
        workspace_id=workspace_id,
        specification_id=None,
        mailbox=mailbox,
        reason=REASONS[bounce.kind],
        at=now,
        detail=bounce.detail,
    )
    if not suppressions.suppress(connection, suppression):
        return False
    for each in subscribers.find_everywhere(connection, workspace_id, mailbox):
        if each.status in (SubscriberStatus.ACTIVE, SubscriberStatus.PENDING):
            subscribers.save_subscriber(connection, each, _ended(each, bounce.kind, now))
            audit.note(
                connection,
                at=now,
                actor="relay",
                action=f"subscriber.{REASONS[bounce.kind].value}",
                subject=("subscriber", each.id),
                workspace_id=workspace_id,
            )
    return True


def _ended(subscriber: Subscriber, kind: BounceKind, now: datetime) -> Subscriber:
    return subscriber.bounce(now) if kind is BounceKind.HARD else subscriber.unsubscribe(now)


def _is_ours(app: App, workspace_id: UUID, bounce: Bounce) -> bool:
    """Whether the mail that came back is one that we sent to this very address."""
    if bounce.delivery_id is None:
        return False
    with app.database.read() as connection:
        reader = readers.reader_of(connection, bounce.delivery_id)
    return (
        reader is not None
        and reader.workspace_id == workspace_id
        and reader.mailbox == same_mailbox(_mailbox(bounce.address) or "")
    )


def _mailbox(address: str) -> str | None:
    try:
        return same_mailbox(mail_address(address))
    except ValueError:
        return None
