"""What is inside a backup: compressed lines of JSON, in one order, ended by what must have been there.

{"backup": {...}}                       where and when it was made
{"table": name, "columns": [...]}       followed by its rows: [...], [...], ...
{"artifact": hash, "media": ..., "content": base64}
{"end": {"rows": {table: n}, "artifacts": n, "lost": [hash]}}
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autopilot.adapters.sealed_file import SealedReader, SealedWriter
from autopilot.errors import BackupUnusable

LEVEL = 1  # a fifth larger than the best, in a quarter of the time
READ_AHEAD = 1024 * 1024

Line = dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a backup comes from: program, tables, store, moment (RFC 3339)."""

    version: str
    revision: str
    store: str
    made_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a backup holds; `lost` are artifacts that the store itself had lost already."""

    head: Head
    rows: Mapping[str, int]
    artifacts: int
    lost: tuple[str, ...]

    @property
    def all_rows(self) -> int:
        """How many rows in all tables together."""
        return sum(self.rows.values())


class Writing:
    """Takes one line after the other."""

    def __init__(self, out: gzip.GzipFile) -> None:
        self._out = out

    def put(self, line: Line) -> None:
        """Write a line."""
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        self._out.write(text.encode("utf-8", "surrogatepass") + b"\n")


@contextmanager
def writing(file: Path, secret: bytes) -> Iterator[Writing]:
    """Give what writes a backup; the file is there, whole, once this ends well."""
    with (
        SealedWriter(file, secret) as sealed,
        gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=LEVEL, mtime=0) as packed,
    ):
        yield Writing(packed)


def lines_of(file: Path, secret: bytes) -> Iterator[Line]:
    """Return the lines of a backup, one in memory; raises BackupUnusable where it is not whole."""
    with (
        SealedReader(file, secret) as sealed,
        io.BufferedReader(sealed, READ_AHEAD) as ahead,
        gzip.GzipFile(fileobj=ahead, mode="rb") as packed,
    ):
        try:
            for text in packed:
                yield json.loads(text.decode("utf-8", "surrogatepass"))
        except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
            raise BackupUnusable(f"{file} is not whole; nothing was restored.") from error
