"""Categories for plain articles, for measuring the matching against published references."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autopilot.domain.specification import Category
from autopilot.pipeline.select.learn import learn
from autopilot.pipeline.select.match import Matches, is_clear, match_readings, pooled, ranked
from autopilot.pipeline.select.stories import group_stories
from autopilot.pipeline.select.words import Reading
from quality.cluster import article

Articles = Sequence[Mapping[str, str]]
Categories = Sequence[Mapping[str, Any]]
Decision = Callable[[Mapping[str, float], Sequence[str]], str | None]


def categories(
    articles: Articles, categories: Categories, archive: Articles = ()
) -> list[str | None]:
    """Return the best category of each article's story, None where nothing speaks for any."""
    return _decide(articles, categories, archive, _best)


def categories_with_none(
    articles: Articles, categories: Categories, archive: Articles = ()
) -> list[str | None]:
    """Return the category an issue would show each article's story in, None where it shows none."""
    return _decide(articles, categories, archive, _clear)


def categories_taught(articles: Articles, categories: Categories) -> list[str | None]:
    """Return the same with the articles themselves as the archive, where they are enough of one."""
    return _decide(articles, categories, articles, _best)


def _best(points: Mapping[str, float], order: Sequence[str]) -> str | None:
    return next(iter(ranked(points, order)), None)


def _clear(points: Mapping[str, float], order: Sequence[str]) -> str | None:
    best = _best(points, order)
    return best if best is not None and is_clear(points, best) else None


def _decide(
    articles: Articles, categories: Categories, archive: Articles, decide: Decision
) -> list[str | None]:
    wanted = [Category.model_validate(dict(category)) for category in categories]
    order = [category.id for category in wanted]
    readings = [Reading(article(item)) for item in articles]
    matches = match_readings(readings, wanted, language="en")
    subjects = [word for category in wanted for word in category.keywords]
    labels = group_stories(readings, language="en", subjects=subjects)
    model = learn([article(item) for item in archive], wanted, language="en")
    members: dict[int, list[tuple[Reading, Matches]]] = defaultdict(list)
    for label, reading, matched in zip(labels, readings, matches, strict=True):
        members[label].append((reading, matched))
    decided: dict[int, str | None] = {}
    for label, group in members.items():
        points = pooled([matched for _, matched in group])
        if model is not None:
            points = model.reinforced([reading for reading, _ in group], points)
        decided[label] = decide(points, order)
    return [decided[label] for label in labels]
