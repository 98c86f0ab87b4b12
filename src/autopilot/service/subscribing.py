"""Subscribing by oneself: asked for on a public form, confirmed by a letter, on the list from then on.

Whoever asks learns nothing of who is on the list, and nobody can be flooded with letters: of one
newsletter they come at growing pauses, of one sender at most THREE_HOURS_LETTERS in three hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection

from autopilot.domain.address import mail_address, same_mailbox
from autopilot.domain.letter import Letter, Verdict
from autopilot.domain.signing import Purpose, read_token
from autopilot.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from autopilot.errors import InputRefused, Problem
from autopilot.service.context import App
from autopilot.service.links import confirm_url
from autopilot.service.newsletter import Newsletter, newsletter_of
from autopilot.service.secret import secret_key
from autopilot.service.sending_guard import may_send, why_not
from autopilot.store import audit, specifications, subscribers, suppressions, workspaces
from autopilot.store.suppressions import Suppression

log = structlog.get_logger(__name__)
CONFIRM_WITHIN = timedelta(days=7)
UNCONFIRMED_KEPT = timedelta(days=30)
THREE_HOURS = timedelta(hours=3)
THREE_HOURS_LETTERS = 5
READER = "reader"
LIFTED = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.BOUNCED)
"""What a confirmation takes back: whoever confirms wants the mails, and has just had one."""


def can_subscribe(app: App, newsletter: Newsletter) -> bool:
    """Whether its form can work: letters can be sent, and their links lead here."""
    can_write = app.post is not None and app.settings.public_url is not None
    return newsletter.subscribes and can_write and why_not(app) is None


def ask(app: App, newsletter: Newsletter, address: str, *, source: str = "form") -> Letter | None:
    """Note that somebody wants a newsletter and return the letter to send, None for none.

    None says nothing of the address: too many letters, or an address that its owner or its reader's
    complaint closed. Raises InputRefused for what is no address.
    """
    email = checked_address(address)
    now = app.clock()
    with app.database.begin() as connection:
        subscribers.forget_unconfirmed(
            connection, newsletter.specification_id, now - UNCONFIRMED_KEPT
        )
        asked = _asked(connection, newsletter, email, source, now)
        if asked is None:
            return None
        _note(connection, newsletter, asked, "subscriber.asked", now)
    url = confirm_url(app, asked.id, until=now + CONFIRM_WITHIN)
    return None if url is None else _letter(newsletter, asked, url)


def post_letter(app: App, letter: Letter) -> bool:
    """Send a letter and return whether the relay took it; the reason it did not is logged."""
    reason = "no relay is set" if app.post is None else may_send(app)
    if app.post is not None and reason is None:
        answer = app.post.send(letter)
        reason = None if answer.verdict is Verdict.ACCEPTED else answer.verdict.value
    if reason is not None:
        log.warning(
            "A letter that asks for a confirmation was not sent.", action="confirm", reason=reason
        )
    return reason is None


def asked_for(app: App, token: str) -> tuple[Newsletter, Subscriber] | None:
    """Return what the link in a letter would confirm; None for one that is not ours or is too old.

    A link of one who unsubscribed meanwhile confirms nothing.
    """
    content = read_token(secret_key(app), Purpose.CONFIRM, token, now=app.clock())
    if content is None or len(content) != len(UUID(int=0).bytes):
        return None
    with app.database.read() as connection:
        return _asked_for(connection, UUID(bytes=content))


def confirm(app: App, token: str) -> Newsletter | None:
    """Put the reader of this link on the list; doing it again changes nothing.

    None for a link that is not ours, or that nothing is waiting for any more.
    """
    found = asked_for(app, token)
    if found is None:
        return None
    newsletter, subscriber = found
    now = app.clock()
    if subscriber.status is SubscriberStatus.PENDING:
        with app.database.begin() as connection:
            if subscribers.save_subscriber(connection, subscriber, subscriber.confirm(now)):
                _open(connection, newsletter, subscriber, now)
                _note(connection, newsletter, subscriber, "subscriber.confirmed", now)
    return newsletter


def checked_address(text: str) -> str:
    """Return an address normalised; raises InputRefused for what is none."""
    try:
        return mail_address(text)
    except ValueError as error:
        problem = Problem(path="email", message=str(error), example="ann@example.org")
        raise InputRefused("The address cannot be used:", [problem]) from error


def _asked(
    connection: Connection, newsletter: Newsletter, email: str, source: str, now: datetime
) -> Subscriber | None:
    """The subscriber who is to get a letter now."""
    mailbox = same_mailbox(email)
    closed = suppressions.suppressed(
        connection, newsletter.workspace_id, newsletter.specification_id, [mailbox]
    ).get(mailbox)
    lately = subscribers.count_asked_since(
        connection, newsletter.workspace_id, mailbox, now - THREE_HOURS
    )
    if closed not in (None, *LIFTED) or lately >= THREE_HOURS_LETTERS:
        return None
    found = subscribers.find_subscribers(connection, newsletter.specification_id, [mailbox])
    seen = found.get(mailbox)
    if seen is None:
        fresh = _new(newsletter, email, source, now)
        return fresh if subscribers.add_subscriber(connection, fresh) else None
    if not seen.may_ask(now):
        return None
    changed = seen.remind(now) if seen.status is SubscriberStatus.ACTIVE else seen.ask(now)
    return changed if subscribers.save_subscriber(connection, seen, changed) else None


def _new(newsletter: Newsletter, email: str, source: str, now: datetime) -> Subscriber:
    return Subscriber(
        id=uuid4(),
        workspace_id=newsletter.workspace_id,
        specification_id=newsletter.specification_id,
        email=email,
        name="",  # what a stranger types into a form is not sent to anybody
        status=SubscriberStatus.PENDING,
        source=source,
        created_at=now,
        asks=1,
        asked_at=now,
    )


def _asked_for(connection: Connection, identity: UUID) -> tuple[Newsletter, Subscriber] | None:
    subscriber = subscribers.get_subscriber(connection, identity)
    if subscriber is None or subscriber.status not in (
        SubscriberStatus.PENDING,
        SubscriberStatus.ACTIVE,
    ):
        return None
    row = specifications.get_specification(connection, subscriber.specification_id)
    owner = workspaces.get_workspace(connection, subscriber.workspace_id)
    if row is None or owner is None or row.status != specifications.ACTIVE:
        return None
    return newsletter_of(owner, row), subscriber


def _open(
    connection: Connection, newsletter: Newsletter, subscriber: Subscriber, now: datetime
) -> None:
    """Take back what kept this newsletter away; who wanted none of a sender's now wants this one."""
    mailbox = same_mailbox(subscriber.email)
    workspace_id = newsletter.workspace_id
    suppressions.lift(
        connection,
        workspace_id,
        mailbox,
        specification_id=newsletter.specification_id,
        reasons=LIFTED,
    )
    gone, _ = (
        suppressions.lift(
            connection, workspace_id, mailbox, specification_id=None, reasons=(reason,)
        )
        for reason in LIFTED
    )
    if not gone:
        return
    for row in specifications.list_specifications(connection, workspace_id=workspace_id):
        if row.id != newsletter.specification_id:
            suppressions.suppress(
                connection,
                Suppression(
                    workspace_id=workspace_id,
                    specification_id=row.id,
                    mailbox=mailbox,
                    reason=SuppressionReason.UNSUBSCRIBED,
                    at=now,
                ),
            )


def _letter(newsletter: Newsletter, subscriber: Subscriber, url: str) -> Letter:
    known = subscriber.status is SubscriberStatus.ACTIVE
    text = (_KNOWN if known else _ASK).format(
        name=newsletter.name, sender=newsletter.sender, url=url, days=CONFIRM_WITHIN.days
    )
    if newsletter.postal_address:
        text += f"\n-- \n{newsletter.sender}\n{newsletter.postal_address}\n"
    subject = f"You get {newsletter.name}" if known else f"Please confirm: {newsletter.name}"
    return Letter(
        identity=f"confirm-{subscriber.id}-{subscriber.asks}",
        to=subscriber.email,
        subject=subject,
        text=text,
        headers={"Auto-Submitted": "auto-generated"},
    )


_ASK = """\
Somebody, we hope you, asked for "{name}" by {sender} at this address.

To get it, open this page and press the button there, within {days} days:

{url}

If it was not you, do nothing: without your word no issue comes.
"""
_KNOWN = """\
Somebody, we hope you, asked for "{name}" by {sender} at this address.

You are on its list already, so there is nothing to do: the next issue comes to you.
If issues do not arrive, look into the spam folder.
"""


def _note(
    connection: Connection,
    newsletter: Newsletter,
    subscriber: Subscriber,
    action: str,
    now: datetime,
) -> None:
    audit.note(
        connection,
        at=now,
        actor=READER,
        action=action,
        subject=("subscriber", subscriber.id),
        workspace_id=newsletter.workspace_id,
        detail={"specification": newsletter.specification},
    )
