"""Making a backup: the rows of one moment, then the content they refer to, sealed into one file."""

from __future__ import annotations

import shutil
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from autopilot import __version__
from autopilot.adapters.sealed_file import is_sealed
from autopilot.domain.instants import iso
from autopilot.errors import ArtifactLost, Conflict
from autopilot.service.backup.records import Contents, Head, Writing, writing
from autopilot.service.context import App
from autopilot.service.secret import secret_key
from autopilot.store import dump
from autopilot.store.migrate import HEAD

SCRATCH = ".backup-"
FORGOTTEN_SECONDS = 24 * 3600
MEDIA = {"html_sha256": "text/html; charset=utf-8", "text_sha256": "text/plain; charset=utf-8"}
OTHER_MEDIA = "application/octet-stream"


def make_backup(app: App, file: Path) -> Contents:
    """Write everything there is into a file, while others work on, and return what it holds.

    A backup that is there is replaced once the new one is whole; any other file is refused
    (Conflict). The secret key is not in it: without that key nobody can open it.
    """
    if file.is_dir() or (file.exists() and not is_sealed(file)):
        raise Conflict(f"{file} is there and is no backup.", hint="Name another file.")
    head = Head(
        version=__version__,
        revision=HEAD,
        store=app.settings.store_name,
        made_at=iso(app.clock().replace(microsecond=0)) or "",
    )
    with (
        scratch(app.settings.data_dir) as folder,
        dump.snapshot(app.database, folder) as connection,
        writing(file, secret_key(app)) as out,
    ):
        return _write(app, connection, head, out)


@contextmanager
def scratch(data_dir: Path) -> Iterator[Path]:
    """Give a folder of our own that is gone at the end, and remove those of processes that died."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in data_dir.glob(f"{SCRATCH}*"):
        if time.time() - left.stat().st_mtime > FORGOTTEN_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=data_dir) as folder:
        yield Path(folder)


def _write(app: App, connection: Connection, head: Head, out: Writing) -> Contents:
    out.put(
        {
            "backup": {
                "version": head.version,
                "revision": head.revision,
                "store": head.store,
                "made_at": head.made_at,
            }
        }
    )
    rows = {table.name: 0 for table in dump.dumped_tables()}
    for table in dump.dumped_tables():
        out.put({"table": table.name, "columns": table.columns.keys()})
        for row in dump.rows_of(connection, table):
            out.put(row)
            rows[table.name] += 1
    artifacts, lost = _write_artifacts(app, connection, out)
    out.put({"end": {"rows": rows, "artifacts": artifacts, "lost": list(lost)}})
    return Contents(head=head, rows=rows, artifacts=artifacts, lost=lost)


def _write_artifacts(app: App, connection: Connection, out: Writing) -> tuple[int, tuple[str, ...]]:
    """Content is stored before the rows that refer to it, so that all of it is there by now."""
    count, lost = 0, []
    for name, column in list(dump.referred_artifacts(connection)):
        try:
            content = app.artifacts.get(name)
        except ArtifactLost:
            lost.append(name)
            continue
        media = MEDIA.get(column, OTHER_MEDIA)
        out.put({"artifact": name, "media": media, "content": b64encode(content).decode()})
        count += 1
    return count, tuple(lost)
