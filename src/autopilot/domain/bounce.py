"""A bounce: what a relay or a mail server says, afterwards, of an address that mail was sent to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class BounceKind(StrEnum):
    """hard: no mail can be delivered there, ever. soft: not now. complaint: its reader called it
    unwanted. unsubscribe: its reader told the relay so.
    """

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """One of them. `detail` is the server's words; `message_id` names the mail it is about where
    that was said, and `delivery_id` is ours in it.
    """

    address: str
    kind: BounceKind
    detail: str = ""
    message_id: str | None = None
    delivery_id: UUID | None = None
