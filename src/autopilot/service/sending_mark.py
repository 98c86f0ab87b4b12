"""The mark: a small file outside the store that remembers how far the store has sent.

A store that was put back to an earlier time has counted less than its mark, and would send again
what left since. SQLite's lies beside the database; a copy of the database alone has none.
On PostgreSQL each machine keeps one in its data folder, as far as it has one that lasts.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from autopilot.store.place import file_of

ENDING = ".sending"
OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a mark says: which store it belongs to, and how far that had counted."""

    name: str
    generation: int


def mark_file(data_dir: Path, connection: Connection, name: str) -> Path:
    """Return where the mark of a store lies."""
    beside = file_of(connection)
    if beside is not None:
        return beside.with_name(beside.name + ENDING)
    return data_dir / f"{name}{ENDING}"


def read_mark(file: Path) -> Mark | None:
    """Return what a mark says, None where there is none that can be read."""
    try:
        told = json.loads(file.read_text(encoding="ascii"))
        return Mark(name=str(told["name"]), generation=int(told["generation"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_mark(file: Path, mark: Mark) -> None:
    """Write a mark, never a smaller number over a greater one of the same store.

    A folder that cannot be written to leaves the mark as it is: it is one safeguard of several.
    """
    before = read_mark(file)
    if before is not None and before.name == mark.name and before.generation >= mark.generation:
        return
    text = json.dumps({"name": mark.name, "generation": mark.generation})
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(text)
        draft.replace(file)
