"""Candidates: stories before the choice, with all that speaks for and against each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autopilot.domain.content import NOTHING_SENT, Article, Memory, Story
from autopilot.domain.specification import Specification
from autopilot.pipeline.select.learn import Model
from autopilot.pipeline.select.match import Match, Matches, match_readings, pooled
from autopilot.pipeline.select.memory import short_day
from autopilot.pipeline.select.rank import Span, Worth, source_count, worth
from autopilot.pipeline.select.recall import MOST_TOLD, Recall, Recalled
from autopilot.pipeline.select.regions import Atlas, Located
from autopilot.pipeline.select.stories import find_stories, tell_together
from autopilot.pipeline.select.vectors import Vector
from autopilot.pipeline.select.words import Reading

MAX_KEYWORDS_TOLD = 5
_ENOUGH_TEXT = 400
_NO_MATCH = Match()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One event as told by one or more articles, in reading order, and its points per category."""

    articles: tuple[Article, ...]
    matches: tuple[Matches, ...]
    beside: tuple[tuple[int, ...], ...]
    """For each article the indices of the others that can stand side by side with it."""
    points: Mapping[str, float]
    located: Located
    span: Span
    recalled: Recalled | None = None
    learned: frozenset[str] = frozenset()
    """The categories whose points the archive has raised."""

    def worth(self, category: str) -> Worth:
        """Return what the story is worth in a section."""
        return worth(self.points[category], self.articles, self.span)

    def score(self, category: str) -> float:
        """Return the same as one number."""
        return self.worth(category).score

    @property
    def best_score(self) -> float:
        """What it is worth where it is worth most; 0 where no category speaks for it."""
        return max(map(self.score, self.points), default=0.0)

    def story(self, category: str, *, place: str, note: str = "") -> Story:
        """Return the story as it stands in the issue; `place` is its region in words or ""."""
        lead = self._lead(category)
        worth = self.worth(category)
        told = [
            _keywords(self.matches[lead].get(category, _NO_MATCH)),
            "like earlier stories of this section" if category in self.learned else "",
            place,
            _sources(self.articles),
            worth.told(),
            self._news(),
            note,
        ]
        return Story(
            lead=self.articles[lead],
            also=self._told(lead)[1:],
            category=category,
            region=self.located.region,
            score=worth.score,
            reason="; ".join(part for part in told if part),
            update_of=self.recalled.day if self.recalled else None,
        )

    def untold(self, category: str) -> list[Article]:
        """Return the articles on the story's subject that are too unlike its lead to stand with it."""
        told = {id(article) for article in self._told(self._lead(category))}
        return [article for article in self.articles if id(article) not in told]

    def _told(self, lead: int) -> tuple[Article, ...]:
        """Return the lead and then the articles that tell the same as it."""
        return (self.articles[lead], *(self.articles[index] for index in self.beside[lead]))

    def _news(self) -> str:
        if self.recalled is None:
            return ""
        day = short_day(self.recalled.day)
        return f"update of the story of {day}, new: {', '.join(self.recalled.news)}"

    def _lead(self, category: str) -> int:
        """Return the index of the article to show: of those that speak of the category, the one that
        most sources tell alike; of these the one that speaks most of it, and has a text.
        """
        points = [round(match.get(category, _NO_MATCH).points, 6) for match in self.matches]
        least = max(points) / 2

        def worth(index: int) -> tuple[bool, int, float, int]:
            text = min(len(self.articles[index].text), _ENOUGH_TEXT)
            sources = source_count(self._told(index))
            return points[index] >= least, sources, points[index], text

        return max(range(len(self.articles)), key=lambda index: (*worth(index), -index))


def find_candidates(
    articles: Sequence[Article],
    specification: Specification,
    memory: Memory = NOTHING_SENT,
    model: Model | None = None,
) -> list[Candidate]:
    """Return the stories of a batch without copies, each where its first article stands."""
    if not articles:
        return []
    language = specification.language
    readings = [Reading(article) for article in articles]
    matches = match_readings(readings, specification.categories, language=language)
    subjects = [word for category in specification.categories for word in category.keywords]
    members: dict[int, list[int]] = defaultdict(list)
    found = find_stories(readings, language=language, subjects=subjects)
    for index, label in enumerate(found.labels):
        members[label].append(index)
    atlas, span = Atlas(specification), Span.of(articles)
    spoken_of = [
        index
        for group in members.values()
        if model is not None or any(matches[index] for index in group)
        for index in group
    ]
    known = Recall(memory, language=language).of([readings[index] for index in spoken_of])
    recalled = dict(zip(spoken_of, known, strict=True))
    return [
        _candidate(
            [(readings[index], matches[index], found.vectors[index]) for index in group],
            atlas,
            span,
            _together([recalled.get(index) for index in group]),
            model,
        )
        for group in members.values()
    ]


def _together(recalled: Sequence[Recalled | None]) -> Recalled | None:
    """Return what the articles of a story recall together, if half of them or more recall any."""
    known = [item for item in recalled if item is not None]
    if not known or 2 * len(known) < len(recalled):
        return None
    news = dict.fromkeys(fact for item in known for fact in item.news)
    return Recalled(day=max(item.day for item in known), news=tuple(news)[:MOST_TOLD])


def _candidate(
    members: Sequence[tuple[Reading, Matches, Vector]],
    atlas: Atlas,
    span: Span,
    recalled: Recalled | None,
    model: Model | None,
) -> Candidate:
    readings = [reading for reading, _, _ in members]
    spoken_of = pooled([matches for _, matches, _ in members])
    points = model.reinforced(readings, spoken_of) if model else spoken_of
    return Candidate(
        articles=tuple(reading.article for reading in readings),
        matches=tuple(matches for _, matches, _ in members),
        beside=_beside([vector for _, _, vector in members] if points else []),
        points=points,
        learned=frozenset(name for name in points if points[name] > spoken_of.get(name, 0.0)),
        located=atlas.locate(readings) if points else Located(region=None),
        span=span,
        recalled=recalled if points else None,
    )


def _beside(vectors: Sequence[Vector]) -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(
            index
            for index, other in enumerate(vectors)
            if index != place and tell_together(vector, other)
        )
        for place, vector in enumerate(vectors)
    )


def _keywords(match: Match) -> str:
    places = [(match.title, "in the title"), (match.lead, "in the text")]
    return ", ".join(
        f"{', '.join(words[:MAX_KEYWORDS_TOLD])} {where}" for words, where in places if words
    )


def _sources(articles: Sequence[Article]) -> str:
    count = source_count(articles)
    return f"{count} sources" if count > 1 else ""
