"""What people configure: workspaces, specifications, sources, schedules."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
    true,
)

from autopilot.domain.schedule import ScheduleStatus
from autopilot.store.columns import Document, Instant
from autopilot.store.tables.shared import identity, metadata, one_of, stamps, to

workspaces = Table(
    "workspaces",
    metadata,
    identity(),
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("brand", Document, nullable=False),
    Column("budget", Document, nullable=False, server_default=text("'{}'")),
    # Mail addresses of those who hear of failures.
    Column("owners", Document, nullable=False, server_default=text("'[]'")),
    # Until when one worker is writing to them; afterwards another one may.
    Column("telling_until", Instant),
    # The Monday of the last weekly report, and which owners have it.
    Column("reported_for", String(10)),
    Column("reported_to", Document, nullable=False, server_default=text("'[]'")),
    *stamps(),
)

newsletter_specifications = Table(
    "newsletter_specifications",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    Column("slug", String(64), nullable=False),
    Column("document", Document, nullable=False),
    Column("status", String(16), nullable=False, server_default="active"),
    *stamps(),
    UniqueConstraint("workspace_id", "slug"),
    CheckConstraint(one_of("status", ("active", "cancelled")), name="status"),
)

sources = Table(
    "sources",
    metadata,
    identity(),
    to("newsletter_specifications", on_delete="CASCADE"),
    Column("url", Text, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("document", Document, nullable=False),
    Column("status", String(16), nullable=False, server_default="active"),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("last_fetched_at", Instant),
    Column("last_status", String(16)),
    Column("last_error", Text),
    Column("title", Text),
    # What kind of document the last good answer was, where the source's own kind is "auto".
    Column("found_kind", String(16)),
    Column("last_good_at", Instant),
    Column("newest_article_at", Instant),
    Column("consecutive_failures", Integer, nullable=False, server_default="0"),
    Column("moved_to", Text),
    Column("interval_seconds", Integer),
    Column("check_at", Instant),
    *stamps(),
    UniqueConstraint("specification_id", "url"),
    CheckConstraint(one_of("status", ("active", "cancelled")), name="status"),
    # "which are to be looked at between issues?"
    Index("ix_sources_check", "check_at"),
)

autopilot_schedules = Table(
    "autopilot_schedules",
    metadata,
    identity(),
    to("newsletter_specifications", on_delete="CASCADE"),
    to("workspaces", on_delete="CASCADE"),
    Column("created_by", String(255), nullable=False),
    Column("schedule_name", String(255), nullable=False),
    Column("schedule_type", String(50), nullable=False),
    Column("schedule_config", Document, nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("policies", Document, nullable=False, server_default=text("'{}'")),
    Column("categories_override", Document),
    Column("regions_override", Document),
    Column("cadence_override", String(20)),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("status", String(50), nullable=False, server_default="active"),
    Column("status_reason", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("last_run_at", Instant),
    Column("last_run_status", String(50)),
    Column("last_run_error", Text),
    Column("next_run_at", Instant),
    # When the next run may begin, where that is not its slot: earlier by a lead, later by jitter.
    Column("due_at", Instant),
    Column("computed_with", String(64)),
    Column("consecutive_failures", Integer, nullable=False, server_default="0"),
    Column("run_count", Integer, nullable=False, server_default="0"),
    Column("success_count", Integer, nullable=False, server_default="0"),
    Column("failure_count", Integer, nullable=False, server_default="0"),
    Column("notes", Text),
    *stamps(),
    CheckConstraint(one_of("schedule_type", ("daily", "weekly", "monthly", "custom")), name="type"),
    CheckConstraint(one_of("status", ScheduleStatus), name="status"),
    CheckConstraint("enabled = (status = 'active')", name="enabled_is_active"),
    CheckConstraint("NOT enabled OR next_run_at IS NOT NULL", name="active_has_next_run"),
    # "the schedules of this specification"; "... of this workspace"
    Index("idx_autopilot_schedules_spec", "specification_id"),
    Index("idx_autopilot_schedules_workspace", "workspace_id"),
    # "lists filtered by on and off, in the order of their next run"
    Index("idx_autopilot_schedules_enabled", "enabled", "next_run_at"),
)
# "what comes next?", over active rows only
Index(
    "idx_autopilot_schedules_next_run",
    autopilot_schedules.c.next_run_at,
    sqlite_where=autopilot_schedules.c.enabled == true(),
    postgresql_where=autopilot_schedules.c.enabled == true(),
)
# "which are due?", with lead and jitter: the tick's own question, over active rows only. Of equals
# in the order of the rows, so that a batch touches few pages of the table. Asked for `enabled = 1`,
# SQLite takes the list's index for it, as long as nobody has counted rows, and reads every row.
Index(
    "ix_autopilot_schedules_due",
    func.coalesce(autopilot_schedules.c.due_at, autopilot_schedules.c.next_run_at),
    sqlite_where=text("enabled"),
    postgresql_where=text("enabled"),
)
# A name is an identity inside a specification, until the schedule is cancelled.
Index(
    "uq_autopilot_schedules_name",
    autopilot_schedules.c.specification_id,
    autopilot_schedules.c.schedule_name,
    unique=True,
    sqlite_where=text("status <> 'cancelled'"),
    postgresql_where=text("status <> 'cancelled'"),
)
