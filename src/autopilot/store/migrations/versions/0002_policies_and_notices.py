"""Policies, retries, fairness and notices: what a schedule does when things are not as planned."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ZERO = sa.text("0")


def upgrade() -> None:
    op.add_column("autopilot_schedules", sa.Column("due_at", INSTANT))
    op.add_column("autopilot_schedules", sa.Column("computed_with", sa.String(64)))
    op.add_column("autopilot_schedules", _counter("consecutive_failures"))
    for name in ("deaths", "failures", "retries", "priority"):
        op.add_column("newsletter_runs", _counter(name))
    op.add_column("newsletter_runs", sa.Column("retry_until", INSTANT))
    op.add_column(
        "newsletter_runs",
        sa.Column("alone", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    _indexes()
    _notices()


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=ZERO)


def _indexes() -> None:
    op.create_index(
        "ix_autopilot_schedules_due",
        "autopilot_schedules",
        [sa.text("coalesce(due_at, next_run_at)"), "id"],
        sqlite_where=sa.text("enabled = 1"),
        postgresql_where=sa.text("enabled = true"),
    )
    op.create_index(
        "uq_newsletter_runs_alone",
        "newsletter_runs",
        ["autopilot_schedule_id"],
        unique=True,
        sqlite_where=sa.text("status = 'running' AND alone"),
        postgresql_where=sa.text("status = 'running' AND alone"),
    )
    op.drop_index("ix_newsletter_runs_queued", table_name="newsletter_runs")
    _queued_index(
        "ix_newsletter_runs_queued", "workspace_id", sa.text("priority DESC"), "due_at", "id"
    )
    _queued_index("ix_newsletter_runs_due", "due_at")
    op.create_index("ix_newsletter_runs_served", "newsletter_runs", ["workspace_id", "started_at"])


def _queued_index(name: str, *columns: str | sa.TextClause) -> None:
    op.create_index(
        name,
        "newsletter_runs",
        list(columns),
        sqlite_where=sa.text("status = 'queued'"),
        postgresql_where=sa.text("status = 'queued'"),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        _to("workspaces", "workspace_id", "CASCADE", nullable=False),
        _to("newsletter_specifications", "specification_id", "CASCADE"),
        _to("autopilot_schedules", "schedule_id", "SET NULL"),
        _to("newsletter_runs", "run_id", "SET NULL"),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT),
        sa.CheckConstraint(
            "kind IN ('failed', 'missed', 'paused', 'recovered')", name=op.f("ck_notices_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(
        "ix_notices_untold",
        "notices",
        ["at"],
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_index("ix_notices_workspace", "notices", ["workspace_id", "at"])
    op.create_index("ix_notices_schedule", "notices", ["schedule_id"])


def _to(table: str, column: str, on_delete: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(
        column,
        sa.Uuid(),
        sa.ForeignKey(f"{table}.id", name=op.f(f"fk_notices_{column}"), ondelete=on_delete),
        nullable=nullable,
    )


def downgrade() -> None:
    """Going back is a restore from the backup made before the upgrade."""
