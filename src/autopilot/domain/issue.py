"""An issue's states: from its making to the last of its readers."""

from __future__ import annotations

from enum import StrEnum

from autopilot.errors import Conflict


class IssueStatus(StrEnum):
    """Where an issue stands.

    draft: a person asked for it. held: the gate or a person stopped it. waiting: for its time or an
    approval. approved: may go out (without a channel, that is all). sending: to its readers.
    sent, partly_sent, not_sent: every delivery has ended. expired: nobody approved it in time.
    withdrawn: a person dropped it.
    """

    DRAFT = "draft"
    HELD = "held"
    WAITING = "waiting"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    PARTLY_SENT = "partly_sent"
    NOT_SENT = "not_sent"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


_S = IssueStatus
MOVES: dict[IssueStatus, frozenset[IssueStatus]] = {
    _S.DRAFT: frozenset({_S.APPROVED, _S.WITHDRAWN}),
    _S.HELD: frozenset({_S.WAITING, _S.APPROVED, _S.EXPIRED, _S.WITHDRAWN}),
    _S.WAITING: frozenset({_S.APPROVED, _S.HELD, _S.EXPIRED, _S.WITHDRAWN}),
    _S.APPROVED: frozenset({_S.SENDING, _S.HELD, _S.WITHDRAWN}),
    _S.SENDING: frozenset({_S.SENT, _S.PARTLY_SENT, _S.NOT_SENT}),
    _S.SENT: frozenset({_S.SENDING}),
    _S.PARTLY_SENT: frozenset({_S.SENDING}),
    _S.NOT_SENT: frozenset({_S.SENDING}),
    _S.EXPIRED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}
UNREAD = frozenset({_S.DRAFT, _S.HELD, _S.WAITING, _S.EXPIRED, _S.WITHDRAWN})
"""The states of issues that no reader has had."""


def move(now: IssueStatus, to: IssueStatus) -> IssueStatus:
    """Return the next state; raises Conflict for a move that is not allowed."""
    if to is now and to not in MOVES[now]:
        raise Conflict(f"The issue is {now} already.")
    if to not in MOVES[now]:
        raise Conflict(f"The issue is {now}; it cannot become {to}.")
    return to
