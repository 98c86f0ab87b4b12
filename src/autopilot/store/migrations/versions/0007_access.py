"""Access: users, members, tokens of the API, browsers' sessions, requests done once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("CURRENT_TIMESTAMP")
ROLES = "role IN ('viewer', 'editor', 'admin')"


def upgrade() -> None:
    _users()
    _members()
    _api_tokens()
    _web_sessions()
    _done_requests()
    for table in ("users", "api_tokens"):
        _stamp_updates(table)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("name", sa.String(200), nullable=False, server_default=sa.text("''")),
        sa.Column("password_hash", sa.String(255)),
        _flag("is_operator"),
        _flag("is_disabled"),
        sa.Column("failed_logins", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("locked_until", INSTANT),
        sa.Column("sessions_from", INSTANT),
        sa.Column("last_login_at", INSTANT),
        *_stamps(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        _flag("may_send"),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_members")),
        _to("members", "workspaces", "workspace_id"),
        _to("members", "users", "user_id"),
        sa.CheckConstraint(ROLES, name=op.f("ck_members_role")),
    )
    op.create_index("ix_members_user", "members", ["user_id"])


def _api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        _flag("may_send"),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("hint", sa.String(8), nullable=False),
        sa.Column("created_by", sa.String(255), nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.Column("last_used_at", INSTANT),
        *_stamps(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        _to("api_tokens", "workspaces", "workspace_id"),
        sa.CheckConstraint(ROLES, name=op.f("ck_api_tokens_role")),
    )
    op.create_index("ix_api_tokens_workspace", "api_tokens", ["workspace_id"])
    still = sa.text("revoked_at IS NULL")
    op.create_index(
        "uq_api_tokens_name",
        "api_tokens",
        ["workspace_id", "name"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )


def _web_sessions() -> None:
    op.create_table(
        "web_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("client", sa.String(255), nullable=False, server_default=sa.text("''")),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_sessions_token_hash")),
        _to("web_sessions", "users", "user_id"),
    )
    op.create_index("ix_web_sessions_user", "web_sessions", ["user_id"])


def _done_requests() -> None:
    op.create_table(
        "done_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_done_requests")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_done_requests_key_hash")),
    )
    op.create_index("ix_done_requests_at", "done_requests", ["at"])


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _to(table: str, target: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
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
