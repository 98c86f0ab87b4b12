"""Lists of runs: newest first by index, of equal times too; what made no issue, what people asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RUNS = "newsletter_runs"


def upgrade() -> None:
    for owner in ("specification", "workspace"):
        op.drop_index(f"ix_{RUNS}_{owner}", table_name=RUNS)
        op.create_index(f"ix_{RUNS}_{owner}", RUNS, [f"{owner}_id", "created_at", "id"])
    without_issue = ["workspace_id", "status", "created_at", "id"]
    _some(
        f"ix_{RUNS}_without_issue",
        RUNS,
        without_issue,
        "status IN ('failed', 'skipped', 'cancelled')",
    )
    _some(f"ix_{RUNS}_manual", RUNS, ["workspace_id", "created_at", "id"], "trigger = 'manual'")
    _some(
        "ix_issues_review",
        "issues",
        ["workspace_id", "created_at", "id"],
        "status IN ('held', 'waiting')",
    )


def _some(name: str, table: str, columns: list[str], where: str) -> None:
    words = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=words, postgresql_where=words)


def downgrade() -> None:
    """Going back is a restore from the backup made before the upgrade."""
