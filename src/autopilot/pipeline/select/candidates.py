"""Candidates: stories before the choice, with all that speaks for and against each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autopilot.domain.content import Article, Story
from autopilot.domain.specification import Specification
from autopilot.pipeline.select.match import Match, Matches, match_readings, pooled
from autopilot.pipeline.select.rank import Span, score, source_count
from autopilot.pipeline.select.regions import Atlas, Located
from autopilot.pipeline.select.stories import group_stories
from autopilot.pipeline.select.words import Reading

MAX_KEYWORDS_TOLD = 5
_ENOUGH_TEXT = 400
_NO_MATCH = Match()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One event as told by one or more articles, in reading order, and its points per category."""

    articles: tuple[Article, ...]
    matches: tuple[Matches, ...]
    points: Mapping[str, float]
    located: Located
    span: Span

    def score(self, category: str) -> float:
        """Return what the story is worth in a section."""
        return score(self.points[category], self.articles, self.span)

    def story(self, category: str, *, place: str, note: str = "") -> Story:
        """Return the story as it stands in the issue; `place` is its region in words or ""."""
        lead = self._lead(category)
        score = self.score(category)
        told = [
            _keywords(self.matches[lead].get(category, _NO_MATCH)),
            place,
            _sources(self.articles),
            f"score {score:.1f}",
            note,
        ]
        return Story(
            lead=self.articles[lead],
            also=self.articles[:lead] + self.articles[lead + 1 :],
            category=category,
            region=self.located.region,
            score=score,
            reason="; ".join(part for part in told if part),
        )

    def _lead(self, category: str) -> int:
        """Return the index of the article to show: it speaks most of the category and has a text."""

        def worth(index: int) -> tuple[float, int]:
            points = self.matches[index].get(category, _NO_MATCH).points
            return round(points, 6), min(len(self.articles[index].text), _ENOUGH_TEXT)

        return max(range(len(self.articles)), key=lambda index: (*worth(index), -index))


def find_candidates(articles: Sequence[Article], specification: Specification) -> list[Candidate]:
    """Return the stories of a batch without copies, each where its first article stands."""
    if not articles:
        return []
    language = specification.language
    readings = [Reading(article) for article in articles]
    matches = match_readings(readings, specification.categories, language=language)
    subjects = [word for category in specification.categories for word in category.keywords]
    members: dict[int, list[int]] = defaultdict(list)
    for index, label in enumerate(group_stories(readings, language=language, subjects=subjects)):
        members[label].append(index)
    atlas, span = Atlas(specification), Span.of(articles)
    return [
        _candidate([(readings[index], matches[index]) for index in group], atlas, span)
        for group in members.values()
    ]


def _candidate(members: Sequence[tuple[Reading, Matches]], atlas: Atlas, span: Span) -> Candidate:
    readings = [reading for reading, _ in members]
    points = pooled([matches for _, matches in members])
    return Candidate(
        articles=tuple(reading.article for reading in readings),
        matches=tuple(matches for _, matches in members),
        points=points,
        located=atlas.locate(readings) if points else Located(region=None),
        span=span,
    )


def _keywords(match: Match) -> str:
    places = [(match.title, "in the title"), (match.lead, "in the text")]
    return ", ".join(
        f"{', '.join(words[:MAX_KEYWORDS_TOLD])} {where}" for words, where in places if words
    )


def _sources(articles: Sequence[Article]) -> str:
    count = source_count(articles)
    return f"{count} sources" if count > 1 else ""
