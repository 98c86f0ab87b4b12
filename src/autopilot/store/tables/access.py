"""Access: people, what they are in a workspace, programs' tokens, browsers, requests done once."""

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
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from autopilot.domain.access import Role
from autopilot.store.columns import Instant
from autopilot.store.tables.shared import NOW, identity, metadata, one_of, stamps, to

users = Table(
    "users",
    metadata,
    identity(),
    # As it is compared: lower case, domain as the DNS writes it.
    Column("email", String(320), nullable=False, unique=True),
    Column("name", String(200), nullable=False, server_default=""),
    Column("password_hash", String(255)),
    Column("is_operator", Boolean, nullable=False, server_default=false()),
    Column("is_disabled", Boolean, nullable=False, server_default=false()),
    Column("failed_logins", Integer, nullable=False, server_default="0"),
    Column("locked_until", Instant),
    Column("sessions_from", Instant),
    Column("last_login_at", Instant),
    *stamps(),
)

members = Table(
    "members",
    metadata,
    Column("workspace_id", Uuid, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("may_send", Boolean, nullable=False, server_default=false()),
    Column("created_at", Instant, nullable=False, server_default=NOW),
    CheckConstraint(one_of("role", Role), name="role"),
    # "which workspaces is this person in?"
    Index("ix_members_user", "user_id"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    Column("name", String(100), nullable=False),
    Column("role", String(16), nullable=False),
    Column("may_send", Boolean, nullable=False, server_default=false()),
    # "whose token is this?"
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("hint", String(8), nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    *stamps(),
    CheckConstraint(one_of("role", Role), name="role"),
    # "the tokens of this workspace"
    Index("ix_api_tokens_workspace", "workspace_id"),
)
# A name is an identity inside a workspace, until the token is revoked.
Index(
    "uq_api_tokens_name",
    api_tokens.c.workspace_id,
    api_tokens.c.name,
    unique=True,
    sqlite_where=text("revoked_at IS NULL"),
    postgresql_where=text("revoked_at IS NULL"),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    identity(),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # "whose browser is this?"
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("client", String(255), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    # "where is this person signed in?"
    Index("ix_web_sessions_user", "user_id"),
)

done_requests = Table(
    "done_requests",
    metadata,
    identity(),
    # The hash of who asked and of the Idempotency-Key they gave.
    Column("key_hash", String(64), nullable=False),
    # What was asked; the same key for something else is refused.
    Column("request_hash", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    # None while it is being done.
    Column("status", Integer),
    Column("answer", LargeBinary),
    UniqueConstraint("key_hash"),
    # "which may be forgotten?"
    Index("ix_done_requests_at", "at"),
)
