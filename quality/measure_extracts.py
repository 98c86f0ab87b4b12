"""Extracts: ROUGE-1 on the public parts of SummEval and RealSumm (CNN/DailyMail articles)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quality.figures import Figure
from quality.scoring import read_lines, rouge_1
from quality.summarize import extract

PART = "Extracts"
SETS = {"summeval_cnndm": {3: 41.5, 2: 41.0}, "realsumm_cnndm": {3: 40.5, 2: 39.5}}
NAMES = {"summeval_cnndm": "SummEval", "realsumm_cnndm": "RealSumm"}
MAX_MILLISECONDS = 5.0


def figures(data: Path) -> Iterator[Figure]:
    """Yield ROUGE-1, the share of verbatim sentences and the time of `quality.summarize:extract`."""
    for name, bars in SETS.items():
        rows = read_lines(data / "summarize" / f"{name}.open.jsonl")
        for count, bar in bars.items():
            yield from _figures(rows, NAMES[name], count, bar)


def _figures(rows: list[dict[str, Any]], name: str, count: int, bar: float) -> Iterator[Figure]:
    began = time.perf_counter()
    written = [extract(row.get("title", ""), row["source"], count) for row in rows]
    milliseconds = 1000 * (time.perf_counter() - began) / len(rows)
    pairs = list(zip(rows, written, strict=True))
    score = 100 * sum(rouge_1(row["refs"][0], text) for row, text in pairs) / len(rows)
    part = f"{name}, {count} sentences"
    verbatim = [
        _plain(sentence) in _plain(row["source"])
        for row, text in pairs
        for sentence in re.split(r"(?<=[.!?])\s+", text)
    ]
    yield Figure(part=PART, measured=f"{part}: ROUGE-1", value=score, bar=bar)
    yield Figure(
        part=PART,
        measured=f"{part}: verbatim",
        bar=100.0,
        unit=" %",
        value=100 * sum(verbatim) / len(verbatim),
    )
    yield Figure(part=PART, measured=f"{part}: time", value=milliseconds, bar=MAX_MILLISECONDS,
                 most=True, unit=" ms")  # fmt: skip


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()
