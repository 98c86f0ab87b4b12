"""What was seen and made: articles, artifacts, issues and their stories; and who did what."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from autopilot.domain.issue import IssueStatus
from autopilot.store.columns import Document, Instant, Words
from autopilot.store.tables.shared import NOW, identity, metadata, one_of, stamps, to

articles = Table(
    "articles",
    metadata,
    identity(),
    to("sources", on_delete="CASCADE"),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("dated", Boolean, nullable=False),
    Column("language", String(35)),
    Column("first_seen_at", Instant, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("extracted", Boolean, nullable=False, server_default=false()),
    # Also serves "which keys of this source do we know?"
    UniqueConstraint("source_id", "key"),
    # "the articles of these sources in this window"
    Index("ix_articles_source_published", "source_id", "published_at"),
    # "which are past their keeping?"
    Index("ix_articles_first_seen", "first_seen_at"),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(100), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=NOW),
)

issues = Table(
    "issues",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    to("newsletter_specifications", on_delete="CASCADE"),
    Column(
        "run_id",
        Uuid,
        ForeignKey("newsletter_runs.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column("scheduled_for", Instant),
    Column("status", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("writer", String(64), nullable=False),
    Column("html_sha256", String(64), nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("intro", Text, nullable=False, server_default=""),
    Column("notes", Document),
    Column("report", Document),
    # The draft it was drawn from, for edits and for the page with the sources of each sentence.
    Column("draft_sha256", String(64)),
    # How it is reviewed, as its schedule said when it was made; null: published at once.
    Column("review", Document),
    # When it goes out by itself (waiting, mode hold) or may no longer be approved (mode approve).
    Column("release_at", Instant),
    # Grows with every move and edit by a person, and guards against two at once.
    Column("version", Integer, nullable=False, server_default="1"),
    *stamps(),
    CheckConstraint(one_of("status", IssueStatus), name="status"),
    # "which issues go out, or expire, next?"
    Index(
        "ix_issues_release",
        "release_at",
        sqlite_where=text("status = 'waiting'"),
        postgresql_where=text("status = 'waiting'"),
    ),
    # "whose deliveries have all ended, and nobody said so?"
    Index(
        "ix_issues_sending",
        "id",
        sqlite_where=text("status = 'sending'"),
        postgresql_where=text("status = 'sending'"),
    ),
    # "what waits for a person in this workspace, newest first?"
    Index(
        "ix_issues_review",
        "workspace_id",
        "created_at",
        "id",
        sqlite_where=text("status IN ('held', 'waiting')"),
        postgresql_where=text("status IN ('held', 'waiting')"),
    ),
    # "what have readers of this specification had before this slot?"
    Index("ix_issues_specification", "specification_id", "scheduled_for"),
    # "the issues of this workspace" and deleting a workspace
    Index("ix_issues_workspace", "workspace_id", "created_at"),
)

issue_stories = Table(
    "issue_stories",
    metadata,
    Column("issue_id", Uuid, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("document", Document, nullable=False),
)

# The folded words of an issue, as one row to search in. Derived: written with it, never dumped.
issue_texts = Table(
    "issue_texts",
    metadata,
    # SQLite's full-text index `issue_search` names its rows by this; triggers keep the two in step.
    Column("place", Integer, primary_key=True),
    Column(
        "issue_id", Uuid, ForeignKey("issues.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("subject", Text, nullable=False),
    Column("intro", Text, nullable=False),
    Column("stories", Text, nullable=False),
    # PostgreSQL's own form of the three; null on SQLite.
    Column("words", Words),
    # "which issues have these words?"
    Index("ix_issue_texts_words", "words", postgresql_using="gin", sqlite_where=text("0")),
)

audit_log = Table(
    "audit_log",
    metadata,
    identity(),
    Column("at", Instant, nullable=False),
    Column("workspace_id", Uuid, ForeignKey("workspaces.id", ondelete="CASCADE")),
    Column("actor", String(255), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject_type", String(32), nullable=False),
    Column("subject_id", Uuid),
    Column("detail", Document, nullable=False),
    # "what happened in this workspace, newest first"
    Index("ix_audit_log_workspace", "workspace_id", "at"),
)
