"""Matching: how many stored articles each keyword, category and cell of a document matches.

Counted by the very same matching that selects issues, article by article: an issue groups them into
stories afterwards, so it has fewer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autopilot.domain.content import Article
from autopilot.domain.specification import Specification, SpecificationDocument
from autopilot.service.context import App
from autopilot.service.recent import Recent
from autopilot.service.stored import MOST_ARTICLES, WEEKS, articles_of, shelved_of

if TYPE_CHECKING:
    from autopilot.pipeline.select.match import Matches

NOWHERE = ""  # the region of an article that names none


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """The counts over `articles` stored articles of the last `weeks`, `barred` of them by rules.

    `keywords` has articles by category and keyword; None for a keyword that is the same word as one
    before it. `found` counts articles with a keyword of the category, `clear` those that belong to
    it and to no other; `cells` counts the clear ones by category and region (NOWHERE: none named).
    `elsewhere` are clear, but about countries that are not listed. `is_all` is False where more
    were stored than are looked at.
    """

    weeks: int
    articles: int
    is_all: bool
    barred: int
    keywords: Mapping[str, Mapping[str, int | None]]
    found: Mapping[str, int]
    clear: Mapping[str, int]
    cells: Mapping[tuple[str, str], int]
    elsewhere: Mapping[str, int]
    unknown_sources: tuple[str, ...]


_recent: Recent[Matching] = Recent()


def matching(
    app: App, document: SpecificationDocument, *, workspace: str, weeks: int = WEEKS
) -> Matching:
    """Return how much of what is stored a document's keywords match; of more than 5,000 articles the
    newest count. The same question is answered from memory until a source was looked at again.
    """
    shelved = shelved_of(app, document, workspace=workspace, weeks=weeks)
    asked = (
        shelved.state,
        document.language,
        document.categories,
        document.regions,
        document.rules,
    )

    def count() -> Matching:
        articles = articles_of(app, shelved)
        return _counted(articles, document, weeks, shelved.unknown)

    return _recent.get(asked, count)


def _counted(
    articles: Sequence[Article], document: Specification, weeks: int, unknown: tuple[str, ...]
) -> Matching:
    from autopilot.pipeline.select.match import match_readings
    from autopilot.pipeline.select.rules import Barrier
    from autopilot.pipeline.select.words import Reading

    barrier = Barrier(document.rules)
    open_ones = [article for article in articles if barrier.objection(article) is None]
    matches = match_readings(
        map(Reading, open_ones), document.categories, language=document.language
    )
    clear = _clear(matches, document)
    cells, elsewhere = _located(open_ones, clear, document)
    return Matching(
        weeks=weeks,
        articles=len(articles),
        is_all=len(articles) < MOST_ARTICLES,
        barred=len(articles) - len(open_ones),
        keywords=_by_keyword(matches, document),
        found=Counter(owner for match in matches for owner in match),
        clear=Counter(clear.values()),
        cells=cells,
        elsewhere=elsewhere,
        unknown_sources=unknown,
    )


def _clear(matches: Sequence[Matches], document: Specification) -> dict[int, str]:
    """Return the category of each article that belongs to one clearly, by the article's place."""
    from autopilot.pipeline.select.match import is_clear, ranked

    order = [category.id for category in document.categories]
    found: dict[int, str] = {}
    for place, match in enumerate(matches):
        points = {owner: one.points for owner, one in match.items()}
        if points and is_clear(points, best := ranked(points, order)[0]):
            found[place] = best
    return found


def _located(
    articles: Sequence[Article], clear: Mapping[int, str], document: Specification
) -> tuple[Mapping[tuple[str, str], int], Mapping[str, int]]:
    from autopilot.pipeline.select.regions import Atlas
    from autopilot.pipeline.select.words import Reading

    cells: Counter[tuple[str, str]] = Counter()
    elsewhere: Counter[str] = Counter()
    atlas = Atlas(document) if clear and document.regions else None
    for place, category in clear.items():
        located = atlas.locate([Reading(articles[place])]) if atlas else None
        if located is not None and located.elsewhere:
            elsewhere[category] += 1
        else:
            cells[category, (located and located.region) or NOWHERE] += 1
    return cells, elsewhere


def _by_keyword(
    matches: Sequence[Matches], document: Specification
) -> dict[str, dict[str, int | None]]:
    from autopilot.pipeline.select.lexicon import Lexicon, keyword

    counted = Counter(
        (owner, label)
        for match in matches
        for owner, one in match.items()
        for label in (*one.title, *one.lead)
    )
    told: dict[str, dict[str, int | None]] = {}
    for category in document.categories:
        sought = Lexicon(
            (keyword(category.id, word) for word in category.keywords), language=document.language
        )
        own = {term.label for term in sought.terms}
        told[category.id] = {
            word: counted[category.id, word] if word in own else None for word in category.keywords
        }
    return told
