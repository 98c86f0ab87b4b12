"""The sending guard: a store that is a copy, or was put back to an earlier time, sends nothing.

Its rows say "pending" for what the original has sent since. Only a person knows whether the
original is gone, so a person says that this store may send: `autopilot sending allow`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from uuid import NAMESPACE_URL, uuid5

import structlog
from sqlalchemy import Connection

from autopilot.errors import Conflict
from autopilot.service.context import App
from autopilot.service.sending_mark import Mark, mark_file, read_mark, write_mark
from autopilot.store import audit, sending
from autopilot.store.place import is_same, place_of, told
from autopilot.store.sending import SendingRow

log = structlog.get_logger(__name__)
AUTOPILOT = "autopilot"
HINT = "When no other copy of this store sends any more: autopilot sending allow"
SENDING = uuid5(NAMESPACE_URL, "autopilot:sending")  # the audit log's subject; there is one row


def may_send(app: App) -> str | None:
    """Return why nothing may leave this store, None where it may.

    Costs a row and a small file, so that it is asked before every batch. An empty store is
    remembered where it is; one that is elsewhere now is stopped until a person allows it.
    """
    with app.database.read() as connection:
        row = sending.get_sending(connection)
        found = None if row is None else _reason(app, connection, row)
    if row is None:
        found = _begin(app)
    elif row.allowed and found is not None:
        found = _stop(app)
    return None if found is None else _told(found)


def why_not(app: App) -> str | None:
    """Return the same without writing anything: for status, doctor and pages."""
    found = _looked(app)
    # Asked twice: a batch may have left between the look at the row and the one at the mark.
    found = found and _looked(app)
    return None if found is None else _told(found)


def note_sending(app: App) -> bool:
    """Count one more batch that is about to leave; return whether sending is still allowed.

    The store first, then the mark outside: a mark that is behind is harmless, one ahead is not.
    """
    with app.database.begin() as connection:
        counted = sending.advance(connection)
        row = sending.get_sending(connection)
        if counted is None or row is None:
            return row is None
        file = mark_file(app.settings.data_dir, connection, row.mark)
    write_mark(file, Mark(name=row.mark, generation=counted))
    return True


def allow_sending(app: App, *, actor: str) -> bool:
    """Let this store send from where it is now; return False where it might already."""
    with app.database.begin() as connection:
        row = sending.get_sending(connection)
        if row is not None and row.allowed and _reason(app, connection, row) is None:
            return False
        _remember(app, connection, actor)
        _note(app, connection, actor, "sending.allowed", {"was": row and row.reason})
    return True


def stop_sending(app: App, *, reason: str, actor: str) -> bool:
    """Let nothing leave this store until somebody allows it; return False where nothing might."""
    may_send(app)
    with app.database.begin() as connection:
        row = sending.get_sending(connection)
        if row is None or not row.allowed:
            return False
        sending.stop_sending(connection, row, reason=reason, by=actor, at=app.clock())
        _note(app, connection, actor, "sending.stopped", {"reason": reason})
    return True


def _begin(app: App) -> str | None:
    """The first time: whoever comes first writes where the store is, the others find it written."""
    try:
        with app.database.begin() as connection:
            row = sending.get_sending(connection)
            if row is None:
                _remember(app, connection, AUTOPILOT)
                return None
            return _reason(app, connection, row)
    except Conflict:  # PostgreSQL lets two come first; the tables let one write
        return _looked(app)


def _looked(app: App) -> str | None:
    with app.database.read() as connection:
        row = sending.get_sending(connection)
        return None if row is None else _reason(app, connection, row)


def found_off(connection: Connection, data_dir: Path) -> str | None:
    """Return why nothing may leave the store of a connection; for those who have no App."""
    row = sending.get_sending(connection)
    reason = None if row is None else _found(data_dir, connection, row)
    return None if reason is None else _told(reason)


def _reason(app: App, connection: Connection, row: SendingRow) -> str | None:
    return _found(app.settings.data_dir, connection, row)


def _found(data_dir: Path, connection: Connection, row: SendingRow) -> str | None:
    if not row.allowed:
        return row.reason
    here = place_of(connection)
    if not is_same(row.place, here):
        return f"this store is a copy of {told(row.place)}"
    mark = read_mark(mark_file(data_dir, connection, row.mark))
    if "file" in here and (mark is None or mark.name != row.mark):
        return f"this store is a copy: the mark beside {told(here)} is missing or not its own"
    if mark is not None and mark.name == row.mark and mark.generation > row.generation:
        return "this store was put back to an earlier time than it sent at"
    return None


def _stop(app: App) -> str | None:
    """Write down that it is off, unless a second look, at a row that nobody changes now, says no."""
    with app.database.begin() as connection:
        row = sending.get_sending(connection, locked=True)
        found = None if row is None else _reason(app, connection, row)
        if row is None or found is None or not row.allowed:
            return found
        sending.stop_sending(connection, row, reason=found, by=AUTOPILOT, at=app.clock())
        _note(app, connection, AUTOPILOT, "sending.stopped", {"reason": found})
    log.warning(_told(found), action="sending_guard")
    return found


def _told(reason: str) -> str:
    return f"Sending is off: {reason}. {HINT}"


def _remember(app: App, connection: Connection, actor: str) -> None:
    """Write row and mark anew. Inside the transaction, so that nobody sees one without the other."""
    row = SendingRow(allowed=True, place=place_of(connection), mark=token_hex(16))
    row = replace(row, changed_at=app.clock(), changed_by=actor)
    sending.put_sending(connection, row)
    if row.place:
        write_mark(
            mark_file(app.settings.data_dir, connection, row.mark),
            Mark(name=row.mark, generation=0),
        )


def _note(
    app: App, connection: Connection, actor: str, action: str, detail: dict[str, object]
) -> None:
    audit.note(
        connection,
        at=app.clock(),
        actor=actor,
        action=action,
        subject=("sending", SENDING),
        workspace_id=None,
        detail=detail,
    )
