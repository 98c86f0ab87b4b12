"""Rank: what makes one story better than another in the same section."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autopilot.domain.content import Article

MAX_RELEVANCE = 20.0
RECENCY_POINTS = 2.0
SOURCE_POINTS = 1.5
_UNDATED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the oldest to the newest article of a batch."""

    oldest: datetime
    newest: datetime

    @classmethod
    def of(cls, articles: Sequence[Article]) -> Span:
        """Return the span of one or more articles, by the dates their feeds give where they do."""
        moments = [a.published for a in articles if a.dated] or [a.published for a in articles]
        return cls(oldest=min(moments), newest=max(moments))

    def recency(self, article: Article) -> float:
        """Return 1 for the newest, 0 for the oldest and one half for an undated article."""
        length = (self.newest - self.oldest).total_seconds()
        if not article.dated or length <= 0:
            return _UNDATED
        return (article.published - self.oldest).total_seconds() / length


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a story is worth and why: three kinds of points, times the weight of its best source."""

    relevance: float
    recency: float
    coverage: float
    weight: float

    @property
    def score(self) -> float:
        return round((self.relevance + self.recency + self.coverage) * self.weight, 3)

    def told(self) -> str:
        """Return the sum as a reader can follow it.

        >>> Worth(relevance=9.0, recency=1.5, coverage=2.4, weight=1.0).told()
        'score 12.9: relevance 9.0, recency 1.5, coverage 2.4'
        """
        parts = [f"relevance {self.relevance:.1f}", f"recency {self.recency:.1f}"]
        if self.coverage:
            parts.append(f"coverage {self.coverage:.1f}")
        if self.weight != 1.0:
            parts.append(f"source weight x{self.weight:g}")
        return f"score {self.score:.1f}: {', '.join(parts)}"


def worth(points: float, articles: Sequence[Article], span: Span) -> Worth:
    """Return what a story is worth: relevance, up to 2 points for recency, 1.5 per doubling of
    sources.

    Relevance counts up to 20 points, so that a text stuffed with keywords does not win for ever.
    """
    return Worth(
        relevance=min(points, MAX_RELEVANCE),
        recency=RECENCY_POINTS * max(span.recency(article) for article in articles),
        coverage=SOURCE_POINTS * math.log2(source_count(articles)),
        weight=max(article.weight for article in articles),
    )


def source_count(articles: Sequence[Article]) -> int:
    """Return how many different sources tell the story."""
    return len({article.source_url or article.source for article in articles})
