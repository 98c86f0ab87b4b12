"""Open runs: planning reads the slots under way; what a person asked for holds up none of them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RUNS, SCHEDULE = "newsletter_runs", ["autopilot_schedule_id"]


def upgrade() -> None:
    _some("ix_newsletter_runs_open", "status IN ('queued', 'running')")
    op.drop_index("uq_newsletter_runs_alone", table_name=RUNS)
    _some(
        "uq_newsletter_runs_alone",
        "status = 'running' AND alone AND trigger = 'schedule'",
        unique=True,
    )
    _due_by_its_index()


def _due_by_its_index() -> None:
    """Spelled so that SQLite cannot take the index of lists for it, and then read every row."""
    op.drop_index("ix_autopilot_schedules_due", table_name="autopilot_schedules")
    op.create_index(
        "ix_autopilot_schedules_due",
        "autopilot_schedules",
        [sa.text("coalesce(due_at, next_run_at)")],
        sqlite_where=sa.text("enabled"),
        postgresql_where=sa.text("enabled"),
    )


def _some(name: str, where: str, *, unique: bool = False) -> None:
    words = sa.text(where)
    op.create_index(name, RUNS, SCHEDULE, unique=unique, sqlite_where=words, postgresql_where=words)


def downgrade() -> None:
    """Going back is a restore from the backup made before the upgrade."""
