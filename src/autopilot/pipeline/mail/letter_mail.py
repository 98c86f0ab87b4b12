"""A letter as mail: a confirmation, a draft for review, word to an owner."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256

from autopilot.domain.letter import Letter, Mail
from autopilot.pipeline.mail.body import alternatives, part_head, quoted
from autopilot.pipeline.mail.headers import address_header, checked, header, plain_header
from autopilot.pipeline.mail.issue_mail import message_id, wire_address

_OURS = frozenset(
    (
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "auto-submitted",
        "bcc",
        "cc",
        "sender",
    )
)


def mail_of(letter: Letter, *, sender_name: str, sender: str, at: datetime) -> Mail:
    """Return a letter as mail, the text first where it has HTML as well.

    Raises ValueError for an address that is none and for headers that would break the mail's head.
    """
    wire = wire_address(letter.to)
    boundary = f"=_{sha256(letter.identity.encode()).hexdigest()[:24]}"
    head = b"".join(
        (
            address_header("From", sender_name, sender),
            address_header("To", "", wire),
            header("Subject", letter.subject),
            plain_header("Date", format_datetime(at)),
            plain_header("Message-ID", message_id(_identity(letter), sender)),
            *_given(letter),
            b""
            if "auto-submitted" in _lower(letter)
            else plain_header("Auto-Submitted", "auto-generated"),
            plain_header("MIME-Version", "1.0"),
            part_head(b"text/plain")
            if letter.html is None
            else plain_header("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
        )
    )
    html = None if letter.html is None else quoted(letter.html)
    body = alternatives(boundary, quoted(letter.text), html)
    return Mail(sender=sender, recipient=wire, content=checked(head) + b"\r\n" + body)


def sender_of(mail_from: str) -> tuple[str, str]:
    """Return the name (may be "") and the address of `Energy News <news@example.org>`."""
    name, bracket, rest = mail_from.rpartition("<")
    return (name.strip().strip('"'), rest.rstrip("> ")) if bracket else ("", mail_from.strip())


def _given(letter: Letter) -> list[bytes]:
    for name in _lower(letter) & _OURS - {"auto-submitted"}:
        raise ValueError(f"a letter does not bring its own {name!r} header")
    return [
        header(name, value) if not _is_exact(value) else plain_header(name, value)
        for name, value in letter.headers.items()
    ]


def _is_exact(value: str) -> bool:
    """Whether it is printable ASCII, which is written as it stands and never folded."""
    return value.isascii() and value.isprintable()


def _lower(letter: Letter) -> set[str]:
    return {name.lower() for name in letter.headers}


def _identity(letter: Letter) -> str:
    """An identity as the left part of a Message-ID: as it is where that is plain, else its hash."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,120}", letter.identity):
        return letter.identity.rstrip(".").replace("..", ".")
    return sha256(letter.identity.encode()).hexdigest()[:32]
