"""Admission: which store may be copied into which, and what the target remembers of a copy under way.

The target says in its row of `sending` what it is becoming a copy of. That keeps it from sending,
and lets a copy that broke off go on; rows of anything else are never mixed with it.
"""

from __future__ import annotations

import json
from pathlib import Path
from secrets import token_hex

from sqlalchemy import Connection

from autopilot.errors import Conflict, NotFound, SchemaMismatch
from autopilot.service.context import App
from autopilot.service.sending_guard import SENDING
from autopilot.service.status import living_workers
from autopilot.settings import Settings
from autopilot.store import audit, sending, transfer
from autopilot.store.migrate import check_schema
from autopilot.store.place import place_of
from autopilot.store.tables import issue_texts

COPY_OF = "copy_of"


def admit_place(settings: Settings) -> None:
    """Raise NotFound where the file to copy from is not there; opening it would make one."""
    url = settings.database_url
    file = url.removeprefix("sqlite:///").partition("?")[0]
    if url.startswith("sqlite") and not Path(file).is_file():
        raise NotFound(f"There is no store to copy from: {file}.", hint="Check the address.")


def admit_source(app: App, *, while_running: bool) -> None:
    """Refuse a source that is of another version, or is being worked on."""
    try:
        check_schema(app.database, schema=app.settings.database_schema)
    except SchemaMismatch as error:
        raise SchemaMismatch(
            f"The store to copy from cannot be used yet. {error.message}",
            hint="Bring it to this version first: AUTOPILOT_DATABASE_URL=... autopilot migrate",
        ) from error
    if not while_running:
        refuse_workers(app, "from", "Stop them first, or give --while-running.")


def refuse_workers(app: App, which: str, hint: str) -> None:
    """Raise Conflict where workers are alive on a store."""
    with app.database.read() as connection:
        alive = living_workers(connection, app.clock(), app.settings.poll_interval)
    if alive:
        names = ", ".join(f"{worker.hostname} process {worker.pid}" for worker in alive)
        raise Conflict(f"Workers are at work on the store to copy {which}: {names}.", hint=hint)


def begin(source: App, target: App, *, anew: bool, actor: str) -> bool:
    """Make the target ready and return whether it holds a part of this same copy already.

    Raises Conflict where it holds anything else.
    """
    here = identity(source)
    if here == identity(target):
        raise Conflict("Both addresses are the same store; nothing was changed.")
    with target.database.begin() as connection:
        before = _under_way(connection)
        if before is None and _is_used(connection):
            raise Conflict(
                f"The store to copy to is not empty: {target.settings.store_name}.",
                hint="Name an empty database, or another schema in AUTOPILOT_DATABASE_SCHEMA.",
            )
        if before not in (None, here) and not anew:
            raise Conflict(
                "The store to copy to holds a part of a copy of another store.",
                hint="Give --anew to empty it and begin again.",
            )
        if before is not None and anew:
            transfer.wipe(connection)
        _remember(connection, target, actor, f"it is being copied from {_name(source)}", here)
        return before is not None and not anew


def end(source: App, target: App, *, actor: str, rows: int, artifacts: int) -> None:
    """Say that the copy is whole; it sends when a person allows it."""
    at = target.clock().replace(microsecond=0).isoformat()
    with target.database.begin() as connection:
        _remember(connection, target, actor, f"it was copied from {_name(source)} at {at}", None)
        audit.note(
            connection,
            at=target.clock(),
            actor=actor,
            action="store.copied",
            subject=("sending", SENDING),
            workspace_id=None,
            detail={"from": _name(source), "rows": rows, "artifacts": artifacts},
        )


def identity(app: App) -> str:
    """Return what tells this store from every other one."""
    with app.database.read() as connection:
        return json.dumps(place_of(connection), sort_keys=True)


def _under_way(connection: Connection) -> str | None:
    row = sending.get_sending(connection)
    return None if row is None or row.allowed else row.place.get(COPY_OF)


def _is_used(connection: Connection) -> bool:
    counted = transfer.count_rows(connection, [*transfer.moved_tables(), issue_texts])
    return any(counted.values()) or sending.get_sending(connection) is not None


def _remember(
    connection: Connection, target: App, actor: str, reason: str, copy_of: str | None
) -> None:
    row = sending.SendingRow(
        allowed=False,
        place={} if copy_of is None else {COPY_OF: copy_of},
        mark=token_hex(16),
        reason=reason,
        changed_at=target.clock(),
        changed_by=actor,
    )
    sending.put_sending(connection, row)


def _name(app: App) -> str:
    return app.settings.store_name
