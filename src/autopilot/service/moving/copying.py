"""Copying a store to another database: rows in the order of their references, contents by hash, a check.

Rows are read at one moment and put in some hundred at a time, each time for good, so that a copy
that broke off goes on where it was. It counts as a copy once every row and content was compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Table

from autopilot.adapters.artifacts import FolderArtifacts
from autopilot.errors import ArtifactLost, Conflict
from autopilot.service.backup.making import MEDIA, OTHER_MEDIA, scratch
from autopilot.service.context import App
from autopilot.service.moving.admission import admit_source, begin, end, refuse_workers
from autopilot.service.moving.comparing import Difference, differences
from autopilot.store import dump, issue_texts, transfer
from autopilot.store.artifacts import DatabaseArtifacts
from autopilot.store.database import Database
from autopilot.store.migrate import migrate
from autopilot.store.transfer import Fingerprint

CONTENT = "pages and texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far a copy is: what is done now ("copy" or "compare"), in which table, how much of it."""

    deed: str
    what: str
    done: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy holds. `differences` is empty where it is whole; `lost` are contents that the
    source had lost already; `resumed` says that an earlier try had brought a part of it.
    """

    rows: Mapping[str, int]
    artifacts: int
    lost: tuple[str, ...]
    differences: tuple[Difference, ...]
    resumed: bool

    @property
    def all_rows(self) -> int:
        """How many rows in all tables together."""
        return sum(self.rows.values())


def _unseen(_step: Step) -> None:
    """Nobody watches."""


def copy_store(
    source: App,
    target: App,
    *,
    actor: str,
    while_running: bool = False,
    anew: bool = False,
    on_step: Callable[[Step], None] = _unseen,
) -> Copied:
    """Copy everything in one store into another, empty one, and compare both afterwards.

    Raises NotFound, SchemaMismatch or Conflict, before anything is written, for stores that cannot
    be copied like this. The copy does not send until a person allows it.
    """
    admit_source(source, while_running=while_running)
    migrate(target.database, schema=target.settings.database_schema)
    refuse_workers(target, "to", "Stop them first; nothing was copied.")
    resumed = begin(source, target, anew=anew, actor=actor)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch(source.settings.data_dir))
        rows = stack.enter_context(dump.snapshot(source.database, folder))
        prints = _copy_rows(rows, target.database, resumed=resumed, on_step=on_step)
        artifacts, lost = _copy_content(rows, source, target, on_step)
        with target.database.begin() as connection:
            issue_texts.fill_texts(connection)
        found = _compared(rows, target.database, prints, on_step)
    copied = Copied(
        rows={name: print_.rows for name, print_ in prints.items()},
        artifacts=artifacts,
        lost=lost,
        differences=found,
        resumed=resumed,
    )
    if not found:
        end(source, target, actor=actor, rows=copied.all_rows, artifacts=artifacts)
    return copied


def _copy_rows(
    source: Connection, target: Database, *, resumed: bool, on_step: Callable[[Step], None]
) -> Mapping[str, Fingerprint]:
    totals = transfer.count_rows(source, transfer.moved_tables())
    prints = {}
    for table in transfer.moved_tables():
        seen, step = Fingerprint(), Step(deed="copy", what=table.name, total=totals[table.name])
        on_step(step)
        with closing(transfer.batches_of(source, table)) as batches:
            for rows in batches:
                seen = seen.with_([transfer.line_of(row) for row in rows])
                _put(target, table, rows, resumed=resumed)
                on_step(replace(step, done=seen.rows))
        prints[table.name] = seen
    return prints


def _put(target: Database, table: Table, rows: Sequence[Row[Any]], *, resumed: bool) -> None:
    """Insert the rows that are not there yet."""
    try:
        with target.begin() as connection:
            wanted = _missing(connection, table, rows) if resumed else rows
            transfer.insert_rows(connection, table, wanted)
    except Conflict as error:
        raise _named(target, table, rows) or error from error


def _missing(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    keys = [transfer.key_of(table, row) for row in rows]
    there = transfer.present_keys(connection, table, keys)
    return [row for key, row in zip(keys, rows, strict=True) if key not in there]


def _named(target: Database, table: Table, rows: Sequence[Row[Any]]) -> Conflict | None:
    """The same refusal with the row that it is about: each is tried alone until one is refused."""
    for row in rows:
        try:
            with target.begin() as connection:
                transfer.insert_rows(connection, table, _missing(connection, table, [row]))
        except Conflict as error:
            key = transfer.told_key(table, transfer.key_of(table, row))
            return Conflict(
                f"The row {key} of {table.name} is not taken. {error.message}",
                hint="Mend or delete that row in the source, and copy again: it goes on from there.",
            )
    return None


def _copy_content(
    rows: Connection, source: App, target: App, on_step: Callable[[Step], None]
) -> tuple[int, tuple[str, ...]]:
    """Store what the rows refer to where the target keeps it, and read it back, held to its hash."""
    wanted = list(dump.referred_artifacts(rows))
    count, lost = 0, []
    for number, (name, column) in enumerate(wanted, 1):
        try:
            content = _content(source, name)
        except ArtifactLost:
            lost.append(name)
            continue
        target.artifacts.put(content, MEDIA.get(column, OTHER_MEDIA))
        target.artifacts.get(name)
        count += 1
        on_step(Step(deed="copy", what=CONTENT, done=number, total=len(wanted)))
    return count, tuple(lost)


def _content(source: App, name: str) -> bytes:
    """A content from where the source keeps it, or kept it before its setting was changed."""
    try:
        return source.artifacts.get(name)
    except ArtifactLost:
        if isinstance(source.artifacts, FolderArtifacts):
            return DatabaseArtifacts(source.database).get(name)
        return FolderArtifacts(source.settings.data_dir / "artifacts").get(name)


def _compared(
    source: Connection,
    target: Database,
    prints: Mapping[str, Fingerprint],
    on_step: Callable[[Step], None],
) -> tuple[Difference, ...]:
    with target.read() as connection:
        return tuple(
            differences(
                source, connection, prints, lambda name: on_step(Step(deed="compare", what=name))
            )
        )
