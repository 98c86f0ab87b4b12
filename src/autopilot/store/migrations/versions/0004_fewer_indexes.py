"""Fewer and nearer indexes: what a slot's run costs is mostly the pages that its rows touch."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RUNS, SCHEDULES = "newsletter_runs", "autopilot_schedules"


def upgrade() -> None:
    _one_index_for_slots()
    _due_in_the_order_of_rows()


def _one_index_for_slots() -> None:
    """Runs that a person asked for have no third value, so that theirs are never the same."""
    op.drop_index("uq_newsletter_runs_slot", table_name=RUNS)
    op.drop_index("ix_newsletter_runs_schedule", table_name=RUNS)
    op.create_index(
        "uq_newsletter_runs_slot",
        RUNS,
        [
            "autopilot_schedule_id",
            "scheduled_for",
            sa.text("nullif(trigger, 'manual')"),
        ],
        unique=True,
    )


def _due_in_the_order_of_rows() -> None:
    """Schedules due at one moment are moved on as they lie in the table, page by page."""
    op.drop_index("ix_autopilot_schedules_due", table_name=SCHEDULES)
    op.create_index(
        "ix_autopilot_schedules_due",
        SCHEDULES,
        [sa.text("coalesce(due_at, next_run_at)")],
        sqlite_where=sa.text("enabled = 1"),
        postgresql_where=sa.text("enabled = true"),
    )
