"""Closing: on PostgreSQL nobody but the owner, and who was granted by name, has anything of ours.

Supabase shows schemas to browsers as the roles `anon` and `authenticated`. Whatever default rights
a database gives them, here they have none: on no table, view, function, sequence or the schema.
Row level security is on and forced, so that a grant to PUBLIC or to them by mistake opens nothing.
It is done at the end of every migration, so that tables of later releases are closed as well, and
only where something lacks, so that nobody is kept waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from sqlalchemy import Connection, text

from autopilot.store.tables import metadata

STRANGERS = ("anon", "authenticated")
"""The roles whose rights are looked at, beside PUBLIC, which both of them have."""

_SIGHT = """
WITH things AS (
  SELECT c.oid, c.relname AS name, c.relkind::text AS kind, c.relnamespace,
    c.relrowsecurity AND c.relforcerowsecurity AS is_closed
  FROM pg_class c WHERE c.relnamespace = to_regnamespace(:schema)
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND (:schema <> 'public' OR c.relname = ANY (:ours))
), strangers AS (SELECT oid, rolname FROM pg_roles WHERE rolname = ANY (:strangers))
"""
_OPEN = (
    _SIGHT
    + """
SELECT DISTINCT s.rolname || ' has rights on ' || t.name AS told
FROM things t, strangers s, LATERAL unnest(CASE WHEN t.kind = 'S'
  THEN ARRAY['USAGE', 'SELECT', 'UPDATE']
  ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] END) verb
WHERE CASE WHEN t.kind = 'S' THEN has_sequence_privilege(s.oid, t.oid, verb)
  ELSE has_table_privilege(s.oid, t.oid, verb) OR (verb IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
    AND has_any_column_privilege(s.oid, t.oid, verb)) END
UNION
SELECT s.rolname || ' may call ' || p.proname FROM pg_proc p, strangers s
WHERE p.pronamespace = to_regnamespace(:schema)
  AND (:schema <> 'public' OR p.proname = 'set_updated_at')
  AND has_function_privilege(s.oid, p.oid, 'EXECUTE')
UNION
SELECT s.rolname || ' may look into the schema' FROM strangers s
WHERE :schema <> 'public' AND to_regnamespace(:schema) IS NOT NULL
  AND (has_schema_privilege(s.oid, to_regnamespace(:schema), 'USAGE')
    OR has_schema_privilege(s.oid, to_regnamespace(:schema), 'CREATE'))
ORDER BY told
"""
)
_UNGUARDED = (
    _SIGHT
    + """
SELECT name FROM things WHERE kind IN ('r', 'p') AND NOT is_closed ORDER BY name
"""
)
_UNSEEN = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = to_regnamespace(:schema) AND c.relname = ANY (:ours) AND c.relrowsecurity
  AND row_security_active(c.oid) AND NOT EXISTS (
    SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive
      AND EXISTS (SELECT 1 FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(r, 'USAGE')))
ORDER BY c.relname
"""
_EXPOSED = """
SELECT setting FROM pg_db_role_setting s, unnest(s.setconfig) setting
WHERE setting LIKE 'pgrst.db_schemas=%' OR setting LIKE 'pgrst.db-schemas=%'
"""


def closing_sql() -> str:
    """Return the statement that closes what is open in the first schema of the search path."""
    tables = ",".join(sorted([*metadata.tables, "alembic_version"]))
    written = files("autopilot.store").joinpath("closing.sql").read_text(encoding="utf-8")
    return written.replace("{tables}", "{" + tables + "}")


def close(connection: Connection) -> None:
    """Close what is open, as the owner of the tables; does nothing where all is closed."""
    connection.exec_driver_sql(closing_sql())


def what_is_open(connection: Connection, schema: str) -> Sequence[str]:
    """Return every right that a stranger has on something of ours, one sentence each thing."""
    return _names(connection, _OPEN, schema, strangers=list(STRANGERS))


def unguarded_tables(connection: Connection, schema: str) -> Sequence[str]:
    """Return the tables without row level security, or whose owner it does not hold for."""
    return _names(connection, _UNGUARDED, schema, strangers=list(STRANGERS))


def unseen_tables(connection: Connection, schema: str) -> Sequence[str]:
    """Return the tables whose every row is hidden from whoever asks: no policy names them."""
    return _names(connection, _UNSEEN, schema)


def is_exposed(connection: Connection, schema: str) -> bool:
    """Whether PostgREST is told to show this schema, as far as the database knows."""
    told = connection.scalars(text(_EXPOSED)).all()
    shown = {name.strip() for each in told for name in each.partition("=")[2].split(",")}
    return schema in shown


def _names(connection: Connection, query: str, schema: str, **given: object) -> Sequence[str]:
    values = {"schema": schema, "ours": [*metadata.tables, "alembic_version"], **given}
    return connection.scalars(text(query), values).all()
