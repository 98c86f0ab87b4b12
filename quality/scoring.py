"""Scores: macro-F1, BCubed and ROUGE-1, as their authors define them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

from quality.figures import needed


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file with one JSON object a line."""
    lines = needed(path).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def bcubed(gold: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[float, float, float]:
    """Return BCubed precision, recall and F1 of a grouping (Bagga and Baldwin 1998)."""
    both = Counter(zip(gold, found, strict=True))
    in_gold, in_found = Counter(gold), Counter(found)
    precision = sum(n * n / in_found[label] for (_, label), n in both.items()) / len(gold)
    recall = sum(n * n / in_gold[label] for (label, _), n in both.items()) / len(gold)
    return precision, recall, f1(precision, recall)


def macro_f1(gold: Sequence[str], found: Sequence[str | None]) -> float:
    """Return the mean F1 over the labels of `gold`; None is a miss and never a false alarm."""
    labels = sorted(set(gold))
    right = Counter(g for g, p in zip(gold, found, strict=True) if g == p)
    in_gold, in_found = Counter(gold), Counter(found)
    return sum(2 * right[label] / (in_gold[label] + in_found[label]) for label in labels) / len(
        labels
    )


def rouge_1(reference: str, written: str) -> float:
    """Return ROUGE-1 F with Porter stems of words over three letters (Lin 2004)."""
    wanted, given = Counter(_stems(reference)), Counter(_stems(written))
    shared = sum((wanted & given).values())
    return f1(shared / max(1, sum(given.values())), shared / max(1, sum(wanted.values())))


def _stems(text: str) -> list[str]:
    import snowballstemmer

    stem = snowballstemmer.stemmer("porter").stemWord
    words = re.findall(r"[a-z0-9]+", text.lower())
    return [stem(word) if len(word) > 3 else word for word in words]
