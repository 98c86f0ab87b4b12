"""Draws the HTML part: nested tables and inlined styles, as mail programs need them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from autopilot.domain.content import Draft
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.page import Page, page_of
from autopilot.pipeline.render.palette import Palette, palette_of
from autopilot.pipeline.render.saving import Fitted, fit

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from jinja2 import Environment

TEMPLATES: frozenset[str] = frozenset({"standard", "briefing", "magazine"})
# Gmail cuts a message at 102,400 octets; the rest is room for what delivery adds per reader.
MAX_HTML_OCTETS = 96_000
SPACERS = 90  # invisible characters that keep the first story out of the inbox preview


def render_html(draft: Draft, look: Look) -> str:
    """Return the issue as one HTML document under 96,000 octets in one of our own templates.

    Styles are inlined. Of stories that do not fit, the lowest-ranked first, summaries are
    shortened; then they become one-line titles in a list at the end; of a list that is still too
    long the end is left to the web and text versions, and the page says so. A template that is not
    ours is drawn as `standard`.
    """
    name = look.template if look.template in TEMPLATES else "standard"
    return html_of(page_of(draft, look), palette_of(look.brand.color), name)


def html_of(page: Page, palette: Palette, template: str) -> str:
    """Return a page in one of our own templates, as `render_html` does."""
    return fit(page, lambda fitted: _drawn(fitted, palette, template), MAX_HTML_OCTETS)


def _drawn(fitted: Fitted, palette: Palette, name: str) -> str:
    template = environment().get_template(f"{name}.html.j2")
    html = template.render(
        page=fitted.page,
        lead=fitted.lead,
        cut=fitted.cut,
        titles=fitted.titles,
        untold=fitted.untold,
        light=palette.light,
        dark=palette.dark,
        spacers=SPACERS,
    )
    return inliner().inline(html)


@cache
def environment() -> Environment:
    """Return what our own templates are drawn with; every value is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("autopilot.pipeline.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def inliner() -> CSSInliner:
    """Return what moves rules into the elements they are for, since some mail programs drop the head.

    The rules marked `data-css-inline="keep"` stay in the head: dark mode and phones need them.
    """
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False)
