"""The newsroom: health of sources, extracted texts, money, the gate's report, more notices."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True).with_variant(
    sa.dialects.postgresql.JSONB(none_as_null=True), "postgresql"
)
KINDS = "kind IN ('failed', 'missed', 'paused', 'recovered', 'held', 'source', 'budget')"
STEPS = "step IN ('collect', 'select', 'write', 'render', 'check', 'store')"


def upgrade() -> None:
    op.add_column(
        "workspaces", sa.Column("budget", JSON, nullable=False, server_default=sa.text("'{}'"))
    )
    _sources()
    op.add_column(
        "articles",
        sa.Column("extracted", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_articles_first_seen", "articles", ["first_seen_at"])
    op.add_column("issues", sa.Column("intro", sa.Text(), nullable=False, server_default=""))
    op.add_column("issues", sa.Column("notes", JSON))
    op.add_column("issues", sa.Column("report", JSON))
    _usage()
    op.add_column(
        "run_steps",
        sa.Column("partial", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _allow("notices", "kind", KINDS)
    _allow("run_steps", "step", STEPS)


def _sources() -> None:
    for column in (
        sa.Column("title", sa.Text()),
        sa.Column("found_kind", sa.String(16)),
        sa.Column("last_good_at", INSTANT),
        sa.Column("newest_article_at", INSTANT),
        sa.Column(
            "consecutive_failures", sa.Integer(), nullable=False, server_default=sa.text("0")
        ),
        sa.Column("moved_to", sa.Text()),
        sa.Column("interval_seconds", sa.Integer()),
        sa.Column("check_at", INSTANT),
    ):
        op.add_column("sources", column)
    op.create_index("ix_sources_check", "sources", ["check_at"])


def _usage() -> None:
    op.create_table(
        "usage",
        sa.Column("id", sa.Uuid(), nullable=False),
        _to("workspaces", "workspace_id", "CASCADE", nullable=False),
        _to("newsletter_specifications", "specification_id", "SET NULL"),
        _to("newsletter_runs", "run_id", "SET NULL"),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("micro_usd", sa.BigInteger()),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage")),
    )
    op.create_index("ix_usage_workspace", "usage", ["workspace_id", "at"])
    op.create_index("ix_usage_run", "usage", ["run_id"])


def _to(table: str, column: str, on_delete: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(
        column,
        sa.Uuid(),
        sa.ForeignKey(f"{table}.id", name=op.f(f"fk_usage_{column}"), ondelete=on_delete),
        nullable=nullable,
    )


def _allow(table: str, column: str, words: str) -> None:
    """Widen what a column may say; SQLite needs the table written anew for it."""
    name = op.f(f"ck_{table}_{column}")
    with op.batch_alter_table(table, reflect_kwargs={"resolve_fks": False}) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.text(words))


def downgrade() -> None:
    """Going back is a restore from the backup made before the upgrade."""
