"""Categories: keywords alone, and helped by an archive, on UCI News Aggregator headlines."""

# ruff: noqa: S311 - seeded chance, and one signature for all measures
from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from quality.classify import categories, categories_with_none
from quality.figures import Figure
from quality.scoring import macro_f1, read_lines
from quality.sections import sections

PART = "Categories"
RUN = 200
SHORT_RUN = 60
ARCHIVE = 2_000

Rows = Sequence[Mapping[str, Any]]


def figures(data: Path) -> Iterator[Figure]:
    """Yield forced macro-F1 and the precision of what an issue would show."""
    rows = read_lines(data / "classify" / "uci.open.jsonl")
    random.Random(7).shuffle(rows)
    gold = [row["label"] for row in rows]
    for few in (True, False):
        given = f"{8 if few else 30} keywords"
        offered = sections(few=few)
        plain = macro_f1(gold, _forced(rows, offered, RUN, archive=False))
        taught = macro_f1(gold, _forced(rows, offered, RUN, archive=True))
        yield Figure(
            part=PART,
            measured=f"all at once, {given}: macro-F1",
            value=macro_f1(gold, categories(rows, offered)),
        )
        yield Figure(
            part=PART,
            measured=f"runs of {RUN}, {given}: macro-F1",
            value=plain,
            bar=None if few else 0.40,
        )
        yield Figure(
            part=PART,
            measured=f"the same with an archive, {given}: macro-F1",
            value=taught,
            bar=None if few else 0.58,
        )
        yield from _with_none(rows, offered, given, bar=0.80 if few else None)
    offered = sections(few=False)
    plain = macro_f1(gold, _forced(rows, offered, SHORT_RUN, archive=False))
    taught = macro_f1(gold, _forced(rows, offered, SHORT_RUN, archive=True))
    yield Figure(part=PART, measured=f"runs of {SHORT_RUN}, 30 keywords: what an archive adds",
                 value=taught - plain, bar=0.0)  # fmt: skip


def _with_none(
    rows: Rows, offered: Sequence[Mapping[str, Any]], given: str, *, bar: float | None
) -> Iterator[Figure]:
    """Yield how much of what is selected is right when half of the categories are not offered."""
    kept = [item for item in offered if item["id"] in {"business", "health"}]
    names = {item["id"] for item in kept}
    for archive in (False, True):
        found = _runs(categories_with_none, rows, kept, RUN, archive=archive)
        shown = [(row["label"], name) for row, name in zip(rows, found, strict=True) if name]
        right = sum(label == name for label, name in shown)
        wanted = sum(row["label"] in names for row in rows)
        how = "with an archive" if archive else "keywords alone"
        part = f"half of the sections, {given}, {how}"
        yield Figure(
            part=PART,
            measured=f"{part}: precision of what is shown",
            value=right / max(1, len(shown)),
            bar=bar,
        )
        yield Figure(part=PART, measured=f"{part}: recall", value=right / wanted)  # fmt: skip


def _forced(
    rows: Rows, offered: Sequence[Mapping[str, Any]], size: int, *, archive: bool
) -> list[str | None]:
    return _runs(categories, rows, offered, size, archive=archive)


def _runs(
    judge: Any, rows: Rows, offered: Sequence[Mapping[str, Any]], size: int, *, archive: bool
) -> list[str | None]:
    """Judge the rows run by run; the archive is the rows of all other runs, without their labels."""
    found: list[str | None] = []
    for start in range(0, len(rows), size):
        run = rows[start : start + size]
        rest = [*rows[:start], *rows[start + size :]][:ARCHIVE] if archive else ()
        found += judge(run, offered, rest)
    return found
