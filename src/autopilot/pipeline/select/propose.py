"""Propose: keywords for a category, from what sets its articles apart from all others.

The category's own articles are those that its keywords find; where it has none, those that speak of
its name or description; where none does, there is nothing to compare, and what the sources write
about most is proposed. A term is a word or two neighbouring words of a title or opening. It is
worth its log-likelihood ratio (Dunning 1993): how unlikely it is that it stands so much more often
in the category's articles by chance. Filler words, names of sources, numbers, and what is a keyword
or a region already are never proposed, and of a category with several sources no term of one alone.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from autopilot.domain.content import Article
from autopilot.domain.specification import Category
from autopilot.pipeline.select.match import match_readings
from autopilot.pipeline.select.often_said import OFTEN_SAID
from autopilot.pipeline.select.stopwords import FILLERS
from autopilot.pipeline.select.words import Reading, Stemmer, plain, spoken

MOST = 12
ENOUGH = 3
"""Fewer articles of its own say nothing about what sets a category apart."""

_LEAST_ARTICLES = 2
_TIMES_AS_OFTEN = 3.0
_LEAST_LIKELIHOOD = 10.83  # one in a thousand by chance
_MOST_COMMON, _COMMON_FROM = 0.2, 40  # a word of every fifth article is a filler of its language
_SAME_ARTICLES = 0.75
_SHORTEST, _LONGEST = 3, 30
_MUCH = 0.15  # of all articles: a word that stands in so many names no category
_ANY_SCRIPT = frozenset([*FILLERS["en"], *OFTEN_SAID])

Stems = tuple[str, ...]


class Basis(StrEnum):
    """What the proposals rest on: the category's keywords, its name, or nothing but the articles."""

    KEYWORDS = "keywords"
    NAME = "name"
    TOPICS = "topics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A term as people write it: how many articles have it, how many of those no keyword of the
    category finds yet.
    """

    term: str
    articles: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The proposals, best first; `own` of `articles` articles are the category's."""

    basis: Basis
    proposals: tuple[Proposal, ...]
    own: int
    articles: int


def propose(
    articles: Sequence[Article],
    category: Category,
    *,
    language: str,
    taken: Iterable[str] = (),
    most: int = MOST,
) -> Proposed:
    """Return keywords for a category; `taken` are words that stand for something else already:
    other categories' keywords, regions. The order of the articles does not matter.
    """
    terms = _Terms(articles, language, barred=[*category.keywords, *taken])
    found = _found_by(category.keywords, articles, category, language)
    basis, own = Basis.KEYWORDS, found
    named = [] if category.keywords else list(terms.said_in(category.name))
    for text in (category.name, category.description):
        if len(own) < ENOUGH:
            said = _said_in(text, articles, category, language)
            basis, own = Basis.NAME, own | said
    if len(own) < ENOUGH:
        basis, own = Basis.TOPICS, frozenset(range(len(articles)))
        ranked = terms.most_told()
    else:
        ranked = terms.setting_apart(own)
    if named and basis is Basis.TOPICS:
        basis, own, ranked = Basis.NAME, frozenset().union(*(places for _, places in named)), []
    proposals = [
        Proposal(term=terms.written(stems), articles=len(places), new=len(places - found))
        for stems, places in _distinct([*named, *ranked])
        if places - found
    ]
    return Proposed(
        basis=basis,
        proposals=tuple(proposals[:most]),
        own=0 if basis is Basis.TOPICS else len(own),
        articles=len(articles),
    )


class _Terms:
    """All terms of some articles, and in which of them each stands."""

    def __init__(
        self, articles: Sequence[Article], language: str, *, barred: Sequence[str]
    ) -> None:
        self._articles, self._stem = articles, Stemmer(language)
        self._fillers = FILLERS.get(language.partition("-")[0], frozenset()) | _ANY_SCRIPT
        self._barred = {it for text in barred if (it := self._stems(text))}
        self._sources = {plain(w) for it in articles for w in spoken(it.source)}
        self._places: dict[Stems, set[int]] = defaultdict(set)
        self._forms: dict[Stems, Counter[str]] = defaultdict(Counter)
        for place, article in enumerate(articles):
            self._read(place, Reading(article))
        self._common = self._too_common()

    def said_in(self, text: str) -> Iterator[tuple[Stems, set[int]]]:
        """Yield the terms of a text that articles have too, longer ones first."""
        words = spoken(text)
        for phrase in (*pairwise(words), *((word,) for word in words)):
            stems = tuple(self._stem[word] for word in phrase)
            if self._places.get(stems) and not self._is_taken(stems):
                yield stems, self._places[stems]

    def setting_apart(self, own: Collection[int]) -> list[tuple[Stems, set[int]]]:
        """Return the terms that stand far more often in these articles, the surest first."""
        scored = []
        for stems, places in self._candidates():
            inside = len(places & frozenset(own))
            if inside >= self._least(own) and self._is_of_several(places & frozenset(own), own):
                worth = _likelihood(inside, len(places) - inside, len(own), len(self._articles))
                if worth >= _LEAST_LIKELIHOOD:
                    scored.append((worth, stems, places))
        scored.sort(key=lambda it: (-it[0], it[1]))
        return [(stems, places) for _, stems, places in scored]

    def most_told(self) -> list[tuple[Stems, set[int]]]:
        """Return the terms that tell most about what is written: often, and not everywhere."""
        everywhere = range(len(self._articles))
        scored = []
        for stems, places in self._candidates():
            if len(places) > _LEAST_ARTICLES and self._is_of_several(places, everywhere):
                worth = len(places) * math.log(len(self._articles) / len(places)) * len(stems)
                scored.append((worth, stems, places))
        scored.sort(key=lambda it: (-it[0], it[1]))
        return [(stems, places) for _, stems, places in scored]

    def written(self, stems: Stems) -> str:
        """Return a term as most articles write it, in small letters where any writes it so."""
        forms = self._forms[stems]
        small = {form: times for form, times in forms.items() if form == form.lower()}
        counted = small if small and _is_plain(forms) else forms
        return max(sorted(counted), key=lambda form: counted[form])

    def _read(self, place: int, reading: Reading) -> None:
        for text in (reading.title, reading.opening):
            for phrase in _phrases(text.words):
                if all(map(self._says_something, (phrase[0], phrase[-1]))):
                    stems = tuple(self._stem[word] for word in phrase)
                    self._places[stems].add(place)
                    self._forms[stems][_joined(phrase)] += 1

    def _says_something(self, word: str) -> bool:
        bare = plain(word)
        if not word.isalpha() or bare in self._fillers or len(word) > _LONGEST:
            return False
        is_acronym = word.isupper() and len(word) > 1 and word.isascii()
        return len(word) >= _SHORTEST or is_acronym or not word.isascii()

    def _candidates(self) -> Iterator[tuple[Stems, set[int]]]:
        for stems, places in self._places.items():
            if len(places) >= _LEAST_ARTICLES and not self._is_taken(stems):
                yield stems, places

    def _is_taken(self, stems: Stems) -> bool:
        """A keyword, or a phrase that has one in it: it finds nothing that the keyword does not."""
        if any(part in self._barred for part in _parts(stems)):
            return True
        if len(stems) == 1 and len(_joined(stems)) < 2:
            return True
        words = {plain(word) for form in self._forms[stems] for word in spoken(form)}
        return not words.isdisjoint(self._common) or words <= self._sources

    def _too_common(self) -> frozenset[str]:
        if len(self._articles) < _COMMON_FROM:
            return frozenset()
        most = _MOST_COMMON * len(self._articles)
        return frozenset(
            plain(form)
            for stems, places in self._places.items()
            if len(stems) == 1 and len(places) > most
            for form in self._forms[stems]
        )

    def _least(self, own: Collection[int]) -> int:
        return max(_LEAST_ARTICLES, len(own) // 100)

    def _is_of_several(self, places: Iterable[int], own: Iterable[int]) -> bool:
        several = len({self._articles[it].source_url for it in own}) > 2
        return not several or len({self._articles[it].source_url for it in places}) > 1

    def _stems(self, text: str) -> Stems:
        return tuple(self._stem[word] for word in spoken(text))


def _distinct(ranked: Sequence[tuple[Stems, set[int]]]) -> Iterator[tuple[Stems, set[int]]]:
    """Yield each matter once: of a phrase and its word the word, unless the phrase says it better."""
    phrases: Mapping[str, set[int]] = _best_phrases(ranked)
    accepted: set[Stems] = set()
    for stems, places in ranked:
        if len(stems) == 1 and len(phrases.get(stems[0], ())) >= _SAME_ARTICLES * len(places):
            continue
        if any(part in accepted for part in _parts(stems)):
            continue
        accepted.add(stems)
        yield stems, places


def _best_phrases(ranked: Sequence[tuple[Stems, set[int]]]) -> Mapping[str, set[int]]:
    best: dict[str, set[int]] = {}
    for stems, places in ranked:
        for stem in stems if len(stems) > 1 else ():
            if len(places) > len(best.get(stem, ())):
                best[stem] = places
    return best


def _found_by(
    words: Sequence[str], articles: Sequence[Article], category: Category, language: str
) -> frozenset[int]:
    """Return the places of the articles that have one of these words, matched as selection does."""
    if not words:
        return frozenset()
    sought = category.model_copy(update={"keywords": tuple(words)})
    matches = match_readings(map(Reading, articles), [sought], language=language)
    return frozenset(place for place, match in enumerate(matches) if match)


def _said_in(
    text: str, articles: Sequence[Article], category: Category, language: str
) -> frozenset[int]:
    """Return the places of the articles that have a word of a text which is no filler and not in
    every sixth of them.
    """
    fillers = FILLERS.get(language.partition("-")[0], frozenset()) | _ANY_SCRIPT
    found: frozenset[int] = frozenset()
    for word in dict.fromkeys(spoken(text)):
        if plain(word) not in fillers and len(word) >= _SHORTEST:
            places = _found_by([word], articles, category, language)
            if len(places) <= _MUCH * max(len(articles), _COMMON_FROM):
                found |= places
    return found


def _phrases(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield from ((word,) for word in words)
    yield from pairwise(words)


def _parts(stems: Stems) -> Iterator[Stems]:
    for start in range(len(stems)):
        for end in range(start + 1, len(stems) + 1):
            yield stems[start:end]


def _joined(words: Sequence[str]) -> str:
    """Characters of a script without spaces stand side by side."""
    is_unspaced = all(len(word) == 1 and not word.isascii() for word in words)
    return ("" if is_unspaced else " ").join(words)


def _is_plain(forms: Mapping[str, int]) -> bool:
    """Whether some write it in small letters: then it is no name."""
    small = sum(times for form, times in forms.items() if form == form.lower())
    return 4 * small >= sum(forms.values())


def _likelihood(inside: int, outside: int, own: int, every: int) -> float:
    """Return Dunning's ratio for a term in `inside` of `own` and in `outside` of the other articles;
    0 where it does not stand three times as often in them.
    """
    others = every - own
    if others and inside / own < _TIMES_AS_OFTEN * outside / others:
        return 0.0
    if not others:
        return _LEAST_LIKELIHOOD + inside
    share = (inside + outside) / every
    return 2 * (
        _told(inside, own, share)
        + _told(own - inside, own, 1 - share)
        + _told(outside, others, share)
        + _told(others - outside, others, 1 - share)
    )


def _told(times: int, of: int, expected: float) -> float:
    return times * math.log(times / (of * expected)) if times else 0.0
