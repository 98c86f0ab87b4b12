"""Choose: the stories of an issue out of all articles, with a reason for every one in or out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from autopilot.domain.content import (
    NOTHING_SENT,
    Article,
    LeftOut,
    Memory,
    Selection,
    Story,
)
from autopilot.domain.specification import Category, Specification
from autopilot.pipeline.select.candidates import Candidate, find_candidates
from autopilot.pipeline.select.match import MIN_POINTS, is_clear, ranked
from autopilot.pipeline.select.memory import day_sent, short_day, without_copies


def select(
    articles: Sequence[Article], specification: Specification, memory: Memory = NOTHING_SENT
) -> Selection:
    """Return the issue's stories and every article left out, each with its reason.

    The result does not depend on the order of the articles. Every article is in exactly one story
    (as its lead or in `also`) or is left out once. Stories stand category by category as the
    specification lists them, best first, weaker ones that fill a minimum last.
    """
    table = _Table(specification)
    for candidate in find_candidates(table.first_readings(articles, memory), specification):
        table.judge(candidate)
    table.fill_sections()
    table.fill_minimums()
    return table.selection()


class _Table:
    """The editor's table: sections, the pile of weaker stories, and what was put aside."""

    def __init__(self, specification: Specification) -> None:
        self._categories = {category.id: category for category in specification.categories}
        self._order = list(self._categories)
        self._regions = {region.id: region.name for region in specification.regions}
        self._clear: dict[str, list[Candidate]] = {name: [] for name in self._order}
        self._stories: dict[str, list[Story]] = {name: [] for name in self._order}
        self._spare: list[tuple[Candidate, str]] = []
        self._left_out: list[tuple[Article, str]] = []

    def first_readings(self, articles: Sequence[Article], memory: Memory) -> list[Article]:
        """Put aside what readers had before and what is here twice; return the rest, newest first."""
        fresh = []
        for article in sorted(articles, key=_richness):
            day = day_sent(article, memory)
            if day is None:
                fresh.append(article)
            else:
                self._leave_out([article], f"already in the issue of {short_day(day)}")
        kept, copies = without_copies(fresh)
        for copy, original in copies:
            where = "" if copy.source == original.source else f" from {original.source}"
            self._leave_out([copy], f'same article as "{original.title or original.url}"{where}')
        return sorted(kept, key=_position)

    def judge(self, candidate: Candidate) -> None:
        """Put a story into the section it clearly belongs to, on the pile, or aside."""
        best = ranked(candidate.points, self._order)
        if not best:
            self._leave_out(candidate.articles, "matches no category (none of the keywords occurs)")
        elif candidate.located.elsewhere:
            self._leave_out(candidate.articles, self._elsewhere(candidate))
        elif is_clear(candidate.points, best[0]):
            self._clear[best[0]].append(candidate)
        else:
            self._spare.append((candidate, self._doubt(candidate, best)))

    def fill_sections(self) -> None:
        """Take the best clear stories of each category, up to its maximum."""
        for name, candidates in self._clear.items():
            category = self._categories[name]
            best = _best_first(candidates, name)
            self._stories[name] = [self._story(c, name) for c in best[: category.max_stories]]
            for rank, candidate in enumerate(
                best[category.max_stories :], category.max_stories + 1
            ):
                self._spare.append((candidate, _full(category, rank)))

    def fill_minimums(self) -> None:
        """Give a category below its minimum the next best stories that speak of it at all."""
        for name, category in self._categories.items():
            missing = category.min_stories - len(self._stories[name])
            able = [candidate for candidate, _ in self._spare if name in candidate.points]
            taken = _best_first(able, name)[: max(0, missing)]
            self._stories[name] += [self._story(c, name, _weaker(c, category)) for c in taken]
            gone = {id(candidate) for candidate in taken}
            self._spare = [pair for pair in self._spare if id(pair[0]) not in gone]

    def selection(self) -> Selection:
        """Return what the table holds now; the pile is left out."""
        for candidate, reason in self._spare:
            self._leave_out(candidate.articles, reason)
        self._spare = []
        aside = sorted(self._left_out, key=lambda pair: (_position(pair[0]), pair[1]))
        return Selection(
            stories=tuple(story for name in self._order for story in self._stories[name]),
            left_out=tuple(
                LeftOut(title=article.title, url=article.url, reason=reason)
                for article, reason in aside
            ),
        )

    def _leave_out(self, articles: Iterable[Article], reason: str) -> None:
        self._left_out += [(article, reason) for article in articles]

    def _story(self, candidate: Candidate, category: str, note: str = "") -> Story:
        region = candidate.located.region
        place = "" if region is None else f"{self._regions[region]} ({candidate.located.how})"
        return candidate.story(category, place=place, note=note)

    def _elsewhere(self, candidate: Candidate) -> str:
        named = _listed(candidate.located.elsewhere, "and")
        return f"is about {named}; the region is none of {_listed(self._regions.values(), 'and')}"

    def _doubt(self, candidate: Candidate, best: Sequence[str]) -> str:
        points, name = candidate.points[best[0]], self._categories[best[0]].name
        if points < MIN_POINTS or len(best) == 1:
            needed = f"{_number(points)} of the {_number(MIN_POINTS)} points needed"
            return f"matches no category (best: {name}, {needed})"
        other, next_points = self._categories[best[1]].name, candidate.points[best[1]]
        return (
            f"fits no category clearly ({name} {_number(points)} points, "
            f"{other} {_number(next_points)})"
        )


def _best_first(candidates: Iterable[Candidate], category: str) -> list[Candidate]:
    return sorted(candidates, key=lambda c: (-c.score(category), _position(c.articles[0])))


def _full(category: Category, rank: int) -> str:
    limit = category.max_stories
    return f"the section {category.name} is full ({limit} of {limit}); this ranked {_ordinal(rank)}"


def _weaker(candidate: Candidate, category: Category) -> str:
    points = _number(candidate.points[category.id])
    return (
        f"a weaker match ({points} points), taken because {category.name} asks for at least "
        f"{category.min_stories}"
    )


def _position(article: Article) -> tuple[object, ...]:
    """Return a total order, newest first: two articles stand equal only if they are equal."""
    return (-article.published.timestamp(), *_identity(article))


def _richness(article: Article) -> tuple[object, ...]:
    """Return the order in which copies are preferred: dated ones, then longer texts."""
    return (not article.dated, -len(article.text), *_position(article))


def _identity(article: Article) -> Iterator[object]:
    yield from (article.key, article.url, article.title, article.source_url, article.source)
    yield from (article.text, article.dated, article.local)
    yield from (article.region or "", article.language or "")


def _listed(names: Iterable[str], joint: str, *, most: int = 4) -> str:
    shown = list(names)
    if len(shown) > most:
        return f"{', '.join(shown[:most])} {joint} {len(shown) - most} more"
    return f" {joint} ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _number(points: float) -> str:
    """Write points for people, rounded down so that 5.97 does not read as the 6 it is not.

    >>> _number(5.97), _number(6.0)
    ('5.9', '6')
    """
    return f"{int(points * 10 + 1e-6) / 10:g}"


def _ordinal(number: int) -> str:
    """Write a place in a ranking.

    >>> _ordinal(3), _ordinal(12), _ordinal(21)
    ('3rd', '12th', '21st')
    """
    teen = 10 < number % 100 < 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
