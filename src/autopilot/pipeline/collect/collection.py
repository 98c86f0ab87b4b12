"""One run's sources put together: the articles to choose from, the reports, what fell outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo

from autopilot.domain.content import Article, Collection, SourceReport, Window
from autopilot.pipeline.collect.window import within

SourceGave = tuple[tuple[Article, ...], SourceReport]


def gather(per_source: Sequence[SourceGave], window: Window, *, zone: tzinfo = UTC) -> Collection:
    """Return the collection of a run, sources and articles in the order given.

    Copies inside one source are merged here; the same article from two sources is a matter of
    stories, since being told twice says something about it.
    """
    merged = [article for articles, _ in per_source for article in without_copies(articles)]
    inside, left_out = within(merged, window, zone=zone)
    return Collection(
        articles=inside, reports=tuple(report for _, report in per_source), left_out=left_out
    )


def without_copies(articles: Iterable[Article]) -> tuple[Article, ...]:
    """Return one article per key, at the place of the first: a dated one, then the longer text."""
    best: dict[str, Article] = {}
    for article in articles:
        known = best.get(article.key)
        if known is None or _worth(article) > _worth(known):
            best[article.key] = article
    return tuple(best.values())


def _worth(article: Article) -> tuple[bool, int]:
    return article.dated, len(article.text)
