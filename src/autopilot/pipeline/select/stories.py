"""Stories: finds which articles tell the same event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autopilot.pipeline.select.linkage import blended, dot, link
from autopilot.pipeline.select.vectors import Vector, vectors
from autopilot.pipeline.select.words import Reading, normalised_title

THRESHOLD = 0.175
"""Likeness of two groups from which on they are one story; from .16 to .2 quality is level."""

BESIDE = 0.3
"""Likeness of two reports of one story from which on they can stand side by side. Stories of a long
week grow by way of others; of what is less alike, half is the subject's and not the event's."""


class Stories(NamedTuple):
    """A label for each article, equal in one story, and what the articles are compared by."""

    labels: list[int]
    vectors: list[Vector]


def group_stories(
    readings: Sequence[Reading], *, language: str, subjects: Iterable[str] = ()
) -> list[int]:
    """Return the labels alone."""
    return find_stories(readings, language=language, subjects=subjects).labels


def find_stories(
    readings: Sequence[Reading], *, language: str, subjects: Iterable[str] = ()
) -> Stories:
    """Find which articles tell one story.

    Articles of one normalised title are one story at once; the rest is decided by the likeness of
    title, opening and address. Copies by key are gone before. A label is the index of the story's
    first article.
    """
    first, heads = _titles(readings)
    weighed = vectors([readings[index] for index in heads], language=language, subjects=subjects)
    labels = link(blended(weighed), threshold=THRESHOLD)
    story = {head: heads[label] for head, label in zip(heads, labels, strict=True)}
    vector = dict(zip(heads, weighed, strict=True))
    return Stories([story[head] for head in first], [vector[head] for head in first])


def tell_together(one: Vector, other: Vector) -> bool:
    """Whether two reports of a story can stand side by side: one headline, and "also in"."""
    return one is other or dot(one, other) >= BESIDE


def _titles(readings: Sequence[Reading]) -> tuple[list[int], list[int]]:
    """Return for each article the first one of its title, and those first ones."""
    known: dict[str, int] = {}
    first: list[int] = []
    for index, reading in enumerate(readings):
        title = normalised_title(reading.article.title)
        first.append(known.setdefault(title, index) if title else index)
    return first, sorted(set(first))
