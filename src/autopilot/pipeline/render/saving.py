"""Makes a page fit: the lowest-ranked stories are shortened, then become titles, then are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from autopilot.pipeline.render.item import Item
from autopilot.pipeline.render.page import Page, Section, lowest_ranked

ALWAYS_IN_FULL = 3  # the best stories keep their summary until they have to become titles
_FULL, _SHORT, _TITLE, _GONE = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A page that fits: stories with summaries, `cut` of them shortened; stories as bare titles;
    and how many only the text and the web have.
    """

    page: Page
    cut: int = 0
    titles: tuple[Item, ...] = ()
    untold: int = 0

    @property
    def lead(self) -> Item | None:
        """The best story that has its summary, which the subject names; None without any."""
        return max(self.page.items, key=lambda item: item.score, default=None)


def fit(page: Page, draw: Callable[[Fitted], str], most: int) -> str:
    """Return the fullest drawing of the page that has at most `most` octets.

    Where not even the empty page fits, the empty page.
    """
    html = draw(Fitted(page=page))
    if _octets(html) <= most:
        return html
    savings = _savings(page)
    fewest, enough = 1, len(savings)
    html = draw(_after(page, savings))
    while fewest < enough:
        tried = (fewest + enough) // 2
        smaller = draw(_after(page, savings[:tried]))
        if _octets(smaller) <= most:
            html, enough = smaller, tried
        else:
            fewest = tried + 1
    return html


def _savings(page: Page) -> list[tuple[int, int]]:
    """What to do without, in this order: (story, how little is left of it)."""
    ranked = [item.index for item in lowest_ranked(page.items)]
    shortened = ranked[: max(len(ranked) - ALWAYS_IN_FULL, 0)]
    return [
        *((index, _SHORT) for index in shortened),
        *((index, _TITLE) for index in ranked),
        *((index, _GONE) for index in ranked),
    ]


def _after(page: Page, savings: list[tuple[int, int]]) -> Fitted:
    left = dict.fromkeys(range(len(page.items)), _FULL) | dict(savings)
    sections = tuple(_kept(section, left) for section in page.sections)
    return Fitted(
        page=replace(page, sections=tuple(each for each in sections if each.stories)),
        cut=sum(left[item.index] == _SHORT and item.brief != item.summary for item in page.items),
        titles=tuple(item for item in page.items if left[item.index] == _TITLE),
        untold=sum(each == _GONE for each in left.values()),
    )


def _kept(section: Section, left: dict[int, int]) -> Section:
    kept = (item for item in section.stories if left[item.index] < _TITLE)
    return replace(
        section,
        stories=tuple(_short(item) if left[item.index] == _SHORT else item for item in kept),
    )


def _short(item: Item) -> Item:
    return replace(item, summary=item.brief, pieces=item.brief_pieces)


def _octets(html: str) -> int:
    return len(html.encode())
