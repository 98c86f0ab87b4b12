"""An issue as mail: everything that is the same for all readers made once, then a copy for each.

RFC 8058 wants both headers of one-click unsubscribing in every copy; RFC 2919 the list's id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cached_property
from uuid import UUID

from autopilot.domain.letter import Mail
from autopilot.pipeline.mail.body import alternatives, pieces_of, quoted
from autopilot.pipeline.mail.headers import address_header, checked, header, plain_header

_ONE_CLICK = "List-Unsubscribe=One-Click"
_OWN = frozenset(("to", "message-id", "list-unsubscribe", "list-unsubscribe-post"))
_COMMON = frozenset(
    (
        "from",
        "subject",
        "date",
        "list-id",
        "auto-submitted",
        "precedence",
        "mime-version",
        "content-type",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What goes out: subject and parts as stored, with a placeholder for each reader's own link.

    `list_id` is the list's name in the manner of a domain; `date` never changes, so that a mail sent
    again is the same mail.
    """

    subject: str
    html: str
    text: str
    placeholder: str
    sender_name: str
    sender: str
    list_name: str
    list_id: str
    date: datetime


class Letterhead:
    """An issue made ready to be copied: each part encoded, each common header written."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        self._text = pieces_of(issue.text, issue.placeholder)
        self._html = pieces_of(issue.html, issue.placeholder)
        self.boundary = (
            f"=_{re.sub(r'[^A-Za-z0-9]', '', issue.list_id)[:24]}_{issue.date:%Y%m%d%H%M%S}"
        )

    def body(self, link: str) -> bytes:
        """Return the body of one reader's copy."""
        own = quoted(link)
        return alternatives(self.boundary, self._text.with_(own), self._html.with_(own))

    @cached_property
    def common(self) -> bytes:
        """The headers that are the same in every copy, checked."""
        issue = self.issue
        head = b"".join(
            (
                address_header("From", issue.sender_name, issue.sender),
                header("Subject", issue.subject),
                plain_header("Date", format_datetime(issue.date)),
                _list_id(issue.list_name, issue.list_id),
                plain_header("Auto-Submitted", "auto-generated"),
                plain_header("Precedence", "bulk"),
                plain_header("MIME-Version", "1.0"),
                plain_header(
                    "Content-Type", f'multipart/alternative;\r\n boundary="{self.boundary}"'
                ),
            )
        )
        return checked(head, names=_COMMON)


def mail_to(
    letterhead: Letterhead, *, delivery_id: UUID, address: str, name: str, link: str
) -> Mail:
    """Return one reader's copy; `link` is where they unsubscribe, an https or a mailto address.

    Raises ValueError where its head would not be what was asked for.
    """
    wire = wire_address(address)
    one_click = link.startswith(("https:", "http:"))
    own = b"".join(
        (
            address_header("To", name, wire),
            plain_header("Message-ID", message_id(delivery_id, letterhead.issue.sender)),
            plain_header("List-Unsubscribe", f"<{link}>"),
            plain_header("List-Unsubscribe-Post", _ONE_CLICK) if one_click else b"",
        )
    )
    head = checked(own, names=_OWN) + letterhead.common
    return Mail(
        sender=letterhead.issue.sender,
        recipient=wire,
        content=head + b"\r\n" + letterhead.body(link),
    )


def message_id(identity: UUID | str, sender: str) -> str:
    """Return the Message-ID of what has this identity: the same at every try."""
    return f"<{identity}@{sender.rpartition('@')[2]}>"


def wire_address(address: str) -> str:
    """Return an address as it goes over the wire: its domain in ASCII (IDNA 2008)."""
    if address.isascii():
        return address
    from email_validator import validate_email  # late: takes 30 ms

    found = validate_email(address, check_deliverability=False)
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def _list_id(name: str, list_id: str) -> bytes:
    """RFC 2919: words, then the id in angle brackets; read as an address, it is written like one."""
    return address_header("List-Id", name, list_id)
