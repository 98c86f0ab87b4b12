"""Review letters: one for each reviewer of an issue, kept until it was sent, so that none is sent twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, insert, select, text, update

from autopilot.domain.address import same_mailbox
from autopilot.domain.issue import IssueStatus
from autopilot.domain.review import LetterStatus
from autopilot.store.tables import issues
from autopilot.store.tables import review_letters as table

# In the words of the partial index, which SQLite would not use otherwise.
_OPEN = text("review_letters.status IN ('pending', 'sending')")
_PENDING = and_(_OPEN, table.c.status == LetterStatus.PENDING.value)
_TO_REVIEW = (IssueStatus.WAITING.value, IssueStatus.HELD.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLetter:
    """One row of `review_letters`; `failures` counts the answers that said "later"."""

    issue_id: UUID
    address: str
    status: LetterStatus
    due_at: datetime
    taken_until: datetime | None = None
    failures: int = 0
    reason: str | None = None
    ended_at: datetime | None = None


def add_letters(
    connection: Connection, issue_id: UUID, addresses: Iterable[str], due_at: datetime
) -> None:
    """Keep a letter to be sent to each mailbox of a new issue's reviewers."""
    mailboxes = {same_mailbox(address): address for address in addresses}
    if mailboxes:
        connection.execute(
            insert(table),
            [
                {
                    "issue_id": issue_id,
                    "mailbox": mailbox,
                    "address": address,
                    "status": LetterStatus.PENDING.value,
                    "due_at": due_at,
                }
                for mailbox, address in mailboxes.items()
            ],
        )


def letters_to_send(connection: Connection, now: datetime, *, limit: int) -> Sequence[ReviewLetter]:
    """Return letters about issues that are still to be reviewed, the longest due first."""
    query = (
        select(table)
        .join(issues, issues.c.id == table.c.issue_id)
        .where(_PENDING, table.c.due_at <= now, issues.c.status.in_(_TO_REVIEW))
        .order_by(table.c.due_at, table.c.mailbox)
        .limit(limit)
    )
    return [_letter(row) for row in connection.execute(query)]


def next_letter_at(connection: Connection) -> datetime | None:
    """Return when the next letter about an issue that is to be reviewed is due, or when one is to be
    given up that somebody took and did not bring back.
    """
    due = connection.scalar(
        select(func.min(table.c.due_at))
        .join(issues, issues.c.id == table.c.issue_id)
        .where(_PENDING, issues.c.status.in_(_TO_REVIEW))
    )
    taken = connection.scalar(select(func.min(table.c.taken_until)).where(_OPEN))
    return min((moment for moment in (due, taken) if moment is not None), default=None)


def letters_of(connection: Connection, issue_id: UUID) -> Sequence[ReviewLetter]:
    """Return the letters about an issue, by address."""
    query = select(table).where(table.c.issue_id == issue_id).order_by(table.c.mailbox)
    return [_letter(row) for row in connection.execute(query)]


def move_letter(connection: Connection, seen: ReviewLetter, moved: ReviewLetter) -> bool:
    """Write a move; False where the letter is no longer as it was seen."""
    written = connection.execute(
        update(table)
        .where(
            table.c.issue_id == seen.issue_id,
            table.c.mailbox == same_mailbox(seen.address),
            table.c.status == seen.status.value,
            table.c.failures == seen.failures,
            table.c.taken_until.is_not_distinct_from(seen.taken_until),
        )
        .values(
            status=moved.status.value,
            due_at=moved.due_at,
            taken_until=moved.taken_until,
            failures=moved.failures,
            reason=moved.reason,
            ended_at=moved.ended_at,
        )
    )
    return written.rowcount == 1


def lose_letters(connection: Connection, now: datetime, reason: str) -> int:
    """End letters whose sender died with them in hand: nobody knows whether they arrived."""
    written = connection.execute(
        update(table)
        .where(_OPEN, table.c.status == LetterStatus.SENDING.value, table.c.taken_until <= now)
        .values(status=LetterStatus.UNKNOWN.value, taken_until=None, reason=reason, ended_at=now)
    )
    return written.rowcount


def _letter(row: Row[Any]) -> ReviewLetter:
    return ReviewLetter(
        issue_id=row.issue_id,
        address=row.address,
        status=LetterStatus(row.status),
        due_at=row.due_at,
        taken_until=row.taken_until,
        failures=row.failures,
        reason=row.reason,
        ended_at=row.ended_at,
    )
