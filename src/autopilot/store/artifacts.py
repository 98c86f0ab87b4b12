"""Artifacts in the database: for workers on machines that share no disk, or whose disk vanishes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import select

from autopilot.errors import ArtifactLost
from autopilot.store.database import Database
from autopilot.store.inserting import insert_into
from autopilot.store.tables import artifacts


class DatabaseArtifacts:
    """Content-addressed content in the table `artifacts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, content: bytes, media_type: str) -> str:
        """Store content unless it is there, and return its SHA-256 in hexadecimal."""
        name = hashlib.sha256(content).hexdigest()
        values = {"sha256": name, "media_type": media_type, "content": content}
        with self._database.begin() as connection:
            statement = insert_into(connection, artifacts).values(values)
            connection.execute(statement.on_conflict_do_nothing())
        return name

    def get(self, sha256: str) -> bytes:
        """Return the content with this hash; raises ArtifactLost when it is gone or altered."""
        with self._database.read() as connection:
            content = connection.scalar(
                select(artifacts.c.content).where(artifacts.c.sha256 == sha256)
            )
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            raise ArtifactLost(
                f"The artifact {sha256[:12]} is {'gone' if content is None else 'altered'}.",
                hint="Restore it from a backup, or make the issue again: autopilot generate",
            )
        return bytes(content)

    def path(self, sha256: str) -> Path | None:
        """Return None: content in a database has no path."""
        return None
