"""Memory: what readers have had already, and what this batch holds twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from autopilot.domain.content import Article, Memory
from autopilot.pipeline.select.words import normalised_title

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_sent(article: Article, memory: Memory) -> str | None:
    """Return the day of the issue that had this article, by key or by title; None if none had."""
    day = memory.keys.get(article.key) if article.key else None
    title = normalised_title(article.title)
    return day or (memory.titles.get(title) if title else None)


def short_day(day: str) -> str:
    """Write an ISO day for a sentence: "16 Nov"; anything else stays as it is.

    >>> short_day("2026-11-16")
    '16 Nov'
    """
    try:
        moment = date.fromisoformat(day[:10])
    except ValueError:
        return day
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


def without_copies(
    articles: Iterable[Article],
) -> tuple[list[Article], list[tuple[Article, Article]]]:
    """Split articles into those to choose from, and copies with the article they are copies of.

    Copies are articles of one key, and articles of one title from one source. Of these the first in
    the order given stays.
    """
    known: dict[tuple[str, ...], Article] = {}
    kept: list[Article] = []
    copies: list[tuple[Article, Article]] = []
    for article in articles:
        marks = _marks(article)
        original = next((known[mark] for mark in marks if mark in known), None)
        for mark in marks:
            known.setdefault(mark, original or article)
        if original is None:
            kept.append(article)
        else:
            copies.append((article, original))
    return kept, copies


def _marks(article: Article) -> list[tuple[str, ...]]:
    marks: list[tuple[str, ...]] = [("key", article.key)] if article.key else []
    title = normalised_title(article.title)
    return [*marks, ("title", title, article.source_url or article.source)] if title else marks
