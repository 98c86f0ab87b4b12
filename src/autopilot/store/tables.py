"""The tables. Constraints state what can never be; every index names the query it serves.

Names of the original plan are kept (`autopilot_schedules`, `newsletter_runs`, the four
`idx_autopilot_schedules_*`). Migrations create what stands here; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
    true,
)

from autopilot.domain.run import RunStatus, Step, Trigger
from autopilot.domain.schedule import ScheduleStatus
from autopilot.store.columns import Document, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
NOW = text("CURRENT_TIMESTAMP")


def one_of(
    column: str, values: type[RunStatus | Step | Trigger | ScheduleStatus] | tuple[str, ...]
) -> str:
    """Return the SQL that says a column holds one of these words."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def _id() -> Column[object]:
    return Column("id", Uuid, primary_key=True)


def _to(table: str, *, on_delete: str, nullable: bool = False) -> Column[object]:
    column = {
        "workspaces": "workspace_id",
        "newsletter_specifications": "specification_id",
        "sources": "source_id",
        "newsletter_runs": "run_id",
        "issues": "issue_id",
    }[table]
    return Column(column, Uuid, ForeignKey(f"{table}.id", ondelete=on_delete), nullable=nullable)


def _stamps() -> tuple[Column[object], Column[object]]:
    return (
        Column("created_at", Instant, nullable=False, server_default=NOW),
        Column("updated_at", Instant, nullable=False, server_default=NOW),
    )


workspaces = Table(
    "workspaces",
    metadata,
    _id(),
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("brand", Document, nullable=False),
    *_stamps(),
)

newsletter_specifications = Table(
    "newsletter_specifications",
    metadata,
    _id(),
    _to("workspaces", on_delete="CASCADE"),
    Column("slug", String(64), nullable=False),
    Column("document", Document, nullable=False),
    Column("status", String(16), nullable=False, server_default="active"),
    *_stamps(),
    UniqueConstraint("workspace_id", "slug"),
    CheckConstraint(one_of("status", ("active", "cancelled")), name="status"),
)

sources = Table(
    "sources",
    metadata,
    _id(),
    _to("newsletter_specifications", on_delete="CASCADE"),
    Column("url", Text, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("document", Document, nullable=False),
    Column("status", String(16), nullable=False, server_default="active"),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("last_fetched_at", Instant),
    Column("last_status", String(16)),
    Column("last_error", Text),
    *_stamps(),
    UniqueConstraint("specification_id", "url"),
    CheckConstraint(one_of("status", ("active", "cancelled")), name="status"),
)

articles = Table(
    "articles",
    metadata,
    _id(),
    _to("sources", on_delete="CASCADE"),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("dated", Boolean, nullable=False),
    Column("language", String(35)),
    Column("first_seen_at", Instant, nullable=False),
    Column("source_name", Text, nullable=False),
    # Also serves "which keys of this source do we know?"
    UniqueConstraint("source_id", "key"),
    # "the articles of these sources in this window"
    Index("ix_articles_source_published", "source_id", "published_at"),
)

autopilot_schedules = Table(
    "autopilot_schedules",
    metadata,
    _id(),
    _to("newsletter_specifications", on_delete="CASCADE"),
    _to("workspaces", on_delete="CASCADE"),
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
    Column("run_count", Integer, nullable=False, server_default="0"),
    Column("success_count", Integer, nullable=False, server_default="0"),
    Column("failure_count", Integer, nullable=False, server_default="0"),
    Column("notes", Text),
    *_stamps(),
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
# "which schedules are due?": the tick's own question, over active rows only
Index(
    "idx_autopilot_schedules_next_run",
    autopilot_schedules.c.next_run_at,
    sqlite_where=autopilot_schedules.c.enabled == true(),
    postgresql_where=autopilot_schedules.c.enabled == true(),
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

newsletter_runs = Table(
    "newsletter_runs",
    metadata,
    _id(),
    _to("workspaces", on_delete="CASCADE"),
    _to("newsletter_specifications", on_delete="CASCADE"),
    Column(
        "autopilot_schedule_id",
        Uuid,
        ForeignKey("autopilot_schedules.id", ondelete="SET NULL"),
    ),
    Column("trigger", String(16), nullable=False),
    Column("scheduled_for", Instant),
    Column("slot_local", String(32)),
    Column("slot_fold", Integer, nullable=False, server_default="0"),
    Column("zone", String(64), nullable=False),
    Column("tzdata_version", String(16)),
    Column("window_start", Instant, nullable=False),
    Column("window_end", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text),
    Column("owner_token", Uuid),
    Column("lease_until", Instant),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("source_reports", Document),
    Column("categories_override", Document),
    Column("regions_override", Document),
    Column("cadence_override", String(20)),
    Column("created_by", String(255), nullable=False),
    *_stamps(),
    CheckConstraint(one_of("status", RunStatus), name="status"),
    CheckConstraint(one_of("trigger", Trigger), name="trigger"),
    CheckConstraint("trigger <> 'schedule' OR scheduled_for IS NOT NULL", name="slot_known"),
    CheckConstraint(
        "(status = 'running') = (owner_token IS NOT NULL AND lease_until IS NOT NULL)",
        name="running_has_lease",
    ),
    CheckConstraint(
        "(status IN ('queued', 'running')) = (finished_at IS NULL)", name="ended_has_time"
    ),
    CheckConstraint(
        "status NOT IN ('failed', 'skipped', 'cancelled') OR reason IS NOT NULL",
        name="no_issue_has_reason",
    ),
    # "the runs of this schedule, newest first", and deleting a schedule
    Index("ix_newsletter_runs_schedule", "autopilot_schedule_id", "scheduled_for"),
    # "the history of this specification / workspace, newest first"
    Index("ix_newsletter_runs_specification", "specification_id", "created_at"),
    Index("ix_newsletter_runs_workspace", "workspace_id", "created_at"),
)
# Never two runs of one slot, whoever ticks.
Index(
    "uq_newsletter_runs_slot",
    newsletter_runs.c.autopilot_schedule_id,
    newsletter_runs.c.scheduled_for,
    unique=True,
    sqlite_where=text("trigger = 'schedule'"),
    postgresql_where=text("trigger = 'schedule'"),
)
# "what can be claimed?"
Index(
    "ix_newsletter_runs_queued",
    newsletter_runs.c.due_at,
    sqlite_where=text("status = 'queued'"),
    postgresql_where=text("status = 'queued'"),
)
# "whose lease ran out?"
Index(
    "ix_newsletter_runs_leased",
    newsletter_runs.c.lease_until,
    sqlite_where=text("status = 'running'"),
    postgresql_where=text("status = 'running'"),
)

run_steps = Table(
    "run_steps",
    metadata,
    Column("run_id", Uuid, ForeignKey("newsletter_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", String(16), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("count_in", Integer, nullable=False),
    Column("count_out", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("finished_at", Instant, nullable=False),
    Column("output", LargeBinary),
    CheckConstraint(one_of("step", Step), name="step"),
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
    _id(),
    _to("workspaces", on_delete="CASCADE"),
    _to("newsletter_specifications", on_delete="CASCADE"),
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
    *_stamps(),
    CheckConstraint(
        one_of(
            "status",
            (
                "draft",
                "held",
                "waiting",
                "approved",
                "sending",
                "sent",
                "partly_sent",
                "not_sent",
                "expired",
                "withdrawn",
            ),
        ),
        name="status",
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

workers = Table(
    "workers",
    metadata,
    _id(),
    Column("hostname", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("last_tick_at", Instant),
    Column("stopped_at", Instant),
    # "is any worker alive?"
    Index("ix_workers_last_seen", "last_seen_at"),
)

audit_log = Table(
    "audit_log",
    metadata,
    _id(),
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
