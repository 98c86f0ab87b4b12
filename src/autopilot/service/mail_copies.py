"""Copies: each reader's mail of an issue, made of what the store keeps and never of what it lost."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from urllib.parse import quote, urlsplit
from uuid import UUID

from autopilot.domain.channel import MAX_INTERNAL, EmailChannel
from autopilot.domain.delivery import Delivery
from autopilot.domain.letter import Mail
from autopilot.domain.specification import Specification
from autopilot.errors import ArtifactLost, AutopilotError, NotFound, SettingsInvalid
from autopilot.pipeline.check.message import inspect_message
from autopilot.pipeline.mail import Issue, Letterhead, mail_to, sender_of
from autopilot.service.context import App
from autopilot.service.links import PLACEHOLDER, unsubscribe_url
from autopilot.service.secret import secret_key
from autopilot.store import deliveries, issues, specifications, workspaces

ISSUES_REMEMBERED = 8
HERE = ("localhost", "127.0.0.1", "::1")


class ChannelUnfit(AutopilotError):
    """No mail of this specification can leave as things are set; nothing is wrong with its issues."""


class CopyUnfit(AutopilotError):
    """This issue can go to nobody as it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Original:
    """An issue ready to be copied; `mailto` stands in for a page to unsubscribe at."""

    letterhead: Letterhead
    mailto: str | None


class Copies:
    """Makes mails for one sender's threads; the last few issues are kept ready."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._making = threading.Lock()
        self._ready: dict[UUID, _Original] = {}
        self._key: bytes | None = None

    def mail(self, delivery: Delivery) -> Mail:
        """Return the mail of a delivery; raises ChannelUnfit or CopyUnfit with what to do."""
        original = self._original(delivery)
        link = original.mailto or self._link(delivery.id)
        try:
            return mail_to(
                original.letterhead,
                delivery_id=delivery.id,
                address=delivery.address,
                name=delivery.name,
                link=link,
            )
        except ValueError as error:
            raise CopyUnfit(f"no mail can be made of it: {error}") from error

    def _original(self, delivery: Delivery) -> _Original:
        with self._making:
            found = self._ready.get(delivery.issue_id)
            if found is None:
                found = _read(self._app, delivery)
                while len(self._ready) >= ISSUES_REMEMBERED:
                    self._ready.pop(next(iter(self._ready)))
                self._ready[delivery.issue_id] = found
            return found

    def _link(self, delivery_id: UUID) -> str:
        self._key = self._key or secret_key(self._app)
        return unsubscribe_url(self._app, delivery_id, key=self._key) or ""


def why_unfit(app: App, specification: Specification, recipients: int) -> str | None:
    """Return why mails to so many recipients of a specification cannot leave, None where they can.

    RFC 8058 wants a page for one click that anybody can reach over HTTPS; colleagues
    (`internal: true`, up to 200) may be asked to write a mail instead.
    """
    channel = next(
        (each for each in specification.channels if isinstance(each, EmailChannel)), None
    )
    internal = channel is not None and channel.internal
    if app.post is None or app.settings.mail_from is None:
        return "no relay is set: set AUTOPILOT_SMTP_URL and AUTOPILOT_MAIL_FROM"
    if _is_reachable(app.settings.public_url, internal=internal):
        return _why_unsigned(app)
    if not internal:
        told = "is not set" if app.settings.public_url is None else "is not https"
        return (
            f"AUTOPILOT_PUBLIC_URL {told}, so that no reader could unsubscribe: set it to the https"
            " address of `autopilot serve`, or mark the channel `internal: true` (colleagues, up to"
            f" {MAX_INTERNAL})"
        )
    if recipients > MAX_INTERNAL:
        return (
            f"an internal channel has up to {MAX_INTERNAL} recipients, and this one {recipients}:"
            " set AUTOPILOT_PUBLIC_URL, so that they can unsubscribe with a click"
        )
    return None


def _why_unsigned(app: App) -> str | None:
    try:
        secret_key(app)
    except SettingsInvalid as error:
        return f"the links to unsubscribe cannot be signed: {error.problems[0]}"
    return None


def _is_reachable(public_url: str | None, *, internal: bool) -> bool:
    if public_url is None:
        return False
    parts = urlsplit(public_url)
    return parts.scheme == "https" or internal or parts.hostname in HERE


def _read(app: App, delivery: Delivery) -> _Original:
    with app.database.read() as connection:
        issue = issues.get_issue(connection, delivery.issue_id)
        row = specifications.get_specification(connection, delivery.specification_id)
        owner = workspaces.get_workspace(connection, delivery.workspace_id)
        recipients = deliveries.count_mails(connection, delivery.issue_id)
    if issue is None or row is None or owner is None:
        raise CopyUnfit("its issue is gone")
    if (reason := why_unfit(app, row.document, recipients)) is not None:
        raise ChannelUnfit(reason)
    name, sender = sender_of(app.settings.mail_from or "")
    try:
        html, text = (
            app.artifacts.get(each).decode() for each in (issue.html_sha256, issue.text_sha256)
        )
    except (ArtifactLost, NotFound) as error:
        raise CopyUnfit(f"its content is lost: {error}") from error
    if PLACEHOLDER not in html or PLACEHOLDER not in text:
        raise CopyUnfit(
            "the issue was made before its specification had a mail channel and has no link to"
            " unsubscribe; make it again: autopilot generate"
        )
    letterhead = Letterhead(
        Issue(
            subject=issue.subject,
            html=html,
            text=text,
            placeholder=PLACEHOLDER,
            sender_name=name or owner.brand.name or owner.name,
            sender=sender,
            list_name=row.document.name,
            list_id=f"{row.slug}.{owner.slug}.{sender.rpartition('@')[2]}",
            date=max(issue.created_at, issue.scheduled_for or issue.created_at),
        )
    )
    mailto = None if app.settings.public_url else _mailto(sender, row.slug)
    _inspect(letterhead, delivery, mailto or unsubscribe_url(app, delivery.id) or "")
    return _Original(letterhead=letterhead, mailto=mailto)


def _inspect(letterhead: Letterhead, delivery: Delivery, link: str) -> None:
    """Hold the first copy against the rules for mails; a breach would be in all of them."""
    try:
        mail = mail_to(
            letterhead, delivery_id=delivery.id, address=delivery.address, name="", link=link
        )
    except ValueError as error:
        raise CopyUnfit(f"no mail can be made of it: {error}") from error
    # Without https it is for colleagues, or for readers on this machine.
    if found := inspect_message(mail.content, internal=not link.startswith("https:")):
        raise CopyUnfit(f"it breaks the rule {found[0].rule}: {found[0].message}")


def _mailto(sender: str, slug: str) -> str:
    return f"mailto:{sender}?subject={quote(f'Unsubscribe {slug}')}"
