"""What relays post -> bounces: Amazon SES through SNS, SendGrid, Mailgun, Postmark, and a plain form.

Each is read by its documented shape; fields that are missing or of another type make that event
one to ignore, never an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from autopilot.domain.bounce import Bounce, BounceKind
from autopilot.pipeline.bounces.reports import MAX_DETAIL, delivery_in, kind_of

MAX_EVENTS = 5_000
# Only Amazon's own address may be asked to confirm a subscription.
_CONFIRMATION = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/\S*")
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What one request told: bounces, events that are none, and an address that asks for an answer."""

    bounces: tuple[Bounce, ...] = ()
    ignored: int = 0
    confirmation: str | None = None


def read_posted(body: bytes) -> Posted:
    """Return what a relay posted; raises ValueError for what is no JSON object or list."""
    given = _parsed(body)
    if isinstance(given, dict) and given.get("Type") == "SubscriptionConfirmation":
        url = str(given.get("SubscribeURL", ""))
        return Posted(confirmation=url if _CONFIRMATION.fullmatch(url) else None)
    events = list(_events(given))[:MAX_EVENTS]
    found = [list(_bounces(event)) for event in events]
    return Posted(
        bounces=tuple(bounce for each in found for bounce in each),
        ignored=sum(not each for each in found),
    )


def _parsed(body: bytes) -> dict[str, Any] | list[Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("the body is no JSON") from error
    if not isinstance(given, (dict, list)):
        raise ValueError("the body is no JSON object and no list")
    return given


def _events(given: dict[str, Any] | list[Any]) -> Iterator[Event]:
    """SendGrid and others post lists; SNS wraps its event as text."""
    if isinstance(given, list):
        yield from (each for each in given if isinstance(each, dict))
    elif isinstance(given.get("events"), list):
        yield from (each for each in given["events"] if isinstance(each, dict))
    elif given.get("Type") == "Notification":
        try:
            inner = json.loads(str(given.get("Message", "")))
        except (ValueError, RecursionError):
            inner = None
        yield inner if isinstance(inner, dict) else {}
    else:
        yield given


def _bounces(event: Event) -> Iterator[Bounce]:
    for recognised, read in _RELAYS:
        if recognised(event):
            yield from (bounce for bounce in read(event) if bounce.address)
            return


def _ses(event: Event) -> Iterator[Bounce]:
    message_id = _header(_dict(event, "mail"), "Message-ID")
    kind = str(event.get("notificationType") or event.get("eventType"))
    if kind == "Complaint":
        for each in _dicts(_dict(event, "complaint"), "complainedRecipients"):
            yield _bounce(each.get("emailAddress"), BounceKind.COMPLAINT, "complaint", message_id)
    elif kind == "Bounce":
        bounce = _dict(event, "bounce")
        hard = bounce.get("bounceType") == "Permanent"
        for each in _dicts(bounce, "bouncedRecipients"):
            words = f"{each.get('status') or ''} {each.get('diagnosticCode') or ''}"
            yield _bounce(
                each.get("emailAddress"),
                BounceKind.HARD if hard else BounceKind.SOFT,
                words,
                message_id,
            )


def _sendgrid(event: Event) -> Iterator[Bounce]:
    words = f"{event.get('status') or ''} {event.get('reason') or ''}"
    kind = _SENDGRID.get(str(event["event"]))
    if event["event"] == "bounce":
        # A block is the relay's or the server's policy, not the end of the address.
        kind = BounceKind.SOFT if event.get("type") == "blocked" else BounceKind.HARD
    if event["event"] == "dropped":
        kind = BounceKind.HARD if "bounce" in str(event.get("reason", "")).lower() else None
    if kind is not None:
        yield _bounce(event["email"], kind, words, event.get("smtp-id"))


_SENDGRID = {
    "deferred": BounceKind.SOFT,
    "spamreport": BounceKind.COMPLAINT,
    "unsubscribe": BounceKind.UNSUBSCRIBE,
    "group_unsubscribe": BounceKind.UNSUBSCRIBE,
}


def _mailgun(event: Event) -> Iterator[Bounce]:
    data = _dict(event, "event-data")
    kind = _MAILGUN.get(str(data.get("event")))
    if data.get("event") == "failed":
        kind = BounceKind.HARD if data.get("severity") == "permanent" else BounceKind.SOFT
    status = _dict(data, "delivery-status")
    words = f"{status.get('code') or ''} {status.get('message') or status.get('description') or ''}"
    if kind is BounceKind.HARD and kind_of(words.strip() or "5.0.0") is BounceKind.SOFT:
        kind = BounceKind.SOFT
    if kind is not None:
        headers = _dict(_dict(data, "message"), "headers")
        yield _bounce(data.get("recipient"), kind, words, headers.get("message-id"))


_MAILGUN = {"complained": BounceKind.COMPLAINT, "unsubscribed": BounceKind.UNSUBSCRIBE}


def _postmark(event: Event) -> Iterator[Bounce]:
    words = event.get("Description") or event.get("Details") or event.get("SuppressionReason")
    address = event.get("Email") or event.get("Recipient")
    match event["RecordType"]:
        case "SpamComplaint":
            yield _bounce(address, BounceKind.COMPLAINT, words, None)
        case "Bounce":
            kind = _POSTMARK.get(str(event.get("Type")), BounceKind.SOFT)
            yield _bounce(address, kind, words, None)
        case "SubscriptionChange" if event.get("SuppressSending") is True:
            kind = _POSTMARK.get(str(event.get("SuppressionReason")), BounceKind.UNSUBSCRIBE)
            yield _bounce(address, kind, words, None)


_POSTMARK = {
    "HardBounce": BounceKind.HARD,
    "BadEmailAddress": BounceKind.HARD,
    "SpamComplaint": BounceKind.COMPLAINT,
    "ManualSuppression": BounceKind.UNSUBSCRIBE,
    "Unsubscribe": BounceKind.UNSUBSCRIBE,
}


def _plain(event: Event) -> Iterator[Bounce]:
    """Ours, for relays that are not named here and for scripts: docs/how-to/manage-subscribers.md."""
    if event.get("kind") in tuple(BounceKind):
        kind = BounceKind(event["kind"])
        yield _bounce(event["email"], kind, event.get("reason"), event.get("message_id"))


_RELAYS: tuple[tuple[Callable[[Event], bool], Callable[[Event], Iterator[Bounce]]], ...] = (
    (lambda event: "notificationType" in event or "eventType" in event, _ses),
    (lambda event: isinstance(event.get("event-data"), dict), _mailgun),
    (lambda event: "RecordType" in event, _postmark),
    (lambda event: "event" in event and "email" in event, _sendgrid),
    (lambda event: "kind" in event and "email" in event, _plain),
)


def _bounce(address: object, kind: BounceKind, words: object, message_id: object) -> Bounce:
    named = message_id if isinstance(message_id, str) else None
    return Bounce(
        address=address.strip() if isinstance(address, str) else "",
        kind=kind,
        detail=" ".join(str(words or "").split())[:MAX_DETAIL],
        message_id=named,
        delivery_id=delivery_in(named),
    )


def _dict(given: Event, name: str) -> dict[str, Any]:
    found = given.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _dicts(given: Event, name: str) -> list[dict[str, Any]]:
    found = given.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _header(mail: Event, name: str) -> object:
    for each in _dicts(mail, "headers"):
        if str(each.get("name", "")).lower() == name.lower():
            return each.get("value")
    return None
