"""Signing up: where people subscribe by themselves, or why they cannot, and what waits for a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autopilot.domain.access import Right
from autopilot.domain.channel import EmailChannel
from autopilot.domain.subscriber import Subscriber, SubscriberStatus
from autopilot.errors import Conflict
from autopilot.service.access.reach import Reach
from autopilot.service.context import App
from autopilot.service.links import public
from autopilot.service.newsletter import newsletter_at
from autopilot.service.sending_guard import why_not
from autopilot.service.subscribing import CONFIRM_WITHIN, ask, can_subscribe, post_letter
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """The public form of a newsletter: its address, None where nobody could come, and what keeps
    it from working.
    """

    url: str | None
    missing: tuple[str, ...]

    @property
    def works(self) -> bool:
        """Whether people can subscribe now."""
        return self.url is not None and not self.missing


def sign_up_of(app: App, workspace: Workspace, row: SpecificationRow) -> SignUp:
    """Return where people subscribe to a specification by themselves."""
    channels = [each for each in row.document.channels if isinstance(each, EmailChannel)]
    missing = []
    if not channels:
        missing.append("The specification has no mail channel: add one to it.")
    elif all(channel.internal for channel in channels):
        missing.append("Its mail channel is internal: colleagues are added by hand.")
    if app.post is None:
        missing.append("No mail relay is set up (AUTOPILOT_SMTP_URL), so no letter can be sent.")
    if app.settings.public_url is None:
        missing.append("No public address is set (AUTOPILOT_PUBLIC_URL), so no link can work.")
    off = why_not(app)
    if off is not None:
        missing.append(off)
    return SignUp(
        url=public(app, f"/s/{workspace.slug}/{row.slug}"),
        missing=tuple(missing),
    )


def link_until(subscriber: Subscriber) -> datetime | None:
    """Return until when the link of the last letter confirms; None where none was sent, or needed."""
    if subscriber.status is not SubscriberStatus.PENDING or subscriber.asked_at is None:
        return None
    return subscriber.asked_at + CONFIRM_WITHIN


def ask_to_confirm(reach: Reach, row: SpecificationRow, address: str) -> str:
    """Send somebody the letter of the public form, and return what became of it in words.

    Raises Conflict where no letter can be sent, InputRefused for what is no address.
    """
    app = reach.app
    workspace = reach.workspace(row.workspace_id, Right.EDIT)
    newsletter = newsletter_at(app, workspace.slug, row.slug)
    if not can_subscribe(app, newsletter):
        told = " ".join(sign_up_of(app, workspace, row).missing)
        raise Conflict(f"No letter can be sent. {told}", hint="Mend that, then ask again.")
    letter = ask(app, newsletter, address, source="command")
    if letter is None:
        raise Conflict(
            f"No letter was sent to {address}: it had one lately, or it wants none.",
            hint="Letters to one address come at growing pauses; a suppressed one gets none.",
        )
    if not post_letter(app, letter):
        raise Conflict(f"The relay did not take the letter to {address}.", hint="Try again later.")
    return f"A letter is on its way to {address}; its link works for {CONFIRM_WITHIN.days} days."
