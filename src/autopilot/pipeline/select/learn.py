"""Learn: what the archive teaches about categories that keywords alone do not say.

Articles seen before are grouped into stories and judged by their keywords, as those of a run are.
A story of the run that its own keywords leave in doubt then takes over what the most alike stories
of the archive spoke of; those that speak of no category ("none") count against all of them. So a
headline without a keyword finds its section when last week's reports of the matter had one, and
what keywords make clear is never overruled.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from autopilot.domain.content import Article
from autopilot.domain.specification import Category
from autopilot.pipeline.select.match import is_clear, match_readings, pooled, ranked
from autopilot.pipeline.select.stopwords import FILLERS
from autopilot.pipeline.select.stories import group_stories
from autopilot.pipeline.select.vectors import Roots, Vector, counts, unit
from autopilot.pipeline.select.words import Reading

MIN_ARTICLES = 1_000
"""Fewer teach more wrong than right."""

MAX_ARTICLES = 5_000
NEIGHBOURS = 3
MIN_LIKENESS = 0.2
_COMMON_SHARE = 0.1

Points = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Stories of the archive: which terms they hold, how strongly, and the points they had.

    `points` is empty for a story that spoke of no category. A model serves one specification's
    categories and language; it changes nothing while it is used, so threads may share it.
    """

    language: str
    weights: Mapping[str, float]
    holders: Mapping[str, Sequence[tuple[int, float]]]
    points: Sequence[Points]

    def reinforced(self, readings: Sequence[Reading], points: Points) -> dict[str, float]:
        """Return a story's points, helped by the archive where its keywords leave it in doubt."""
        best = max(points, key=lambda category: points[category], default=None)
        if best is not None and is_clear(points, best):
            return dict(points)
        taught = self._taught(readings)
        return {
            category: max(points.get(category, 0.0), taught.get(category, 0.0))
            for category in sorted({*points, *taught})
        }

    def _taught(self, readings: Sequence[Reading]) -> dict[str, float]:
        """Return the mean points of the stories most alike, each counted by its likeness."""
        likeness: dict[int, float] = defaultdict(float)
        for term, weight in self._vector(readings).items():
            for story, other in self.holders.get(term, ()):
                likeness[story] += weight * other
        near = nlargest(NEIGHBOURS, ((cosine, -story) for story, cosine in likeness.items()))
        sure = [(cosine, -story) for cosine, story in near if cosine >= MIN_LIKENESS]
        total = sum(cosine for cosine, _ in sure)
        taught: dict[str, float] = defaultdict(float)
        for cosine, story in sure:
            for category, points in self.points[story].items():
                taught[category] += points * cosine / total
        return taught

    def _vector(self, readings: Sequence[Reading]) -> Vector:
        roots = _roots(self.language)
        return _summed([_weighed(counts(reading, roots), self.weights) for reading in readings])


def learn(
    articles: Sequence[Article], categories: Sequence[Category], *, language: str
) -> Model | None:
    """Return what an archive teaches; None where it holds fewer than 1,000 articles.

    Of more than 5,000 articles the newest count.
    """
    if len(articles) < MIN_ARTICLES:
        return None
    newest = sorted(articles, key=lambda article: (article.published, article.key), reverse=True)
    readings = [Reading(article) for article in newest[:MAX_ARTICLES]]
    roots = _roots(language)
    counted = [counts(reading, roots) for reading in readings]
    weights = _weights(counted)
    vectors: list[Vector] = []
    points: list[Points] = []
    for group, spoken_of in _judged(readings, categories, language):
        vectors.append(_summed([_weighed(counted[index], weights) for index in group]))
        points.append(spoken_of)
    return Model(language=language, weights=weights, holders=_holders(vectors), points=points)


def _judged(
    readings: Sequence[Reading], categories: Sequence[Category], language: str
) -> Iterable[tuple[list[int], Points]]:
    """Yield the stories of the archive, with the points of those that belong somewhere clearly."""
    order = [category.id for category in categories]
    matches = match_readings(readings, categories, language=language)
    subjects = [word for category in categories for word in category.keywords]
    members: dict[int, list[int]] = defaultdict(list)
    for index, label in enumerate(group_stories(readings, language=language, subjects=subjects)):
        members[label].append(index)
    for group in members.values():
        points = pooled([matches[index] for index in group])
        best = next(iter(ranked(points, order)), None)
        if best is None:
            yield group, {}
        elif is_clear(points, best):
            yield group, {best: points[best]}


def _weights(counted: Sequence[Counter[str]]) -> dict[str, float]:
    """Return the inverse document frequency of terms that two articles share and not every tenth."""
    frequency = Counter(term for terms in counted for term in terms)
    size = len(counted)
    return {
        term: 1 + math.log(size / times)
        for term, times in frequency.items()
        if 1 < times <= _COMMON_SHARE * size
    }


def _weighed(terms: Counter[str], weights: Mapping[str, float]) -> Vector:
    return unit({term: times * weights[term] for term, times in terms.items() if term in weights})


def _summed(vectors: Iterable[Vector]) -> Vector:
    total: Vector = defaultdict(float)
    for vector in vectors:
        for term, weight in vector.items():
            total[term] += weight
    return unit(total)


def _holders(vectors: Sequence[Vector]) -> dict[str, list[tuple[int, float]]]:
    holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for story, vector in enumerate(vectors):
        for term, weight in vector.items():
            holders[term].append((story, weight))
    return dict(holders)


def _roots(language: str) -> Roots:
    return Roots(FILLERS.get(language.partition("-")[0], frozenset()))
