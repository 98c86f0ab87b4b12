"""The first tables: workspaces, specifications, sources, schedules, runs, issues."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
WITH_UPDATED_AT = (
    "workspaces",
    "newsletter_specifications",
    "sources",
    "autopilot_schedules",
    "newsletter_runs",
    "issues",
)


def upgrade() -> None:
    op.create_table(
        "artifacts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_artifacts")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("last_tick_at", INSTANT, nullable=True),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_index("ix_workers_last_seen", "workers", ["last_seen_at"], unique=False)

    op.create_table(
        "workspaces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("brand", DOCUMENT, nullable=False),
        sa.Column(
            "created_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.Column(
            "updated_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
        sa.UniqueConstraint("slug", name=op.f("uq_workspaces_slug")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("detail", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_audit_log_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_workspace", "audit_log", ["workspace_id", "at"], unique=False)

    op.create_table(
        "newsletter_specifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("status", sa.String(length=16), server_default="active", nullable=False),
        sa.Column(
            "created_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.Column(
            "updated_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.CheckConstraint(
            "status IN ('active', 'cancelled')", name=op.f("ck_newsletter_specifications_status")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_newsletter_specifications_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter_specifications")),
        sa.UniqueConstraint(
            "workspace_id", "slug", name=op.f("uq_newsletter_specifications_workspace_id_slug")
        ),
    )
    op.create_table(
        "autopilot_schedules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("schedule_name", sa.String(length=255), nullable=False),
        sa.Column("schedule_type", sa.String(length=50), nullable=False),
        sa.Column("schedule_config", DOCUMENT, nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("policies", DOCUMENT, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("categories_override", DOCUMENT, nullable=True),
        sa.Column("regions_override", DOCUMENT, nullable=True),
        sa.Column("cadence_override", sa.String(length=20), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("status", sa.String(length=50), server_default="active", nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("last_run_at", INSTANT, nullable=True),
        sa.Column("last_run_status", sa.String(length=50), nullable=True),
        sa.Column("last_run_error", sa.Text(), nullable=True),
        sa.Column("next_run_at", INSTANT, nullable=True),
        sa.Column("run_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("success_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column(
            "created_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.Column(
            "updated_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.CheckConstraint(
            "enabled = (status = 'active')", name=op.f("ck_autopilot_schedules_enabled_is_active")
        ),
        sa.CheckConstraint(
            "schedule_type IN ('daily', 'weekly', 'monthly', 'custom')",
            name=op.f("ck_autopilot_schedules_type"),
        ),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'cancelled', 'error', 'finished')",
            name=op.f("ck_autopilot_schedules_status"),
        ),
        sa.CheckConstraint(
            "NOT enabled OR next_run_at IS NOT NULL",
            name=op.f("ck_autopilot_schedules_active_has_next_run"),
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["newsletter_specifications.id"],
            name=op.f("fk_autopilot_schedules_specification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_autopilot_schedules_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autopilot_schedules")),
    )
    op.create_index(
        "idx_autopilot_schedules_enabled",
        "autopilot_schedules",
        ["enabled", "next_run_at"],
        unique=False,
    )
    op.create_index(
        "idx_autopilot_schedules_next_run",
        "autopilot_schedules",
        ["next_run_at"],
        unique=False,
        sqlite_where=sa.text("enabled = true"),
        postgresql_where=sa.text("enabled = true"),
    )
    op.create_index(
        "idx_autopilot_schedules_spec", "autopilot_schedules", ["specification_id"], unique=False
    )
    op.create_index(
        "idx_autopilot_schedules_workspace", "autopilot_schedules", ["workspace_id"], unique=False
    )
    op.create_index(
        "uq_autopilot_schedules_name",
        "autopilot_schedules",
        ["specification_id", "schedule_name"],
        unique=True,
        sqlite_where=sa.text("status <> 'cancelled'"),
        postgresql_where=sa.text("status <> 'cancelled'"),
    )

    op.create_table(
        "sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("status", sa.String(length=16), server_default="active", nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("last_fetched_at", INSTANT, nullable=True),
        sa.Column("last_status", sa.String(length=16), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "created_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.Column(
            "updated_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.CheckConstraint("status IN ('active', 'cancelled')", name=op.f("ck_sources_status")),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["newsletter_specifications.id"],
            name=op.f("fk_sources_specification_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint(
            "specification_id", "url", name=op.f("uq_sources_specification_id_url")
        ),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_articles_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("source_id", "key", name=op.f("uq_articles_source_id_key")),
    )
    op.create_index(
        "ix_articles_source_published", "articles", ["source_id", "published_at"], unique=False
    )

    op.create_table(
        "newsletter_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("autopilot_schedule_id", sa.Uuid(), nullable=True),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("scheduled_for", INSTANT, nullable=True),
        sa.Column("slot_local", sa.String(length=32), nullable=True),
        sa.Column("slot_fold", sa.Integer(), server_default="0", nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("tzdata_version", sa.String(length=16), nullable=True),
        sa.Column("window_start", INSTANT, nullable=False),
        sa.Column("window_end", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("owner_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("source_reports", DOCUMENT, nullable=True),
        sa.Column("categories_override", DOCUMENT, nullable=True),
        sa.Column("regions_override", DOCUMENT, nullable=True),
        sa.Column("cadence_override", sa.String(length=20), nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column(
            "created_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.Column(
            "updated_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.CheckConstraint(
            "(status = 'running') = (owner_token IS NOT NULL AND lease_until IS NOT NULL)",
            name=op.f("ck_newsletter_runs_running_has_lease"),
        ),
        sa.CheckConstraint(
            "(status IN ('queued', 'running')) = (finished_at IS NULL)",
            name=op.f("ck_newsletter_runs_ended_has_time"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'skipped', 'cancelled')",
            name=op.f("ck_newsletter_runs_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('failed', 'skipped', 'cancelled') OR reason IS NOT NULL",
            name=op.f("ck_newsletter_runs_no_issue_has_reason"),
        ),
        sa.CheckConstraint(
            "trigger <> 'schedule' OR scheduled_for IS NOT NULL",
            name=op.f("ck_newsletter_runs_slot_known"),
        ),
        sa.CheckConstraint(
            "trigger IN ('schedule', 'manual')", name=op.f("ck_newsletter_runs_trigger")
        ),
        sa.ForeignKeyConstraint(
            ["autopilot_schedule_id"],
            ["autopilot_schedules.id"],
            name=op.f("fk_newsletter_runs_autopilot_schedule_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["newsletter_specifications.id"],
            name=op.f("fk_newsletter_runs_specification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_newsletter_runs_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter_runs")),
    )
    op.create_index(
        "ix_newsletter_runs_leased",
        "newsletter_runs",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_index(
        "ix_newsletter_runs_queued",
        "newsletter_runs",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("status = 'queued'"),
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_newsletter_runs_schedule",
        "newsletter_runs",
        ["autopilot_schedule_id", "scheduled_for"],
        unique=False,
    )
    op.create_index(
        "ix_newsletter_runs_specification",
        "newsletter_runs",
        ["specification_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_newsletter_runs_workspace",
        "newsletter_runs",
        ["workspace_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "uq_newsletter_runs_slot",
        "newsletter_runs",
        ["autopilot_schedule_id", "scheduled_for"],
        unique=True,
        sqlite_where=sa.text("trigger = 'schedule'"),
        postgresql_where=sa.text("trigger = 'schedule'"),
    )

    op.create_table(
        "issues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("scheduled_for", INSTANT, nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("preheader", sa.Text(), nullable=False),
        sa.Column("writer", sa.String(length=64), nullable=False),
        sa.Column("html_sha256", sa.String(length=64), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "created_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.Column(
            "updated_at", INSTANT, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'held', 'waiting', 'approved', 'sending', 'sent', 'partly_sent', 'not_sent', 'expired', 'withdrawn')",
            name=op.f("ck_issues_status"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["newsletter_runs.id"], name=op.f("fk_issues_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["newsletter_specifications.id"],
            name=op.f("fk_issues_specification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_issues_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint("run_id", name=op.f("uq_issues_run_id")),
    )
    op.create_index(
        "ix_issues_specification", "issues", ["specification_id", "scheduled_for"], unique=False
    )
    op.create_index("ix_issues_workspace", "issues", ["workspace_id", "created_at"], unique=False)

    op.create_table(
        "run_steps",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("count_in", sa.Integer(), nullable=False),
        sa.Column("count_out", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=False),
        sa.Column("output", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "step IN ('collect', 'select', 'write', 'render', 'store')",
            name=op.f("ck_run_steps_step"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["newsletter_runs.id"], name=op.f("fk_run_steps_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "step", name=op.f("pk_run_steps")),
    )
    op.create_table(
        "issue_stories",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_issue_stories_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", "position", name=op.f("pk_issue_stories")),
    )
    _stamp_updates()


def _stamp_updates() -> None:
    """Let the database itself keep `updated_at`, so that no writer can forget it."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION set_updated_at() RETURNS trigger
            LANGUAGE plpgsql SET search_path = '' AS $function$
            BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END
            $function$
            """
        )
        for table in WITH_UPDATED_AT:
            op.execute(
                f"CREATE TRIGGER update_{table}_updated_at BEFORE UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
            )
        return
    for table in WITH_UPDATED_AT:
        # WHEN keeps the trigger's own UPDATE from firing it again.
        op.execute(
            f"CREATE TRIGGER update_{table}_updated_at AFTER UPDATE ON {table} "  # noqa: S608
            "FOR EACH ROW WHEN NEW.updated_at = OLD.updated_at BEGIN "
            f"UPDATE {table} SET updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now') || '000' "
            "WHERE id = NEW.id; END"
        )


def downgrade() -> None:
    """There is nothing below the first tables."""
