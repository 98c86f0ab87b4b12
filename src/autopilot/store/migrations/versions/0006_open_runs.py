"""Open runs: planning reads the slots under way, not all that a schedule ever had."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("status IN ('queued', 'running')")


def upgrade() -> None:
    op.create_index(
        "ix_newsletter_runs_open",
        "newsletter_runs",
        ["autopilot_schedule_id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    """Going back is a restore from the backup made before the upgrade."""
