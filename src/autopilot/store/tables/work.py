"""What is under way: runs, their steps, and the workers that execute them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    false,
    text,
    true,
)

from autopilot.domain.notice import NoticeKind
from autopilot.domain.run import RunStatus, Step, Trigger
from autopilot.store.columns import Document, Instant
from autopilot.store.tables.shared import identity, metadata, one_of, stamps, to

newsletter_runs = Table(
    "newsletter_runs",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    to("newsletter_specifications", on_delete="CASCADE"),
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
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("retries", Integer, nullable=False, server_default="0"),
    Column("retry_until", Instant),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("alone", Boolean, nullable=False, server_default=true()),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("source_reports", Document),
    Column("categories_override", Document),
    Column("regions_override", Document),
    Column("cadence_override", String(20)),
    Column("created_by", String(255), nullable=False),
    *stamps(),
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
    # "the history of this specification / workspace, newest first", a page at a time: the runs of one
    # tick are all of one time.
    Index("ix_newsletter_runs_specification", "specification_id", "created_at", "id"),
    Index("ix_newsletter_runs_workspace", "workspace_id", "created_at", "id"),
)
# Never two runs of one slot, whoever ticks; those that a person asked for have no third value, and
# what is NULL is never the same. Also "the runs of this schedule, by slot", and deleting a schedule.
Index(
    "uq_newsletter_runs_slot",
    newsletter_runs.c.autopilot_schedule_id,
    newsletter_runs.c.scheduled_for,
    text("nullif(trigger, 'manual')"),
    unique=True,
)
# Never two slots of one schedule at once, unless its policy allows it. What a person asked for (drafts
# of past slots) holds up no slot.
Index(
    "uq_newsletter_runs_alone",
    newsletter_runs.c.autopilot_schedule_id,
    unique=True,
    sqlite_where=text("status = 'running' AND alone AND trigger = 'schedule'"),
    postgresql_where=text("status = 'running' AND alone AND trigger = 'schedule'"),
)
# "which slots of these schedules are still queued or running?", however many went before
Index(
    "ix_newsletter_runs_open",
    newsletter_runs.c.autopilot_schedule_id,
    sqlite_where=text("status IN ('queued', 'running')"),
    postgresql_where=text("status IN ('queued', 'running')"),
)
# "what can be claimed in this workspace, most urgent first?"
Index(
    "ix_newsletter_runs_queued",
    newsletter_runs.c.workspace_id,
    newsletter_runs.c.priority.desc(),
    newsletter_runs.c.due_at,
    newsletter_runs.c.id,
    sqlite_where=text("status = 'queued'"),
    postgresql_where=text("status = 'queued'"),
)
# "which workspace was served longest ago?"
Index("ix_newsletter_runs_served", newsletter_runs.c.workspace_id, newsletter_runs.c.started_at)
# "when is the next queued run due?"
Index(
    "ix_newsletter_runs_due",
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
# "what made no issue in this workspace, newest first?"; of 100,000 runs they are few
Index(
    "ix_newsletter_runs_without_issue",
    newsletter_runs.c.workspace_id,
    newsletter_runs.c.status,
    newsletter_runs.c.created_at,
    newsletter_runs.c.id,
    sqlite_where=text("status IN ('failed', 'skipped', 'cancelled')"),
    postgresql_where=text("status IN ('failed', 'skipped', 'cancelled')"),
)
# "what did people ask for in this workspace, newest first?"
Index(
    "ix_newsletter_runs_manual",
    newsletter_runs.c.workspace_id,
    newsletter_runs.c.created_at,
    newsletter_runs.c.id,
    sqlite_where=text("trigger = 'manual'"),
    postgresql_where=text("trigger = 'manual'"),
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
    # A step under way: its output so far, for the run's next attempt.
    Column("partial", Boolean, nullable=False, server_default=false()),
    CheckConstraint(one_of("step", Step), name="step"),
)

workers = Table(
    "workers",
    metadata,
    identity(),
    Column("hostname", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("last_tick_at", Instant),
    Column("stopped_at", Instant),
    # Without the making of issues: what a slot waits for before anybody sees it.
    Column("last_tick_seconds", Float),
    # Of about a day.
    Column("slowest_tick_seconds", Float),
    Column("slowest_tick_at", Instant),
    # "is any worker alive?"
    Index("ix_workers_last_seen", "last_seen_at"),
)

notices = Table(
    "notices",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    Column(
        "specification_id", Uuid, ForeignKey("newsletter_specifications.id", ondelete="CASCADE")
    ),
    Column("schedule_id", Uuid, ForeignKey("autopilot_schedules.id", ondelete="SET NULL")),
    Column("run_id", Uuid, ForeignKey("newsletter_runs.id", ondelete="SET NULL")),
    Column("kind", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # Who has it already: "log", "webhook", mail addresses.
    Column("told_to", Document, nullable=False, server_default=text("'[]'")),
    # When somebody is to hear of it; null: there is nothing left to do.
    Column("tell_at", Instant),
    Column("told_at", Instant),
    CheckConstraint(one_of("kind", NoticeKind), name="kind"),
    # "what have the owners not been told yet?"; "the notices of this workspace, newest first"
    Index(
        "ix_notices_untold",
        "at",
        sqlite_where=text("told_at IS NULL"),
        postgresql_where=text("told_at IS NULL"),
    ),
    # "what is to be told next?"
    Index(
        "ix_notices_tell",
        "tell_at",
        sqlite_where=text("tell_at IS NOT NULL"),
        postgresql_where=text("tell_at IS NOT NULL"),
    ),
    Index("ix_notices_workspace", "workspace_id", "at"),
    Index("ix_notices_schedule", "schedule_id"),
)

usage = Table(
    "usage",
    metadata,
    identity(),
    to("workspaces", on_delete="CASCADE"),
    Column(
        "specification_id", Uuid, ForeignKey("newsletter_specifications.id", ondelete="SET NULL")
    ),
    Column("run_id", Uuid, ForeignKey("newsletter_runs.id", ondelete="SET NULL")),
    Column("model", String(128), nullable=False),
    Column("calls", Integer, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    # Millionths of a US dollar; null where the model's price is unknown.
    Column("micro_usd", BigInteger),
    Column("at", Instant, nullable=False),
    # "what did this workspace spend this month?"; "what did this run take?"
    Index("ix_usage_workspace", "workspace_id", "at"),
    Index("ix_usage_run", "run_id"),
)
