"""Comparing: whether a copy holds the rows of its source, all of them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Table

from autopilot.store import transfer
from autopilot.store.tables import issue_texts, issues
from autopilot.store.transfer import Fingerprint

MOST_TOLD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row that is not in both alike; `key` is empty where it is about a whole table."""

    table: str
    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.table}{', ' * bool(self.key)}{self.key}: {self.problem}"


def differences(
    source: Connection,
    target: Connection,
    prints: Mapping[str, Fingerprint],
    on_table: Callable[[str], None],
) -> Iterator[Difference]:
    """Return what differs; `prints` are the fingerprints of the source's rows.

    A table whose fingerprint is another one is gone through row by row, both ways.
    """
    for table in transfer.moved_tables():
        on_table(table.name)
        found = transfer.fingerprint(target, table)
        if found != prints[table.name]:
            yield from _told(table, source, target)
    counted = transfer.count_rows(target, [issues, issue_texts])
    if counted["issues"] != counted["issue_texts"]:
        told = f"{counted['issue_texts']} rows for {counted['issues']} issues"
        yield Difference(table="issue_texts", key="", problem=told)


def _told(table: Table, source: Connection, target: Connection) -> Iterator[Difference]:
    found = [
        *islice(_missing_or_other(table, source, target), MOST_TOLD),
        *islice(_too_many(table, source, target), MOST_TOLD),
    ]
    yield from found
    if not found:
        yield Difference(table=table.name, key="", problem="it changed while it was compared")


def _missing_or_other(table: Table, source: Connection, target: Connection) -> Iterator[Difference]:
    for rows in transfer.batches_of(source, table):
        keys = [transfer.key_of(table, row) for row in rows]
        copied = transfer.rows_by_key(target, table, keys)
        for key, row in zip(keys, rows, strict=True):
            if key not in copied:
                problem = "missing in the copy"
            elif transfer.line_of(copied[key]) != transfer.line_of(row):
                problem = f"not the same in {_columns(row, copied[key])}"
            else:
                continue
            yield Difference(table=table.name, key=transfer.told_key(table, key), problem=problem)


def _columns(row: Row[Any], copied: Row[Any]) -> str:
    one, other = row._mapping, copied._mapping
    return ", ".join(
        name for name in one if transfer.plain(one[name]) != transfer.plain(other[name])
    )


def _too_many(table: Table, source: Connection, target: Connection) -> Iterator[Difference]:
    for rows in transfer.batches_of(target, table):
        keys = [transfer.key_of(table, row) for row in rows]
        known = transfer.present_keys(source, table, keys)
        for key in keys:
            if key not in known:
                told = transfer.told_key(table, key)
                yield Difference(table=table.name, key=told, problem="not in the source")
