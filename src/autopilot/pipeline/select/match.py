"""Match: how strongly an article speaks of each category, measured by its keywords.

An article earns points for each keyword of a category that it contains: the keyword's weight, twice
for a hit in the title, and once to twice for hits in its lead (one hit once, three hits twice). The
weight is an inverse document frequency over the batch between 3 and 6, smoothed by an imagined past
of 200 articles so that it means the same in a run of 5 as in one of 5,000. So a keyword in the title
is worth 6 points or more whatever the run, and one passing mention in the lead is not.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autopilot.domain.specification import Category
from autopilot.pipeline.select.lexicon import Lexicon, keyword
from autopilot.pipeline.select.words import Reading

MIN_POINTS = 6.0
MIN_LEAD_OVER_NEXT = 1.5
SURE_POINTS = 12.0
TITLE_TIMES = 2.0

_MIN_WEIGHT, _MAX_WEIGHT = 3.0, 6.0
_IMAGINED_ARTICLES, _IMAGINED_HITS = 200, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What speaks for one category: its points, and the keywords by the place they were found in."""

    points: float = 0.0
    title: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()


Matches = Mapping[str, Match]
"""Category id -> match; a category without a hit is absent."""


@dataclass(slots=True)
class _Hits:
    title: dict[int, int]
    lead: dict[int, int]

    @property
    def terms(self) -> set[int]:
        return {*self.title, *self.lead}


def match_readings(
    readings: Iterable[Reading], categories: Iterable[Category], *, language: str
) -> list[Matches]:
    """Return the matches of each article, in the order given; only keywords are looked for.

    Each reading is looked at once, so they may be cut one by one and forgotten.
    """
    lexicon = Lexicon(
        (keyword(category.id, word) for category in categories for word in category.keywords),
        language=language,
    )
    hits = [
        _Hits(
            title=lexicon.find(reading.title),
            lead=_added(lexicon.find(reading.opening), lexicon.find(reading.rest)),
        )
        for reading in readings
    ]
    weights = _weights(hits)
    return [_matches(hit, lexicon, weights) for hit in hits]


def _added(some: dict[int, int], more: Mapping[int, int]) -> dict[int, int]:
    for term, times in more.items():
        some[term] = some.get(term, 0) + times
    return some


def _weights(hits: Sequence[_Hits]) -> dict[int, float]:
    frequency = Counter(term for hit in hits for term in hit.terms)
    imagined = len(hits) + _IMAGINED_ARTICLES
    return {
        term: min(_MAX_WEIGHT, max(_MIN_WEIGHT, math.log1p(imagined / (times + _IMAGINED_HITS))))
        for term, times in frequency.items()
    }


def _matches(hit: _Hits, lexicon: Lexicon, weights: Mapping[int, float]) -> Matches:
    by_owner: dict[str, list[int]] = defaultdict(list)
    for term in sorted(hit.terms):
        by_owner[lexicon.terms[term].owner].append(term)
    return {
        owner: Match(
            points=sum(weights[term] * _times(hit, term) for term in terms),
            title=tuple(lexicon.terms[term].label for term in terms if term in hit.title),
            lead=tuple(lexicon.terms[term].label for term in terms if term not in hit.title),
        )
        for owner, terms in by_owner.items()
    }


def _times(hit: _Hits, term: int) -> float:
    title = TITLE_TIMES if term in hit.title else 0.0
    return title + min(2.0, math.log2(1 + hit.lead.get(term, 0)))


def pooled(members: Sequence[Matches]) -> dict[str, float]:
    """Return a story's points per category: the mean over the third of its articles that say most.

    One article in three has to speak of the category: a keyword in one of thirty reports of an
    event does not make the event belong there.
    """
    best = -(-len(members) // 3)
    owners = {owner for member in members for owner in member}
    return {
        owner: sum(
            sorted((member[owner].points for member in members if owner in member), reverse=True)[
                :best
            ]
        )
        / best
        for owner in sorted(owners)
    }


def ranked(points: Mapping[str, float], order: Sequence[str]) -> list[str]:
    """Return the categories with points, most points first; equals stand as in `order`."""
    place = {category: index for index, category in enumerate(order)}
    return sorted(points, key=lambda category: (-round(points[category], 9), place[category]))


def is_clear(points: Mapping[str, float], best: str) -> bool:
    """True if a story belongs to its best category and to no other.

    It needs 6 points and 1.5 times those of the runner-up; from 12 points (two keywords in the
    title) on the runner-up no longer matters, as neighbouring categories share good stories.
    """
    won = points[best]
    next_best = max((value for category, value in points.items() if category != best), default=0.0)
    return won >= MIN_POINTS and (won >= SURE_POINTS or won >= MIN_LEAD_OVER_NEXT * next_best)
