"""A version only adds to the tables, so that workers of the version before go on beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Inspector, inspect
from store.rows import SOUND, put

from autopilot.store import migrate as module
from autopilot.store.database import Database, open_database
from autopilot.store.tables import metadata

REVISIONS = module._revisions()
TAKES_AWAY = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|TYPE|FUNCTION|SCHEMA)|RENAME\s+(TO|COLUMN)"
    r"|ALTER\s+COLUMN\s+\w+\s+(TYPE|SET\s+NOT\s+NULL|DROP\s+DEFAULT))\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(("base", "revision"), REVISIONS, ids=str)
def test_no_migration_drops_renames_or_narrows(base: str | None, revision: str) -> None:
    assert TAKES_AWAY.findall(module._block(base, revision)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE users",
        "ALTER TABLE users DROP COLUMN name",
        "ALTER TABLE users RENAME TO people",
        "ALTER TABLE users RENAME COLUMN name TO words",
        "ALTER TABLE users ALTER COLUMN name SET NOT NULL",
        "ALTER TABLE users ALTER COLUMN name TYPE VARCHAR(10)",
    ],
)
def test_what_would_take_something_away_is_seen(sql: str) -> None:
    assert TAKES_AWAY.search(sql)


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def upgrade(database: Database, revision: str) -> None:
    from alembic import command

    with database.begin() as connection:
        if database.is_postgres:
            connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS autopilot")
            connection.exec_driver_sql("SET LOCAL search_path TO autopilot")
        with module._alembic(connection=connection) as config:
            command.upgrade(config, revision)  # type: ignore[arg-type]


def columns(database: Database) -> dict[str, dict[str, Any]]:
    schema = "autopilot" if database.is_postgres else None
    with database.read() as connection:
        told: Inspector = inspect(connection)
        return {
            name: {column["name"]: column for column in told.get_columns(name, schema=schema)}
            for name in told.get_table_names(schema=schema)
            if name in metadata.tables
        }


def test_rows_as_the_version_before_writes_them_are_taken(empty: Database) -> None:
    """Columns that it knew are all there, and those that are new fill themselves."""
    upgrade(empty, REVISIONS[-2][1])
    before = columns(empty)
    upgrade(empty, "head")
    after = columns(empty)
    for table, known in before.items():
        assert known.keys() <= after[table].keys()
        for name, column in after[table].items():
            was = known.get(name)
            fills_itself = column["nullable"] or column["default"] is not None
            assert fills_itself if was is None else column["nullable"] >= was["nullable"], name
    with empty.begin() as connection:
        for table in (it for it in SOUND if it in before):
            added = set(SOUND[table]) - set(before[table])
            assert not added, f"{table}: a sound row needs {added}, which the version before lacks"
            put(connection, table)
