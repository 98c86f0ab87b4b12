"""Choose: the stories of an issue out of all articles, with a reason for every one in or out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autopilot.domain.content import (
    NOTHING_SENT,
    Article,
    LeftOut,
    Memory,
    Selection,
    Story,
)
from autopilot.domain.specification import Specification
from autopilot.pipeline.select import reasons
from autopilot.pipeline.select.candidates import Candidate, find_candidates
from autopilot.pipeline.select.learn import Model
from autopilot.pipeline.select.match import is_clear, ranked
from autopilot.pipeline.select.memory import day_sent, short_day, without_copies
from autopilot.pipeline.select.order import position, richness
from autopilot.pipeline.select.quotas import Quotas
from autopilot.pipeline.select.rules import Barrier


def select(
    articles: Sequence[Article],
    specification: Specification,
    memory: Memory = NOTHING_SENT,
    model: Model | None = None,
) -> Selection:
    """Return the issue's stories and every article left out, each with its reason and score.

    The result does not depend on the order of the articles. Every article is in exactly one story
    (as its lead or in `also`) or is left out once. Stories stand category by category as the
    specification lists them, best first, weaker ones that fill a minimum last. `model` is what the
    archive taught (`learn`), if there is one.
    """
    table = _Table(specification)
    fresh = table.first_readings(articles, memory)
    for candidate in find_candidates(fresh, specification, memory, model):
        table.judge(candidate)
    table.fill_sections()
    table.fill_cell_minimums()
    table.fill_kept_places()
    table.fill_minimums()
    return table.selection()


class _Table:
    """The editor's table: sections, the pile of weaker stories, and what was put aside."""

    def __init__(self, specification: Specification) -> None:
        self._specification = specification
        self._categories = {category.id: category for category in specification.categories}
        self._names = {category.id: category.name for category in specification.categories}
        self._order = list(self._categories)
        self._regions = {region.id: region.name for region in specification.regions}
        self._quotas = Quotas(specification)
        self._clear: dict[str, list[Candidate]] = {name: [] for name in self._order}
        self._taken: dict[str, list[tuple[Candidate, str]]] = {name: [] for name in self._order}
        self._spare: list[tuple[Candidate, str]] = []
        self._left_out: list[tuple[Article, str, float]] = []

    def first_readings(self, articles: Sequence[Article], memory: Memory) -> list[Article]:
        """Put aside what is barred, what readers had before and what is here twice; return the
        rest, newest first.
        """
        barrier, fresh = Barrier(self._specification.rules), []
        for article in sorted(articles, key=richness):
            reason = barrier.objection(article) or _had(article, memory)
            if reason is None:
                fresh.append(article)
            else:
                self._leave_out([article], reason)
        kept, copies = without_copies(fresh)
        for copy, original in copies:
            title = original.title or original.url
            reason = reasons.same_article(title, copy.source, original.source)
            self._leave_out([copy], reason)
        return sorted(kept, key=position)

    def judge(self, candidate: Candidate) -> None:
        """Put a story into the section it clearly belongs to, on the pile, or aside."""
        best = ranked(candidate.points, self._order)
        if not best:
            self._leave_out(candidate.articles, reasons.NO_KEYWORD)
        elif candidate.located.elsewhere:
            told = reasons.elsewhere(candidate.located.elsewhere, self._regions.values())
            self._put_aside(candidate, told)
        elif candidate.recalled is not None and not candidate.recalled.news:
            day = short_day(candidate.recalled.day)
            self._put_aside(candidate, f"readers had it on {day}, and this says nothing new")
        elif is_clear(candidate.points, best[0]):
            self._clear[best[0]].append(candidate)
        else:
            self._spare.append((candidate, reasons.doubt(candidate.points, best, self._names)))

    def fill_sections(self) -> None:
        """Take the best clear stories of each category, up to its maximum and those of its cells.

        Places that a cell's minimum needs are kept for that cell.
        """
        for name, candidates in self._clear.items():
            for rank, candidate in enumerate(_best_first(candidates, name), 1):
                full = self._quotas.objection(name, candidate.located.region)
                if full is None:
                    self._take(candidate, name)
                else:
                    told = f"{full}; this ranked {reasons.ordinal(rank)}"
                    self._spare.append((candidate, told))

    def fill_cell_minimums(self) -> None:
        """Give a cell below its minimum the next best stories from its region."""
        for cell in self._quotas.demanding:
            able = [
                candidate
                for candidate, _ in self._spare
                if cell.category in candidate.points and candidate.located.region == cell.region
            ]
            missing = self._quotas.missing(cell)
            asking = self._quotas.title(cell)
            for candidate in _best_first(able, cell.category)[:missing]:
                self._take_spare(candidate, cell.category, asking, cell.min)
        self._quotas.release()

    def fill_kept_places(self) -> None:
        """Give places that were kept for a cell, and that nothing filled, to the next best."""
        for name, candidates in self._clear.items():
            waiting = self._still_spare(candidates)
            for candidate in _best_first(waiting, name):
                if self._quotas.objection(name, candidate.located.region) is None:
                    self._take(candidate, name)
                    self._drop_spare(candidate)

    def fill_minimums(self) -> None:
        """Give a category below its minimum the next best stories that speak of it at all."""
        for name, category in self._categories.items():
            able = [candidate for candidate, _ in self._spare if name in candidate.points]
            for candidate in _best_first(able, name):
                if len(self._taken[name]) >= category.min_stories:
                    break
                if self._quotas.objection(name, candidate.located.region) is None:
                    self._take_spare(candidate, name, category.name, category.min_stories)

    def selection(self) -> Selection:
        """Return what the table holds now; the pile is left out."""
        for candidate, reason in self._spare:
            self._put_aside(candidate, reason)
        self._spare = []
        stories = tuple(story for name in self._order for story in self._stories(name))
        aside = sorted(self._left_out, key=lambda item: (position(item[0]), item[1]))
        return Selection(
            stories=stories,
            left_out=tuple(
                LeftOut(title=article.title, url=article.url, reason=reason, score=score)
                for article, reason, score in aside
            ),
        )

    def _stories(self, category: str) -> list[Story]:
        taken = self._taken[category]
        clear = _best_first([candidate for candidate, note in taken if not note], category)
        weak = [(candidate, note) for candidate, note in taken if note]
        ordered = [*((candidate, "") for candidate in clear), *weak]
        return [self._story(candidate, category, note) for candidate, note in ordered]

    def _leave_out(self, articles: Iterable[Article], reason: str, score: float = 0.0) -> None:
        self._left_out += [(article, reason, score) for article in articles]

    def _put_aside(self, candidate: Candidate, reason: str) -> None:
        self._leave_out(candidate.articles, reason, candidate.best_score)

    def _take(self, candidate: Candidate, category: str, note: str = "") -> None:
        self._taken[category].append((candidate, note))
        self._quotas.take(category, candidate.located.region)

    def _take_spare(self, candidate: Candidate, category: str, asking: str, least: int) -> None:
        self._take(candidate, category, reasons.weaker(candidate.points[category], asking, least))
        self._drop_spare(candidate)

    def _drop_spare(self, candidate: Candidate) -> None:
        self._spare = [pair for pair in self._spare if pair[0] is not candidate]

    def _still_spare(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        spare = {id(candidate) for candidate, _ in self._spare}
        return [candidate for candidate in candidates if id(candidate) in spare]

    def _story(self, candidate: Candidate, category: str, note: str = "") -> Story:
        region = candidate.located.region
        place = "" if region is None else f"{self._regions[region]} ({candidate.located.how})"
        story = candidate.story(category, place=place, note=note)
        near = reasons.near_a_story(story.lead.title or story.lead.url)
        self._leave_out(candidate.untold(category), near, story.score)
        return story


def _had(article: Article, memory: Memory) -> str | None:
    day = day_sent(article, memory)
    return None if day is None else f"already in the issue of {short_day(day)}"


def _best_first(candidates: Iterable[Candidate], category: str) -> list[Candidate]:
    return sorted(candidates, key=lambda c: (-c.score(category), position(c.articles[0])))
