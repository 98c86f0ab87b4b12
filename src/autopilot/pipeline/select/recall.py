"""Recall: which earlier story an article is about, and what it says that readers had not heard.

An article whose words are half like an earlier story's (cosine .5) tells the same event. It returns
only as an update: with a number, a name or several words, in its title or opening, that nothing
readers had of the story contains.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from autopilot.domain.content import Article, Memory
from autopilot.pipeline.select.stopwords import FILLERS
from autopilot.pipeline.select.vectors import Vector, vectors
from autopilot.pipeline.select.words import OPENING_CHARACTERS, Reading, Stemmer, spoken

SAME_STORY = 0.5
MIN_NEW_WORDS = 3
"""So many new words in a title are news without a number or a name; fewer may be synonyms."""

MOST_TOLD = 4

_NUMBER = re.compile(r"\d+(?:[.,  ]\d+)*")
_SENTENCE_END = re.compile(r"[.!?:…。]\s+|\n+")
_TITLE_CASE_SHARE = 0.6
_MIN_WORD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """The day of the issue that had the story, and what is new in the article since, best first."""

    day: str
    news: tuple[str, ...]


class Recall:
    """What readers had, ready to be compared with the articles of a run."""

    def __init__(self, memory: Memory, *, language: str) -> None:
        self._stories = memory.stories
        self._language = language
        self._fillers = FILLERS.get(language.partition("-")[0], frozenset())
        self._stem = Stemmer(language)
        self._heard: dict[int, set[str]] = {}

    def of(self, readings: Sequence[Reading]) -> list[Recalled | None]:
        """Return for each article the earlier story it is about, or None where it is about none."""
        if not self._stories or not readings:
            return [None] * len(readings)
        earlier = [
            _reading(story.title, story.text, readings[0].article) for story in self._stories
        ]
        weighed = vectors([*readings, *earlier], language=self._language)
        index = _Index(weighed[len(readings) :])
        return [
            self._recalled(reading, index.nearest(vector))
            for reading, vector in zip(readings, weighed, strict=False)
        ]

    def _recalled(self, reading: Reading, nearest: int | None) -> Recalled | None:
        if nearest is None:
            return None
        return Recalled(
            day=self._stories[nearest].day, news=tuple(self._news(reading.article, nearest))
        )

    def _news(self, article: Article, story: int) -> list[str]:
        heard = self._words_heard(story)
        told = f"{article.title}\n{article.text[:OPENING_CHARACTERS]}"
        facts = [
            *(number for number in _numbers(told) if _digits(number) not in heard),
            *(name for name in _names(told) if not heard.issuperset(self._stems(name))),
        ]
        words = [
            word
            for word in spoken(article.title)
            if len(word) >= _MIN_WORD
            and word.casefold() not in self._fillers
            and self._stem[word] not in heard
        ]
        news = facts or (words if len(words) >= MIN_NEW_WORDS else [])
        return list(dict.fromkeys(news))[:MOST_TOLD]

    def _words_heard(self, story: int) -> set[str]:
        if story not in self._heard:
            earlier = self._stories[story]
            told = f"{earlier.title}\n{earlier.text}"
            self._heard[story] = {*self._stems(told), *map(_digits, _numbers(told))}
        return self._heard[story]

    def _stems(self, text: str) -> Iterator[str]:
        return (self._stem[word] for word in spoken(text))


class _Index:
    """Vectors by their terms; terms that most stories share do not make two of them neighbours."""

    def __init__(self, stored: Sequence[Vector]) -> None:
        self._holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, vector in enumerate(stored):
            for term, weight in vector.items():
                self._holders[term].append((place, weight))

    def nearest(self, vector: Vector) -> int | None:
        """Return the place of the most alike vector, the later of two, if it is alike enough."""
        likeness: dict[int, float] = defaultdict(float)
        for term, weight in vector.items():
            for place, other in self._holders.get(term, ()):
                likeness[place] += weight * other
        best = max(likeness, key=lambda place: (likeness[place], place), default=None)
        return best if best is not None and likeness[best] >= SAME_STORY else None


def _reading(title: str, text: str, like: Article) -> Reading:
    return Reading(replace(like, key="", url="", title=title, text=text))


def _numbers(text: str) -> Iterator[str]:
    """Yield the numbers of a text as written; single digits are counts that summaries reword."""
    for found in _NUMBER.finditer(text):
        number = found.group().strip()
        if len(_digits(number)) > 1 or "." in number:
            yield number


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _names(text: str) -> Iterator[str]:
    """Yield runs of capitalised words that do not begin a sentence, from texts in sentence case."""
    for sentence in _SENTENCE_END.split(text):
        words = spoken(sentence)
        capital = [word[:1].isupper() for word in words]
        if sum(capital) > _TITLE_CASE_SHARE * len(words):
            continue
        yield from _runs(words, capital)


def _runs(words: Sequence[str], capital: Sequence[bool]) -> Iterable[str]:
    run: list[str] = []
    for position, word in enumerate(words):
        if capital[position] and position:
            run.append(word)
        elif run:
            yield " ".join(run)
            run = []
    if run:
        yield " ".join(run)
