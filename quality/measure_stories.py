"""Stories: BCubed on the headlines of the UCI News Aggregator set, and time at 5,000 articles."""

# ruff: noqa: S311 - seeded chance, and one signature for all measures
from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quality.cluster import stories
from quality.figures import Figure
from quality.scoring import bcubed, read_lines

PART = "Stories"
# As in a newsletter run: most events are told once, some often.
SIZES = [1] * 45 + [2] * 20 + [3] * 12 + [4] * 8 + [5] * 6 + [8] * 5 + [12] * 4
DRAWS = 5
TIMED = 5_000


def figures(data: Path) -> Iterator[Figure]:
    """Yield what `quality.cluster:stories` scores."""
    rows = read_lines(data / "cluster" / "uci_titles.open.jsonl")
    draws = [_draw(rows, seed) for seed in range(DRAWS)]
    for name, sets in (("sizes 1 to 12, five draws", draws), ("40 very large stories", [rows])):
        scores = [bcubed([row["story"] for row in some], stories(some)) for some in sets]
        precision, recall, f = (sum(values) / len(values) for values in zip(*scores, strict=True))
        yield Figure(part=PART, measured=f"{name}: BCubed precision", value=precision, bar=0.88)
        yield Figure(part=PART, measured=f"{name}: BCubed recall", value=recall)
        yield Figure(part=PART, measured=f"{name}: BCubed F1", value=f, bar=0.84)
    many = [row | {"id": f"{turn}-{row['id']}"} for turn in range(3) for row in rows][:TIMED]
    began = time.perf_counter()
    stories(many)
    seconds = time.perf_counter() - began
    yield Figure(
        part=PART, measured=f"{len(many)} items", value=seconds, bar=6.0, most=True, unit=" s"
    )


def _draw(rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    by_story: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_story[row["story"]].append(row)
    picked = []
    for story in sorted(by_story):
        size = chance.choice(SIZES)
        picked += chance.sample(by_story[story], min(size, len(by_story[story])))
    chance.shuffle(picked)
    return picked
