"""Gives a draft its look: an email-safe HTML page, the text part and the web page of one content."""

from __future__ import annotations

from dataclasses import dataclass

from autopilot.domain.content import Draft, Rendered
from autopilot.pipeline.render.custom import TemplateFailed, draw_custom
from autopilot.pipeline.render.html import TEMPLATES, html_of, render_html
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.page import Page, page_of
from autopilot.pipeline.render.palette import Palette, palette_of
from autopilot.pipeline.render.text import render_text, text_of
from autopilot.pipeline.render.translations import phrases_for
from autopilot.pipeline.render.trial import template_fault
from autopilot.pipeline.render.web import render_web, style_source

__all__ = [
    "TEMPLATES",
    "Drawing",
    "Look",
    "draw",
    "render",
    "render_html",
    "render_text",
    "render_web",
    "style_source",
    "template_fault",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A rendered issue, and why the workspace's own template was not used ("" where all is well)."""

    rendered: Rendered
    problem: str = ""


def render(draft: Draft, look: Look) -> Rendered:
    """Return the issue as a reader gets it, both parts saying the same."""
    return draw(draft, look).rendered


def draw(draft: Draft, look: Look) -> Drawing:
    """Return the issue, and what its owner should know about its template.

    A template of the workspace that is missing, faulty or too greedy never costs the issue: it is
    then drawn as `standard`, and says so in its foot.
    """
    palette = palette_of(look.brand.color)
    page = page_of(draft, look)
    if look.template in TEMPLATES:
        return Drawing(rendered=_rendered(page, html_of(page, palette, look.template)))
    try:
        return Drawing(rendered=_rendered(page, _own(page, palette, look)))
    except TemplateFailed as failed:
        said = phrases_for(look.language).own_template
        page = page_of(draft, look, said=(said,))
        html = html_of(page, palette, "standard")
        return Drawing(rendered=_rendered(page, html), problem=failed.message)


def _own(page: Page, palette: Palette, look: Look) -> str:
    if not look.template_text:
        ours = ", ".join(sorted(TEMPLATES))
        raise TemplateFailed(f"there is no template {look.template!r}; ours are {ours}")
    return draw_custom(page, palette, look.template_text)


def _rendered(page: Page, html: str) -> Rendered:
    return Rendered(subject=page.subject, preheader=page.preheader, html=html, text=text_of(page))
