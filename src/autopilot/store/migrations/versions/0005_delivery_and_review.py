"""Delivery and review: channels, subscribers, suppressions, deliveries, who reviews an issue."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True).with_variant(
    sa.dialects.postgresql.JSONB(none_as_null=True), "postgresql"
)
NOW = sa.text("CURRENT_TIMESTAMP")


def upgrade() -> None:
    op.add_column(
        "workspaces", sa.Column("owners", JSON, nullable=False, server_default=sa.text("'[]'"))
    )
    _owners()
    _issues()
    _channels()
    _subscribers()
    _suppressions()
    _deliveries()
    _sending()
    _review_letters()
    _allow_notices(
        "kind IN ('failed', 'missed', 'paused', 'recovered', 'held', 'expired', 'source', 'budget')"
    )
    for table in ("channels", "subscribers"):
        _stamp_updates(table)


def _owners() -> None:
    for column in (
        sa.Column("telling_until", INSTANT),
        sa.Column("reported_for", sa.String(10)),
        sa.Column("reported_to", JSON, nullable=False, server_default=sa.text("'[]'")),
    ):
        op.add_column("workspaces", column)
    op.add_column(
        "notices", sa.Column("told_to", JSON, nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("notices", sa.Column("tell_at", INSTANT))
    _some("ix_notices_tell", "notices", ["tell_at"], "tell_at IS NOT NULL")


def _issues() -> None:
    for column in (
        sa.Column("draft_sha256", sa.String(64)),
        sa.Column("review", JSON),
        sa.Column("release_at", INSTANT),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
    ):
        op.add_column("issues", column)
    _some("ix_issues_release", "issues", ["release_at"], "status = 'waiting'")
    _some("ix_issues_sending", "issues", ["id"], "status = 'sending'")


def _channels() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Uuid(), nullable=False),
        _to("channels", "newsletter_specifications", "specification_id"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("consecutive_errors", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("paused_until", INSTANT),
        sa.Column("paused_reason", sa.Text()),
        sa.Column("last_error", sa.Text()),
        sa.Column("last_sent_at", INSTANT),
        *_stamps(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint(
            "specification_id", "key", name=op.f("uq_channels_specification_id_key")
        ),
        _check(
            "channels", "paused_has_reason", "paused_until IS NULL OR paused_reason IS NOT NULL"
        ),
    )


def _subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Uuid(), nullable=False),
        _to("subscribers", "workspaces", "workspace_id"),
        _to("subscribers", "newsletter_specifications", "specification_id"),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("mailbox", sa.String(320), nullable=False),
        sa.Column("name", sa.String(200), nullable=False, server_default=""),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("confirmed_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("asks", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("asked_at", INSTANT),
        *_stamps(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint(
            "specification_id", "mailbox", name=op.f("uq_subscribers_specification_id_mailbox")
        ),
        _check(
            "subscribers", "status", "status IN ('pending', 'active', 'unsubscribed', 'bounced')"
        ),
        _check(
            "subscribers", "active_is_confirmed", "status <> 'active' OR confirmed_at IS NOT NULL"
        ),
    )
    op.create_index("ix_subscribers_workspace", "subscribers", ["workspace_id", "mailbox"])


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Uuid(), nullable=False),
        _to("suppressions", "workspaces", "workspace_id"),
        _to("suppressions", "newsletter_specifications", "specification_id", nullable=True),
        sa.Column("mailbox", sa.String(320), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, server_default=""),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        _check(
            "suppressions",
            "reason",
            "reason IN ('unsubscribed', 'bounced', 'complained', 'manual')",
        ),
    )
    columns = ["workspace_id", "mailbox", "specification_id"]
    op.create_index("uq_suppressions_mailbox", "suppressions", columns, unique=True)
    _some(
        "uq_suppressions_everywhere",
        "suppressions",
        columns[:2],
        "specification_id IS NULL",
        unique=True,
    )
    op.create_index("ix_suppressions_specification", "suppressions", ["specification_id"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        _to("deliveries", "workspaces", "workspace_id"),
        _to("deliveries", "newsletter_specifications", "specification_id"),
        _to("deliveries", "issues", "issue_id"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False, server_default=""),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("owner_token", sa.Uuid()),
        sa.Column("lease_until", INSTANT),
        sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("reason", sa.Text()),
        sa.Column("response", sa.Text()),
        sa.Column("ended_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "issue_id", "channel", "target", name=op.f("uq_deliveries_issue_id_channel_target")
        ),
        *_delivery_checks(),
    )
    op.create_index("ix_deliveries_specification", "deliveries", ["specification_id", "created_at"])
    op.create_index("ix_deliveries_workspace", "deliveries", ["workspace_id", "created_at"])
    _some("ix_deliveries_due", "deliveries", ["due_at", "id"], "status = 'pending'")
    _some("ix_deliveries_leased", "deliveries", ["lease_until"], "owner_token IS NOT NULL")


def _delivery_checks() -> list[sa.CheckConstraint]:
    states = "'pending', 'sending', 'sent', 'failed', 'suppressed', 'unknown'"
    return [
        _check("deliveries", name, rule)
        for name, rule in (
            ("status", f"status IN ({states})"),
            ("ended_has_time", "(status IN ('pending', 'sending')) = (ended_at IS NULL)"),
            ("sending_has_owner", "status <> 'sending' OR owner_token IS NOT NULL"),
            ("owner_has_lease", "(owner_token IS NULL) = (lease_until IS NULL)"),
            (
                "not_sent_has_reason",
                "status NOT IN ('failed', 'suppressed', 'unknown') OR reason IS NOT NULL",
            ),
        )
    ]


def _sending() -> None:
    op.create_table(
        "sending",
        sa.Column("one", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("allowed", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("place", sa.Text()),
        sa.Column("generation", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("reason", sa.Text()),
        sa.Column("changed_at", INSTANT),
        sa.Column("changed_by", sa.String(255)),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_sending")),
        _check("sending", "stopped_has_reason", "allowed OR reason IS NOT NULL"),
    )


def _review_letters() -> None:
    op.create_table(
        "review_letters",
        _to("review_letters", "issues", "issue_id"),
        sa.Column("mailbox", sa.String(320), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("taken_until", INSTANT),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("reason", sa.Text()),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("issue_id", "mailbox", name=op.f("pk_review_letters")),
        _check(
            "review_letters",
            "status",
            "status IN ('pending', 'sending', 'sent', 'failed', 'unknown')",
        ),
        _check(
            "review_letters",
            "sending_is_taken",
            "(status = 'sending') = (taken_until IS NOT NULL)",
        ),
    )
    _some(
        "ix_review_letters_due",
        "review_letters",
        ["due_at"],
        "status IN ('pending', 'sending')",
    )


def _allow_notices(kinds: str) -> None:
    """Widen what a notice may be of; SQLite needs the table written anew for it."""
    name = op.f("ck_notices_kind")
    with op.batch_alter_table("notices", reflect_kwargs={"resolve_fks": False}) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.text(kinds))


def _to(table: str, target: str, column: str, *, nullable: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")
    return sa.Column(column, sa.Uuid(), key, nullable=nullable)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _some(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _stamps() -> list[sa.Column[object]]:
    return [
        sa.Column(name, INSTANT, nullable=False, server_default=NOW)
        for name in ("created_at", "updated_at")
    ]


def _stamp_updates(table: str) -> None:
    """Let the database itself keep `updated_at`, as for the first tables."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER update_{table}_updated_at BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
        )
        return
    op.execute(
        f"CREATE TRIGGER update_{table}_updated_at AFTER UPDATE ON {table} "  # noqa: S608
        "FOR EACH ROW WHEN NEW.updated_at = OLD.updated_at BEGIN "
        f"UPDATE {table} SET updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now') || '000' "
        "WHERE id = NEW.id; END"
    )


def downgrade() -> None:
    """Going back is a restore from the backup made before the upgrade."""
