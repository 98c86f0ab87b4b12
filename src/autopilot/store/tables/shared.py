"""What all tables share: one metadata, one naming rule, and the columns that most of them have."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, ForeignKey, MetaData, Uuid, text

from autopilot.store.columns import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
NOW = text("CURRENT_TIMESTAMP")


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the SQL that says a column holds one of these words."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def identity() -> Column[object]:
    """Return the primary key column."""
    return Column("id", Uuid, primary_key=True)


def to(table: str, *, on_delete: str, nullable: bool = False) -> Column[object]:
    column = {
        "workspaces": "workspace_id",
        "newsletter_specifications": "specification_id",
        "sources": "source_id",
        "newsletter_runs": "run_id",
        "issues": "issue_id",
    }[table]
    return Column(column, Uuid, ForeignKey(f"{table}.id", ondelete=on_delete), nullable=nullable)


def stamps() -> tuple[Column[object], Column[object]]:
    """Return the times a row was made and last written; a trigger keeps the second."""
    return (
        Column("created_at", Instant, nullable=False, server_default=NOW),
        Column("updated_at", Instant, nullable=False, server_default=NOW),
    )
