"""What reaches people: channels, subscribers, addresses that want no mail, deliveries."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
    true,
)

from autopilot.domain.delivery import DeliveryStatus
from autopilot.domain.subscriber import SubscriberStatus, SuppressionReason
from autopilot.store.columns import Instant
from autopilot.store.tables.shared import NOW, identity, metadata, one_of, stamps, to

# What a specification's document cannot know of a channel: how it answered lately.
channels = Table(
    "channels",
    metadata,
    identity(),
    to("newsletter_specifications", on_delete="CASCADE"),
    Column("key", Text, nullable=False),
    Column("consecutive_errors", Integer, nullable=False, server_default="0"),
    Column("paused_until", Instant),
    Column("paused_reason", Text),
    Column("last_error", Text),
    Column("last_sent_at", Instant),
    *stamps(),
    UniqueConstraint("specification_id", "key"),
    CheckConstraint("paused_until IS NULL OR paused_reason IS NOT NULL", name="paused_has_reason"),
)

subscribers = Table(
    "subscribers",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    to("newsletter_specifications", on_delete="CASCADE"),
    Column("email", String(320), nullable=False),
    # The address in lower case: one mailbox, one subscriber.
    Column("mailbox", String(320), nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
    Column("status", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("confirmed_at", Instant),
    Column("ended_at", Instant),
    # How often a confirmation was asked for by mail, and when last: nobody is to be flooded.
    Column("asks", Integer, nullable=False, server_default="0"),
    Column("asked_at", Instant),
    *stamps(),
    # Also serves "the subscribers of this specification".
    UniqueConstraint("specification_id", "mailbox"),
    CheckConstraint(one_of("status", SubscriberStatus), name="status"),
    CheckConstraint("status <> 'active' OR confirmed_at IS NOT NULL", name="active_is_confirmed"),
    # "which workspaces know this address?"; deleting a workspace
    Index("ix_subscribers_workspace", "workspace_id", "mailbox"),
)

suppressions = Table(
    "suppressions",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    # Null: no newsletter of the workspace.
    Column(
        "specification_id", Uuid, ForeignKey("newsletter_specifications.id", ondelete="CASCADE")
    ),
    Column("mailbox", String(320), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    CheckConstraint(one_of("reason", SuppressionReason), name="reason"),
)
# One row for a mailbox and a newsletter; one more for all of them. Also "is this address on it?".
Index(
    "uq_suppressions_mailbox",
    suppressions.c.workspace_id,
    suppressions.c.mailbox,
    suppressions.c.specification_id,
    unique=True,
)
Index(
    "uq_suppressions_everywhere",
    suppressions.c.workspace_id,
    suppressions.c.mailbox,
    unique=True,
    sqlite_where=text("specification_id IS NULL"),
    postgresql_where=text("specification_id IS NULL"),
)
# Deleting a specification
Index("ix_suppressions_specification", suppressions.c.specification_id)

deliveries = Table(
    "deliveries",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    to("newsletter_specifications", on_delete="CASCADE"),
    to("issues", on_delete="CASCADE"),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    # What tells two addresses of one issue apart: the mailbox, or the channel's place.
    Column("target", Text, nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
    Column("status", String(16), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("owner_token", Uuid),
    Column("lease_until", Instant),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("response", Text),
    Column("ended_at", Instant),
    Column("created_at", Instant, nullable=False, server_default=NOW),
    # Never two of one issue to one address, whoever sends. Also "the deliveries of this issue".
    UniqueConstraint("issue_id", "channel", "target"),
    CheckConstraint(one_of("status", DeliveryStatus), name="status"),
    CheckConstraint(
        "(status IN ('pending', 'sending')) = (ended_at IS NULL)", name="ended_has_time"
    ),
    CheckConstraint("status <> 'sending' OR owner_token IS NOT NULL", name="sending_has_owner"),
    CheckConstraint("(owner_token IS NULL) = (lease_until IS NULL)", name="owner_has_lease"),
    CheckConstraint(
        "status NOT IN ('failed', 'suppressed', 'unknown') OR reason IS NOT NULL",
        name="not_sent_has_reason",
    ),
    # "what did this specification send, newest first?"; deleting one
    Index("ix_deliveries_specification", "specification_id", "created_at"),
    # "the deliveries of this workspace"; deleting one
    Index("ix_deliveries_workspace", "workspace_id", "created_at"),
)
# "what is to be sent next?", "whose sender died?"
Index(
    "ix_deliveries_due",
    deliveries.c.due_at,
    deliveries.c.id,
    sqlite_where=text("status = 'pending'"),
    postgresql_where=text("status = 'pending'"),
)
Index(
    "ix_deliveries_leased",
    deliveries.c.lease_until,
    sqlite_where=text("owner_token IS NOT NULL"),
    postgresql_where=text("owner_token IS NOT NULL"),
)

# One row: whether this store may send. A restored or copied one may not until somebody says so.
sending = Table(
    "sending",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=true()),
    Column("allowed", Boolean, nullable=False, server_default=true()),
    # Where the store was when somebody last said so; elsewhere it is a copy.
    Column("place", Text),
    # Grows with every batch that leaves. The mark outside the store that is kept beside it has the
    # same number, and a greater one where the store was put back to an earlier time.
    Column("generation", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("changed_at", Instant),
    Column("changed_by", String(255)),
    CheckConstraint("allowed OR reason IS NOT NULL", name="stopped_has_reason"),
)
