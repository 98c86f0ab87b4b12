"""Finds the passage of a stored article that a printed sentence rests on.

For a sentence in the source's own words that is where it stands; for a model's words it is the
sentence that shares most with it, weighted by how rare the shared words are in the story.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autopilot.domain.content import Article
from autopilot.domain.provenance import Passage, Sentence
from autopilot.pipeline.write.names import plain
from autopilot.pipeline.write.sentences import each_sentence

MAX_PASSAGES = 2
MIN_SHARE = 0.25  # of a sentence's weight that a passage must have, to be called its source
MORE_SHARE = 0.15  # of it that a second passage must add
STEM = 5
QUOTE_CHARACTERS = 500
READ_CHARACTERS = 40_000
MAX_ARTICLES = 8
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    passage: Passage
    stems: frozenset[str]


def with_sources(sentences: Sequence[str], articles: Sequence[Article]) -> tuple[Sentence, ...]:
    """Return the sentences, each with the passages it rests on: none where nothing is near it."""
    places: list[_Place] | None = None
    found: list[Sentence] = []
    for sentence in sentences:
        exact = next(filter(None, (verbatim(sentence, article) for article in articles)), None)
        if exact is None:
            places = _places(articles) if places is None else places
            found.append(Sentence(text=sentence, passages=_nearest(sentence, places)))
        else:
            found.append(Sentence(text=sentence, passages=(exact,)))
    return tuple(found)


def verbatim(sentence: str, article: Article) -> Passage | None:
    """Return where a sentence stands word for word in an article, whatever its white space."""
    words = sentence.removesuffix("…").split()
    if not words:
        return None
    if (start := article.text.find(" ".join(words))) >= 0:
        return _passage(article, start, start + len(" ".join(words)))
    if words[0] not in article.text:  # spares most searches
        return None
    pattern = r"[\s\x00-\x1f]*".join(map(re.escape, words))
    match = re.search(pattern, article.text)
    return _passage(article, match.start(), match.end()) if match else None


def _passage(article: Article, start: int, end: int) -> Passage:
    quote = " ".join(article.text[start:end].split())[:QUOTE_CHARACTERS]
    return Passage(article=article.key, start=start, end=end, quote=quote)


def _places(articles: Sequence[Article]) -> list[_Place]:
    return [
        _Place(passage=passage, stems=_stems(passage.quote))
        for article in articles[:MAX_ARTICLES]
        for passage in _passages(article)
    ]


def _passages(article: Article) -> Iterator[Passage]:
    """Each sentence of an article with its place in the stored text."""
    start = 0
    text = article.text[:READ_CHARACTERS]
    for line in text.splitlines(keepends=True):
        at = start
        for sentence in each_sentence(line):
            if (span := _found(sentence, text, at, start + len(line))) is not None:
                at = span[1]
                yield _passage(article, *span)
        start += len(line)


def _found(sentence: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    at = text.find(sentence, start, end)
    if at >= 0:
        return at, at + len(sentence)
    match = re.compile(r"\s+".join(map(re.escape, sentence.split()))).search(text, start, end)
    return match.span() if match else None


def _nearest(sentence: str, places: Sequence[_Place]) -> tuple[Passage, ...]:
    wanted = _stems(sentence)
    weights = _weights(wanted, places)
    whole = sum(weights.values())
    taken: list[_Place] = []
    left = set(wanted)
    while whole and len(taken) < MAX_PASSAGES:
        best = max(places, key=lambda place: _shared(place, left, weights), default=None)
        least = MORE_SHARE if taken else MIN_SHARE
        if best is None or _shared(best, left, weights) < least * whole:
            break
        taken.append(best)
        left -= best.stems
    return tuple(place.passage for place in taken)


def _shared(place: _Place, left: set[str], weights: dict[str, float]) -> float:
    """What a passage has of a sentence, less a little for its length."""
    return sum(weights[stem] for stem in place.stems & left) / (1 + len(place.stems) / 400)


def _weights(wanted: frozenset[str], places: Sequence[_Place]) -> dict[str, float]:
    seen = Counter(stem for place in places for stem in place.stems & wanted)
    return {stem: math.log(1 + len(places) / (1 + seen[stem])) for stem in wanted}


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        plain(word)[:STEM] for word in _WORD.findall(text) if len(word) > 2 or word.isdigit()
    )
