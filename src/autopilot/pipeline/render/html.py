"""Draws the HTML part: nested tables and inlined styles, as mail programs need them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from autopilot.domain.content import Draft
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.page import Item, Page, Section, lowest_ranked, page_of
from autopilot.pipeline.render.palette import Palette, palette_of

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from jinja2 import Environment

# Gmail cuts a message at 102,400 octets; the rest is room for what delivery adds per reader.
MAX_HTML_OCTETS = 96_000
_TEMPLATE = "issue.html.j2"
_SPACERS = 90  # invisible characters that keep the first story out of the inbox preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A page that fits: stories in full, stories as bare titles, and how many only the text has."""

    page: Page
    titles: tuple[Item, ...] = ()
    untold: int = 0


def render_html(draft: Draft, look: Look) -> str:
    """Return the issue as one HTML document under 96,000 octets, styles inlined.

    Stories that do not fit become one-line titles in a list at the end, the lowest-ranked first;
    of a list that is still too long the end is left to the text part, and the page says so.
    """
    palette = palette_of(look.brand.color)
    return fit(page_of(draft, look), palette, MAX_HTML_OCTETS)


def fit(page: Page, palette: Palette, most: int) -> str:
    """Return the fullest HTML of the page that has at most `most` octets."""
    html = _drawn(Fitted(page=page), palette)
    if _octets(html) <= most:
        return html
    ranked = lowest_ranked(page.items)
    fewest, enough = 0, 2 * len(ranked)
    while fewest < enough:
        taken = (fewest + enough) // 2
        if _octets(_drawn(_without(page, ranked, taken), palette)) <= most:
            enough = taken
        else:
            fewest = taken + 1
    return _drawn(_without(page, ranked, enough), palette)


def _without(page: Page, ranked: list[Item], steps: int) -> Fitted:
    """The page after `steps` savings: first each story becomes a title, then titles go."""
    short = {id(item) for item in ranked[:steps]}
    gone = {id(item) for item in ranked[: max(steps - len(ranked), 0)]}
    sections = tuple(_kept(section, short) for section in page.sections)
    smaller = replace(page, sections=tuple(each for each in sections if each.items))
    titles = tuple(item for item in page.items if id(item) in short and id(item) not in gone)
    return Fitted(page=smaller, titles=titles, untold=len(gone))


def _kept(section: Section, short: set[int]) -> Section:
    return replace(section, items=tuple(item for item in section.items if id(item) not in short))


def _drawn(fitted: Fitted, palette: Palette) -> str:
    template = _environment().get_template(_TEMPLATE)
    html = template.render(
        page=fitted.page,
        titles=fitted.titles,
        untold=fitted.untold,
        light=palette.light,
        dark=palette.dark,
        spacers=range(_SPACERS),
    )
    return _inliner().inline(html)


def _octets(html: str) -> int:
    return len(html.encode())


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("autopilot.pipeline.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _inliner() -> CSSInliner:
    """The rules marked `data-css-inline="keep"` stay in the head: dark mode and phones need them."""
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False)
