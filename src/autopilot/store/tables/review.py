"""Review: the letters that ask people to look at an issue before its readers get it."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from autopilot.domain.review import LetterStatus
from autopilot.store.columns import Instant
from autopilot.store.tables.shared import metadata, one_of

review_letters = Table(
    "review_letters",
    metadata,
    # One letter for each reviewer of an issue, whoever sends it and however often.
    Column("issue_id", Uuid, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("mailbox", String(320), primary_key=True),
    Column("address", String(320), nullable=False),
    Column("status", String(16), nullable=False),
    Column("due_at", Instant, nullable=False),
    # Until when it is in the hands of whoever sends it; afterwards nobody knows what became of it.
    Column("taken_until", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("ended_at", Instant),
    CheckConstraint(one_of("status", LetterStatus), name="status"),
    CheckConstraint("(status = 'sending') = (taken_until IS NOT NULL)", name="sending_is_taken"),
)
# "which letters are to be sent, and whose sender died?"
Index(
    "ix_review_letters_due",
    review_letters.c.due_at,
    sqlite_where=text("status IN ('pending', 'sending')"),
    postgresql_where=text("status IN ('pending', 'sending')"),
)
