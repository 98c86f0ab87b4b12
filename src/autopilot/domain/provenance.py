"""Provenance: which stored passage a printed sentence rests on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a story's article as it was stored: characters [start, end) of its text.

    `article` is the article's key; `quote` repeats the words, which outlive the stored article.
    """

    article: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of a summary with the passages it rests on, the nearest first; none is known
    where the sentence only repeats a title.
    """

    text: str
    passages: tuple[Passage, ...] = ()
