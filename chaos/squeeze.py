"""A SQLite without room, or read-only, as its workers meet it: `heed` there, `set_squeeze` here.

Where it may not grow SQLite itself answers SQLITE_FULL, where it may not be written SQLITE_READONLY:
the errors of a full disk and of a read-only one. The `disk` trial fills a real one where it may.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FULL, READ_ONLY, NONE = "full", "read-only", ""
NO_LIMIT = 1_073_741_823  # pages; SQLite's own default
PRAGMAS = {
    FULL: ("query_only = OFF", "max_page_count = 1"),  # no fewer than there are
    READ_ONLY: ("query_only = ON", f"max_page_count = {NO_LIMIT}"),
    NONE: ("query_only = OFF", f"max_page_count = {NO_LIMIT}"),
}


def set_squeeze(folder: Path, mode: str) -> None:
    """Let every worker meet FULL, READ_ONLY or NONE from its next transaction on."""
    draft = folder / "squeeze.part"
    draft.write_text(mode, encoding="utf-8")
    draft.replace(folder / "squeeze")


def heed(folder: Path) -> None:
    """Let this process meet what `set_squeeze` says."""
    from autopilot.store.database import Database

    original: Any = Database.begin
    file = folder / "squeeze"

    @contextmanager
    def begin(this: Any) -> Iterator[Any]:
        with original(this) as connection:
            mode = NONE if this.is_postgres else _mode(file)
            if mode == NONE:
                yield connection
                return
            _apply(connection, mode)
            try:
                yield connection
            finally:
                _apply(connection, NONE)  # the connection is used again when there is room

    Database.begin = begin  # type: ignore[method-assign,assignment]


def _mode(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return NONE


def _apply(connection: Any, mode: str) -> None:
    """On the driver's own connection: the transaction may have failed already."""
    for pragma in PRAGMAS[mode]:
        connection.connection.driver_connection.execute(f"PRAGMA {pragma}")
