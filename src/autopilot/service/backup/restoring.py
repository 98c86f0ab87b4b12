"""Restoring: a backup is read to its end and checked before anything is touched, then put in at once.

Content goes in first, under its hash, where it harms nothing if the rows then do not come; the rows
in one transaction. A restored store may not send until a person allows it: its rows say "pending"
for what may have left since.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Table

from autopilot.errors import Conflict
from autopilot.service.backup.reading import Looking, key_for, walk
from autopilot.service.backup.records import Contents
from autopilot.service.context import App, Artifacts
from autopilot.service.sending_guard import SENDING
from autopilot.service.status import living_workers
from autopilot.store import audit, dump, issue_texts, sending


def check_backup(app: App, file: Path) -> Contents:
    """Read a backup from begin to end and return what it holds; raises BackupUnusable."""
    return walk(file, key_for(app), Looking())


def restore(app: App, file: Path, *, actor: str, force: bool = False) -> Contents:
    """Put a backup into this store, all of it or nothing, and return what it held.

    A store with something in it, or with workers on it, is refused (Conflict) unless `force`, which
    deletes every row that is there.
    """
    contents = check_backup(app, file)
    secret = key_for(app)
    if not force:
        _refuse_workers(app)
        with app.database.read() as connection:
            _refuse_rows(connection)
    walk(file, secret, PutContent(app.artifacts))
    with app.database.begin() as connection:
        if not force:
            _refuse_rows(connection)
        dump.wipe(connection)
        walk(file, secret, PutRows(connection))
        issue_texts.fill_texts(connection)
        _stop_sending(app, connection, contents, actor)
    return contents


class PutContent(Looking):
    """Stores content, and lets rows pass."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    def artifact(self, content: bytes, media_type: str) -> None:
        """Store it under its hash."""
        self._artifacts.put(content, media_type)


class PutRows(Looking):
    """Inserts rows, and lets content pass."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert them."""
        dump.load_rows(self._connection, table, columns, rows)


def _refuse_workers(app: App) -> None:
    with app.database.read() as connection:
        alive = living_workers(connection, app.clock(), app.settings.poll_interval)
    if alive:
        names = ", ".join(f"{worker.hostname} process {worker.pid}" for worker in alive)
        raise Conflict(
            f"Somebody works on this store: {names}.",
            hint="Stop every worker first; nothing was changed.",
        )


def _refuse_rows(connection: Connection) -> None:
    if not dump.is_empty(connection):
        raise Conflict(
            "This store is not empty; nothing was changed.",
            hint="Restore into an empty store, or give --force to delete what is there.",
        )


def _stop_sending(app: App, connection: Connection, contents: Contents, actor: str) -> None:
    reason = f"it was restored from a backup of {contents.head.made_at}"
    row = sending.SendingRow(
        allowed=False,
        place={},
        mark=token_hex(16),
        reason=reason,
        changed_at=app.clock(),
        changed_by=actor,
    )
    sending.put_sending(connection, row)
    audit.note(
        connection,
        at=app.clock(),
        actor=actor,
        action="store.restored",
        subject=("sending", SENDING),
        workspace_id=None,
        detail={"made_at": contents.head.made_at, "from": contents.head.store},
    )
