"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL both have and each spells in its own dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can say what happens on a conflict, in the connection's dialect."""
    # Late: each database brings its own dialect alone.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as for_postgresql

        return for_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as for_sqlite

    return for_sqlite(table)
