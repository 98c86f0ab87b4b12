"""File identity: a connection of SQLite notices that another file has its name now.

A backup put in the place of a store under running workers leaves them with a file that has no name
any more. SQLite refuses to write to it (SQLITE_READONLY_DBMOVED), but goes on reading it for ever.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, event, exc

from autopilot.errors import StoreUnavailable

KEY = "autopilot_file"  # in the pool's notes on a connection


def watch_file(engine: Engine) -> None:
    """Let every connection of an engine be opened anew when its file was replaced.

    It is asked for when a connection is taken from the pool, and again when its transaction has
    begun: until then it may have waited for the lock of a file that was replaced meanwhile. Raises
    StoreUnavailable where that was so, and where no file has the name now: a new one is not made
    in its place. Called after whatever begins transactions has been registered.
    """
    file = engine.url.database or ":memory:"
    if file.startswith((":memory:", "file:")):
        return

    opened: list[bool] = []

    @event.listens_for(engine, "do_connect")
    def _refuse_to_make_one(_dialect: Any, _record: Any, _arguments: Any, _options: Any) -> None:
        if opened:
            _of_name(file)  # SQLite would make an empty store where there is none

    @event.listens_for(engine, "connect")
    def _remember(_connection: Any, record: Any) -> None:
        record.info[KEY] = identity(file)
        opened[:] = [True]

    @event.listens_for(engine, "checkout")
    def _look(_connection: Any, record: Any, _proxy: object) -> None:
        if was_replaced(engine, record.info):
            raise exc.DisconnectionError("The file was replaced.")  # the pool opens it anew

    @event.listens_for(engine, "begin")
    def _look_again(connection: Connection) -> None:
        if was_replaced(engine, connection.info):
            connection.invalidate()
            raise StoreUnavailable(
                f"The database file was replaced: {file}.",
                hint="Nothing was written; what runs goes on with the file that is there now.",
            )


def was_replaced(engine: Engine, info: Mapping[str, Any]) -> bool:
    """Whether the file of a connection with these notes of the pool has lost its name to another."""
    return KEY in info and identity(str(engine.url.database)) != info[KEY]


def identity(file: str) -> tuple[int, int] | None:
    """Return what tells a file from every other one while both exist, None where there is none."""
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _of_name(file: str) -> None:
    if identity(file) is None:
        raise StoreUnavailable(
            f"The database file is gone: {file}.",
            hint="Put it back, or a backup in its place; workers go on by themselves then.",
        )
