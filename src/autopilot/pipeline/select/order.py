"""Order: total orders of articles, so that a selection does not depend on how its input is sorted."""

from __future__ import annotations

from collections.abc import Iterator

from autopilot.domain.content import Article


def position(article: Article) -> tuple[object, ...]:
    """Return a total order, newest first: two articles stand equal only if they are equal."""
    return (-article.published.timestamp(), *_identity(article))


def richness(article: Article) -> tuple[object, ...]:
    """Return the order in which copies are preferred: dated ones, then longer texts."""
    return (not article.dated, -len(article.text), *position(article))


def _identity(article: Article) -> Iterator[object]:
    yield from (article.key, article.url, article.title, article.source_url, article.source)
    yield from (article.text, article.dated, article.local, article.extracted, article.weight)
    yield from (article.region or "", article.language or "")
