"""Tick durations: how long a worker's last tick and its slowest of a day took."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workers", sa.Column("last_tick_seconds", sa.Float()))
    op.add_column("workers", sa.Column("slowest_tick_seconds", sa.Float()))
    op.add_column("workers", sa.Column("slowest_tick_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Going back is a restore from the backup made before the upgrade."""
