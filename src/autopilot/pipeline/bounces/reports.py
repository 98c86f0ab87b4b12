"""Delivery reports by mail (RFC 3464) and complaints by mail (RFC 5965) -> bounces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from uuid import UUID

from autopilot.domain.bounce import Bounce, BounceKind

MAX_DETAIL = 300
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_UUID = re.compile(r"(?i)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
# What no later try will mend (RFC 3463), but that says nothing of the address: full, too large,
# spam, policy, a broken server. Such a mailbox may take the next issue.
_OF_THE_MAIL = frozenset({"5.2.2", "5.2.3", "5.3.4", "5.4.1", "5.4.6", "5.4.7"})
_POLICY = "5.7."


def read_report(raw: bytes) -> tuple[Bounce, ...]:
    """Return what a mail reports; nothing for a mail that is no report."""
    message = message_from_bytes(raw)
    message_id = _returned_id(message)
    found: list[Bounce] = []
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            found += _statuses(part, message_id)
        elif kind == "message/feedback-report":
            found += _complaints(part, message, message_id)
    return tuple(found)


def kind_of(status: str, words: str = "") -> BounceKind:
    """Return whether an enhanced status code (RFC 3463), or a reply with one, is final for the address."""
    said = _STATUS.search(status) or _STATUS.search(words)
    code = said[0] if said else status
    if not code.startswith("5") or code in _OF_THE_MAIL or code.startswith(_POLICY):
        return BounceKind.SOFT
    return BounceKind.HARD


def delivery_in(message_id: str | None) -> UUID | None:
    """Return the delivery that a Message-ID of ours names."""
    found = _UUID.search(message_id or "")
    return UUID(found[0]) if found else None


def address_in(field: str) -> str:
    """Return the address of `rfc822; <ann@example.org>`; "" where there is none."""
    _, _, typed = field.rpartition(";")
    found = re.search(r"[^\s<>;]+@[^\s<>;]+", typed)
    return found[0] if found else ""


def _statuses(part: Message, message_id: str | None) -> Iterator[Bounce]:
    """One block of fields for each recipient, after one for the message."""
    for fields in _blocks(part):
        address = address_in(_text(fields, "Original-Recipient")) or address_in(
            _text(fields, "Final-Recipient")
        )
        action = _text(fields, "Action").strip().lower()
        if not address or action not in ("failed", "delayed"):
            continue
        detail = " ".join(_text(fields, "Diagnostic-Code").split())[:MAX_DETAIL]
        status = _text(fields, "Status").strip()
        final = action == "failed"
        yield Bounce(
            address=address,
            kind=kind_of(status, detail) if final else BounceKind.SOFT,
            detail=f"{status} {detail}".strip(),
            message_id=message_id,
            delivery_id=delivery_in(message_id),
        )


def _complaints(part: Message, whole: Message, message_id: str | None) -> Iterator[Bounce]:
    for fields in _blocks(part):
        address = address_in(_text(fields, "Original-Rcpt-To")) or _returned_to(whole)
        if address and "feedback-type" in fields:
            yield Bounce(
                address=address,
                kind=BounceKind.COMPLAINT,
                detail=_text(fields, "Feedback-Type")[:MAX_DETAIL],
                message_id=message_id,
                delivery_id=delivery_in(message_id),
            )


def _blocks(part: Message) -> Iterator[Message]:
    """The blocks of header-like fields; the parser gives each as a message of its own, or one text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        for block in payload:
            yield from _fields(block)
        return
    decoded = part.get_payload(decode=True)
    text = decoded if isinstance(decoded, bytes) else b""
    for block_text in re.split(rb"\r?\n\r?\n", text):
        if block_text.strip():
            yield message_from_bytes(block_text.strip() + b"\n\n")


def _fields(block: object) -> Iterator[Message]:
    if isinstance(block, Message):
        yield block


def _text(message: Message, name: str) -> str:
    return str(message.get(name, ""))


def _returned_id(message: Message) -> str | None:
    """The Message-ID of the mail that came back, in whole or its headers alone."""
    for fields in _returned(message):
        if named := _text(fields, "Message-ID").strip():
            return named
    return None


def _returned_to(message: Message) -> str:
    return next(filter(None, (address_in(_text(each, "To")) for each in _returned(message))), "")


def _returned(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            payload = part.get_payload()
            yield from payload[:1] if isinstance(payload, list) else ()  # type: ignore[misc]
        elif part.get_content_type() == "text/rfc822-headers":
            decoded = part.get_payload(decode=True)
            if isinstance(decoded, bytes):
                yield message_from_bytes(decoded)
