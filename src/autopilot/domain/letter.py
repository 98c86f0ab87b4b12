"""Letters and parcels: what leaves, and what the other side said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    """What the other side said: yes, no for good, later, or nobody knows."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LATER = "later"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Answer:
    """The other side's verdict, and its words or ours about it.

    `wait_seconds` is how long it asked to wait (verdict later); `closes` that it wants nothing any
    more over this channel.
    """

    verdict: Verdict
    words: str
    wait_seconds: int | None = None
    closes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail that is no issue: a confirmation, a draft for review, word to an owner.

    `identity` makes its Message-ID, so that a letter sent again is the same one. `html` is None for
    plain text alone. Header values are plain text; whoever builds the mail refuses line breaks.
    """

    identity: str
    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as it goes over the wire: who sends, who gets it, and its octets with CRLF line ends."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """An issue on its way over a channel that is no mail: webhook, Slack, folder.

    `delivery_id` is the same at each try; `document` is the issue as JSON (docs/reference/json.md);
    `web_url` is its permalink, None without a public archive. `name` is a file name without suffix.
    """

    delivery_id: UUID
    issue_id: UUID
    name: str
    subject: str
    html: str
    text: str
    document: Mapping[str, object]
    at: datetime
    web_url: str | None = None
