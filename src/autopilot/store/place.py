"""A store's place: what tells it from every copy of it that could be opened in its stead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, text

from autopilot.store.file_identity import identity

Place = Mapping[str, str]
"""Its parts by name. A part that one side does not know says nothing."""

_SYSTEM = "has_function_privilege('pg_control_system()', 'execute')"


def place_of(connection: Connection) -> Place:
    """Return where the store of this connection is; empty for one in memory.

    On SQLite its path and the file's own numbers, on PostgreSQL the cluster, the database and the
    table itself: a dump that is read into another database, or anew into this one, has others.
    """
    if connection.dialect.name == "postgresql":
        return _in_postgresql(connection)
    file = file_of(connection)
    found = None if file is None else identity(str(file))
    if found is None:
        return {}
    return {"path": str(file), "device": str(found[0]), "file": str(found[1])}


def file_of(connection: Connection) -> Path | None:
    """Return the file of a SQLite store by its real path, None for one in memory or PostgreSQL."""
    name = connection.engine.url.database or ":memory:"
    is_file = connection.dialect.name == "sqlite" and not name.startswith((":memory:", "file:"))
    return Path(name).resolve() if is_file else None


def is_same(before: Place, now: Place) -> bool:
    """Whether two places are one.

    A file keeps its number when its folder is moved or seen under another name (a container's), and
    its path when the machine starts anew and counts its devices otherwise; a copy keeps neither.
    """
    if "file" in now:
        if before.get("file") != now["file"]:
            return False
        return before.get("path") == now["path"] or before.get("device") == now["device"]
    shared = before.keys() & now.keys()
    return all(before[part] == now[part] for part in shared)


def told(place: Place) -> str:
    """Return a place as people name it."""
    if "path" in place:
        return place["path"]
    return f"database {place.get('name', '?')}"


def _in_postgresql(connection: Connection) -> Place:
    row = connection.execute(
        text(
            "SELECT current_database() AS name, d.oid::text AS database,"
            " to_regclass(:table)::oid::text AS sending"
            " FROM pg_database d WHERE d.datname = current_database()"
        ),
        {"table": f'"{_schema(connection)}".sending'},
    ).one()
    parts = {"name": row.name, "database": row.database, "table": row.sending}
    if connection.scalar(text(f"SELECT {_SYSTEM}")):  # not every role may ask
        asked = text("SELECT system_identifier::text FROM pg_control_system()")
        parts["system"] = str(connection.scalar(asked))
    return parts


def _schema(connection: Connection) -> str:
    translated = connection.get_execution_options().get("schema_translate_map") or {}
    return str(translated.get(None, "public"))
