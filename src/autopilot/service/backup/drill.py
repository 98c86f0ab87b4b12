"""The drill: a backup is restored into a scratch store, looked at closely, and thrown away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from autopilot.adapters.artifacts import FolderArtifacts
from autopilot.errors import ArtifactLost
from autopilot.service.backup.making import scratch
from autopilot.service.backup.reading import key_for, walk
from autopilot.service.backup.records import Contents
from autopilot.service.backup.restoring import PutContent, PutRows, check_backup
from autopilot.service.context import App, Artifacts
from autopilot.store import dump
from autopilot.store.database import open_database
from autopilot.store.migrate import migrate


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What a drill found: what the backup holds, what is wrong with it, how long a restore takes."""

    contents: Contents
    problems: tuple[str, ...]
    seconds: float


def drill(app: App, file: Path) -> Drill:
    """Restore a backup into a store of SQLite that is gone afterwards; this store is not touched."""
    began = time.perf_counter()
    contents = check_backup(app, file)
    secret = key_for(app)
    with scratch(app.settings.data_dir) as folder:
        artifacts = FolderArtifacts(folder / "artifacts")
        with closing(open_database(f"sqlite:///{folder / 'drill.db'}")) as database:
            migrate(database)
            walk(file, secret, PutContent(artifacts))
            with database.begin() as connection:
                walk(file, secret, PutRows(connection))
            restored = time.perf_counter() - began
            with database.read() as connection:
                problems = tuple(_problems(connection, artifacts, contents))
    return Drill(contents=contents, problems=problems, seconds=restored)


def _problems(connection: Connection, artifacts: Artifacts, contents: Contents) -> Iterator[str]:
    yield from dump.faults(connection)
    for table, count in dump.row_counts(connection).items():
        if count != contents.rows.get(table, 0):
            yield f"{table} has {count} rows instead of {contents.rows.get(table, 0)}"
    lost = set(contents.lost)
    for name, column in dump.referred_artifacts(connection):
        try:
            artifacts.get(name)
        except ArtifactLost:
            was = "was lost before the backup was made" if name in lost else "is missing"
            yield f"the content {name[:12]} ({column.removesuffix('_sha256')}) {was}"
