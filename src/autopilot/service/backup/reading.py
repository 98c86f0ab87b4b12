"""Reading a backup from its first line to its last, and holding it against what it says of itself."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Table

from autopilot.errors import BackupUnusable, SchemaMismatch
from autopilot.service.backup.records import Contents, Head, Line, lines_of
from autopilot.service.context import App
from autopilot.service.secret import known_secret_key
from autopilot.store.dump import AT_ONCE, dumped_tables
from autopilot.store.migrate import HEAD


class Taker(Protocol):
    """Is given what a backup holds, in its order."""

    def rows(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Take some rows of a table."""

    def artifact(self, content: bytes, media_type: str) -> None:
        """Take one content, held against its hash."""


class Looking:
    """Takes nothing: a backup is only checked."""

    def rows(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Let them pass."""

    def artifact(self, content: bytes, media_type: str) -> None:
        """Let it pass."""


def key_for(app: App) -> bytes:
    """Return the key to open a backup with; raises BackupUnusable where there is none to try."""
    secret = known_secret_key(app)
    if secret is None:
        raise BackupUnusable(
            "There is no secret key here, and a backup cannot be opened without the one of its store.",
            hint="Set AUTOPILOT_SECRET_KEY to it, or put secret.key into the data folder.",
        )
    return secret


def walk(file: Path, secret: bytes, taker: Taker) -> Contents:
    """Give all a backup holds to a taker and return what it was, having compared every count.

    Raises BackupUnusable for a file that is not as it was written, and SchemaMismatch for one of a
    newer program, before anything of it is given away.
    """
    walker = _Walker(file, taker)
    for line in lines_of(file, secret):
        walker.take(line)
    return walker.ended()


class _Walker:
    """Where a walk stands: which table's rows come now, and what has been counted."""

    def __init__(self, file: Path, taker: Taker) -> None:
        self._file = file
        self._taker = taker
        self._tables = {table.name: table for table in dumped_tables()}
        self._table: Table | None = None
        self._columns: Sequence[str] = ()
        self._waiting: list[list[Any]] = []
        self._rows: dict[str, int] = {}
        self._artifacts = 0
        self._head: Head | None = None
        self._end: dict[str, Any] | None = None

    def take(self, line: Line) -> None:
        if isinstance(line, list):
            self._row(line)
            return
        self._hand_over()
        match line:
            case {"backup": head}:
                self._begin(Head(**head))
            case {"table": name, "columns": columns}:
                self._begin_table(name, columns)
            case {"artifact": name, "media": media, "content": content}:
                self._artifact(name, media, b64decode(content))
            case {"end": end}:
                self._end = end
            case _:
                raise self._wrong("it has a line that is unknown")

    def ended(self) -> Contents:
        if self._head is None or self._end is None:
            raise self._wrong("its end is missing")
        if self._end["rows"] != self._rows or self._end["artifacts"] != self._artifacts:
            raise self._wrong("it does not hold what it says")
        return Contents(
            head=self._head,
            rows=self._rows,
            artifacts=self._artifacts,
            lost=tuple(self._end["lost"]),
        )

    def _begin(self, head: Head) -> None:
        if head.revision > HEAD:
            raise SchemaMismatch(
                f"The backup is of tables of revision {head.revision}, newer than this program ({HEAD}).",
                hint="Update Autopilot on this machine; nothing was changed.",
            )
        self._head = head

    def _begin_table(self, name: str, columns: Sequence[str]) -> None:
        if name not in self._tables:
            raise self._wrong(f"it has a table {name} that is unknown")
        self._table, self._columns, self._rows[name] = self._tables[name], columns, 0

    def _row(self, row: list[Any]) -> None:
        if self._table is None or len(row) != len(self._columns):
            raise self._wrong("it has a row without its table")
        self._waiting.append(row)
        self._rows[self._table.name] += 1
        if len(self._waiting) >= AT_ONCE:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._waiting and self._table is not None:
            self._taker.rows(self._table, self._columns, self._waiting)
        self._waiting = []

    def _artifact(self, name: str, media: str, content: bytes) -> None:
        if hashlib.sha256(content).hexdigest() != name:
            raise self._wrong(f"the artifact {name[:12]} is not what its hash says")
        self._taker.artifact(content, media)
        self._artifacts += 1

    def _wrong(self, what: str) -> BackupUnusable:
        return BackupUnusable(f"{self._file} cannot be restored: {what}.")
