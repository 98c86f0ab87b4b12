"""Stories: finds which articles tell the same event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autopilot.pipeline.select.linkage import blended, link
from autopilot.pipeline.select.vectors import vectors
from autopilot.pipeline.select.words import Reading, normalised_title

THRESHOLD = 0.175
"""Likeness of two groups from which on they are one story; from .16 to .2 quality is level."""


def group_stories(
    readings: Sequence[Reading], *, language: str, subjects: Iterable[str] = ()
) -> list[int]:
    """Return a label for each article; equal labels are one story.

    Articles of one normalised title are one story at once; the rest is decided by the likeness of
    title, opening and address. Copies by key are gone before. A label is the index of the story's
    first article.
    """
    first, heads = _titles(readings)
    weighed = vectors([readings[index] for index in heads], language=language, subjects=subjects)
    labels = link(blended(weighed), threshold=THRESHOLD)
    story = {head: heads[label] for head, label in zip(heads, labels, strict=True)}
    return [story[head] for head in first]


def _titles(readings: Sequence[Reading]) -> tuple[list[int], list[int]]:
    """Return for each article the first one of its title, and those first ones."""
    known: dict[str, int] = {}
    first: list[int] = []
    for index, reading in enumerate(readings):
        title = normalised_title(reading.article.title)
        first.append(known.setdefault(title, index) if title else index)
    return first, sorted(set(first))
