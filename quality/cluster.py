"""Stories from plain items, for measuring the grouping against published references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from autopilot.domain.content import Article
from autopilot.pipeline.select.stories import group_stories
from autopilot.pipeline.select.words import Reading

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def article(item: Mapping[str, str]) -> Article:
    """Return an item with `id`, `title`, `text` and perhaps `url` and `source` as an article."""
    return Article(
        key=item["id"],
        url=item.get("url", ""),
        title=item["title"],
        text=item["text"],
        published=LONG_AGO,
        dated=False,
        source=item.get("source", ""),
        source_url="",
    )


def stories(items: Sequence[Mapping[str, str]]) -> list[int]:
    """Return a label for each item; equal labels are one story."""
    return group_stories([Reading(article(item)) for item in items], language="en")
