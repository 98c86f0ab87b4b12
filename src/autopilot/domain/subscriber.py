"""A subscriber: an address that asked for a newsletter, and what became of that wish."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from autopilot.errors import Conflict


class SubscriberStatus(StrEnum):
    """pending: asked, not confirmed yet. active: gets every issue. unsubscribed: no longer wants it.
    bounced: its server refuses mail for good.
    """

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"


class SuppressionReason(StrEnum):
    """Why an address gets no mail, whatever list it is on."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    MANUAL = "manual"


MAX_NAME = 200
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Spreadsheets run what begins so; "-" alone is how many lists write that there is no name.
_FORMULA = re.compile(r"[=+@\-].")
FIRST_ASK_PAUSE = timedelta(minutes=10)
LONGEST_ASK_PAUSE = timedelta(days=7)
_S = SubscriberStatus
MOVES: dict[SubscriberStatus, frozenset[SubscriberStatus]] = {
    _S.PENDING: frozenset({_S.PENDING, _S.ACTIVE, _S.UNSUBSCRIBED, _S.BOUNCED}),
    _S.ACTIVE: frozenset({_S.UNSUBSCRIBED, _S.BOUNCED}),
    _S.UNSUBSCRIBED: frozenset({_S.PENDING, _S.ACTIVE}),
    _S.BOUNCED: frozenset({_S.PENDING, _S.ACTIVE, _S.UNSUBSCRIBED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One row of `subscribers`. `source` says how it came: import, form, command; `asks` how often
    a confirmation was asked for by mail, and `asked_at` when last.
    """

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    email: str
    name: str
    status: SubscriberStatus
    source: str
    created_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    asks: int = 0
    asked_at: datetime | None = None

    def may_ask(self, now: datetime) -> bool:
        """Whether another letter may go to this address: pauses grow from ten minutes to a week."""
        pause = min(FIRST_ASK_PAUSE * 4 ** max(self.asks - 1, 0), LONGEST_ASK_PAUSE)
        return self.asked_at is None or now >= self.asked_at + pause

    def ask(self, now: datetime) -> Subscriber:
        """Wait for a confirmation by mail."""
        return self._to(_S.PENDING, ended_at=None, asks=self.asks + 1, asked_at=now)

    def remind(self, now: datetime) -> Subscriber:
        """Note a letter to one who gets every issue already."""
        return replace(self, asks=self.asks + 1, asked_at=now)

    def confirm(self, now: datetime) -> Subscriber:
        """Get every issue from now on."""
        return self._to(_S.ACTIVE, confirmed_at=now, ended_at=None)

    def take_back(self, now: datetime) -> Subscriber:
        """Get every issue again: it was a mistake to unsubscribe."""
        return self._to(_S.ACTIVE, confirmed_at=self.confirmed_at or now, ended_at=None)

    def unsubscribe(self, now: datetime) -> Subscriber:
        """Get nothing any more."""
        return self._to(_S.UNSUBSCRIBED, ended_at=now)

    def bounce(self, now: datetime) -> Subscriber:
        """Its server refused mail for good."""
        return self._to(_S.BOUNCED, ended_at=now)

    def _to(self, status: SubscriberStatus, **changes: object) -> Subscriber:
        if status not in MOVES[self.status]:
            raise Conflict(f"{self.email} is {self.status}; it cannot become {status}.")
        return replace(self, status=status, **changes)  # type: ignore[arg-type]


def reader_name(text: str) -> str:
    """Return a person's name as it is kept: NFC, spaces as one; "" for none.

    Raises ValueError for what no name has: a line break or another control character, the
    beginning of a spreadsheet's formula, more than 200 characters.
    """
    if _CONTROL.search(text.strip()):
        raise ValueError("a name cannot have a line break or another control character")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if len(name) > MAX_NAME:
        raise ValueError(f"a name cannot have more than {MAX_NAME} characters")
    if _FORMULA.match(name):
        raise ValueError(f"{name[:40]!r} looks like a formula of a spreadsheet, not like a name")
    return "" if name == "-" else name
