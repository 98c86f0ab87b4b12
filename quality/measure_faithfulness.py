"""Faithfulness: the checks of model text on the generated set of `quality.faithfulness`."""

# ruff: noqa: ARG001 - seeded chance, and one signature for all measures
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from quality.faithfulness import measure
from quality.figures import Figure

PART = "Faithfulness"
BARS = {
    "extractive": ("extracts flagged", 0.0, True),
    "good": ("good summaries flagged", 9.0, True),
    "wrong_numbers": ("planted wrong numbers found", 92.0, False),
    "wrong_names": ("planted wrong names found", 94.0, False),
    "invented": ("invented things found", 85.0, False),
}


def figures(data: Path) -> Iterator[Figure]:
    """Yield the shares that are flagged, and the time for one summary; `data` is not read."""
    found = measure()
    for key, (told, bar, most) in BARS.items():
        yield Figure(part=PART, measured=told, value=found[key], bar=bar, most=most, unit=" %")
    yield Figure(part=PART, measured="time", value=found["ms"], bar=10.0, most=True, unit=" ms")
