"""Migrations: bring the tables to this program's version, once, whoever asks and however often."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

from autopilot.errors import SchemaMismatch
from autopilot.store.database import Database

HEAD = "0010"  # the newest revision this program knows; a test compares it with the folder
LOCK = 4_701_170_001  # any constant: migrations of one PostgreSQL database take turns on it
LOCATION = "autopilot:store/migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What a migration did; `before` is None for an empty store."""

    before: str | None
    after: str


def migrate(database: Database, *, schema: str = "autopilot") -> Migrated:
    """Create or update the tables in one transaction; a second caller waits and finds them done.

    On PostgreSQL whatever strangers could do with them is taken away, at every call.

    Raises SchemaMismatch when the tables are newer than this program.
    """
    with database.begin() as connection:
        if database.is_postgres:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            connection.exec_driver_sql(f'SET LOCAL search_path TO "{schema}"')
        before = _revision(connection, schema if database.is_postgres else None)
        _refuse_newer(before)
        if before != HEAD:
            _upgrade(connection)
        if database.is_postgres:
            _close(connection)
    return Migrated(before=before, after=HEAD)


def current_revision(database: Database, *, schema: str = "autopilot") -> str | None:
    """Return the revision of the tables, or None when there are none."""
    with database.read() as connection:
        return _revision(connection, schema if database.is_postgres else None)


def check_schema(database: Database, *, schema: str = "autopilot") -> None:
    """Raise SchemaMismatch unless the tables are those this program knows."""
    revision = current_revision(database, schema=schema)
    _refuse_newer(revision)
    if revision != HEAD:
        raise SchemaMismatch(
            "The store has no tables yet."
            if revision is None
            else f"The store's tables are of revision {revision}; this program needs {HEAD}.",
            hint="Run: autopilot migrate",
        )


def refuse_newer(database: Database, *, schema: str = "autopilot") -> None:
    """Raise SchemaMismatch where the tables are newer than this program."""
    _refuse_newer(current_revision(database, schema=schema))


def script(schema: str = "autopilot") -> str:
    """Return the PostgreSQL script that does what `migrate` does; running it twice is harmless."""
    from autopilot.store.closing import closing_sql

    blocks = [_block(base, revision) for base, revision in _revisions()]
    head = _SCRIPT_HEAD.format(schema=schema, lock=LOCK)
    return head + "\n".join([*blocks, closing_sql()]) + "\nCOMMIT;\n"


def _revision(connection: Connection, schema: str | None) -> str | None:
    if not inspect(connection).has_table("alembic_version", schema=schema):
        return None
    table = f'"{schema}".alembic_version' if schema else "alembic_version"
    found: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalar()  # noqa: S608
    return found


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision > HEAD:
        raise SchemaMismatch(
            f"The store's tables are of revision {revision}, newer than this program ({HEAD}).",
            hint="Update Autopilot on this machine; nothing was changed.",
        )


@contextmanager
def _alembic(**attributes: object) -> Iterator[object]:
    from alembic.config import Config

    config = Config(output_buffer=io.StringIO(), stdout=io.StringIO())
    config.set_main_option("script_location", LOCATION)
    config.attributes.update(attributes)
    yield config


def _upgrade(connection: Connection) -> None:
    from alembic import command

    with _alembic(connection=connection) as config:
        command.upgrade(config, "head")  # type: ignore[arg-type]


def _close(connection: Connection) -> None:
    from autopilot.store.closing import close

    close(connection)


def _revisions() -> list[tuple[str | None, str]]:
    from alembic.script import ScriptDirectory

    with _alembic() as config:
        walk = ScriptDirectory.from_config(config).walk_revisions()  # type: ignore[arg-type]
        pairs = [(revision.down_revision, revision.revision) for revision in walk]
    return [(base if isinstance(base, str) else None, head) for base, head in reversed(pairs)]


def _block(base: str | None, revision: str) -> str:
    """One revision as a guarded block: it acts only on tables of exactly the revision before."""
    from alembic import command

    with _alembic() as config:
        command.upgrade(config, f"{base or 'base'}:{revision}", sql=True)  # type: ignore[arg-type]
        statements = config.output_buffer.getvalue()  # type: ignore[attr-defined]
    guard = (
        f"EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '{base}')"  # noqa: S608
        if base
        else "NOT EXISTS (SELECT 1 FROM alembic_version)"
    )
    body = "\n".join(f"    {line}".rstrip() for line in _statements(statements).splitlines())
    return f"DO $migration$\nBEGIN\n  IF {guard} THEN\n{body}\n  END IF;\nEND\n$migration$;\n"


def _statements(sql: str) -> str:
    """Alembic's offline script without its own transaction and version table."""
    start = sql.find("CREATE TABLE alembic_version")
    if start >= 0:
        sql = sql[:start] + sql[sql.index(";", start) + 1 :]
    kept = [line for line in sql.splitlines() if line.strip() not in {"BEGIN;", "COMMIT;"}]
    lines = [line for line in kept if line.strip() and not line.startswith("--")]
    # Alembic asks its INSERT for the row back; inside a block nobody is there to take it.
    return re.sub(r" RETURNING alembic_version\.version_num(?=;)", "", "\n".join(lines))


_SCRIPT_HEAD = """\
-- Autopilot's tables for PostgreSQL 15+ and Supabase: paste it into the SQL editor and run it.
-- Printed by `autopilot migrate --sql`; do not edit by hand. Safe to run twice.
-- Everything lives in the schema "{schema}", which PostgREST does not expose.
BEGIN;
SELECT pg_advisory_xact_lock({lock});
CREATE SCHEMA IF NOT EXISTS "{schema}";
SET LOCAL search_path TO "{schema}";
CREATE TABLE IF NOT EXISTS alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
"""
