"""Draws the issue for a browser: the archive page, with the sources of every sentence."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from autopilot.domain.content import Draft, DraftStory
from autopilot.pipeline.render.evidence import Traced, traced
from autopilot.pipeline.render.html import environment
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.page import Page, page_of
from autopilot.pipeline.render.palette import palette_of

_TEMPLATE = "web.html.j2"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def render_web(
    draft: Draft,
    look: Look,
    *,
    open_sources: bool = False,
    sources_url: str = "",
    issues_url: str = "",
    subscribe_url: str = "",
) -> str:
    """Return the issue as a web page: the words of the mail, whole, with their sources.

    Each story has a fold that says why it is there and which stored passages its sentences rest
    on; `open_sources` unfolds them all, for a page of sources. The foot leads to the sources, the
    other issues and the form to subscribe where their addresses are given. Stories have the ids
    story-1, story-2, ... in reading order. There is no script, no form, no style attribute and one
    style element (`style_source`); only a logo comes from elsewhere.
    """
    page, palette = page_of(draft, look), palette_of(look.brand.color)
    return (
        environment()
        .get_template(_TEMPLATE)
        .render(
            page=page,
            stories=_traced(page, draft, look),
            open_sources=open_sources,
            sources_url=sources_url,
            issues_url=issues_url,
            subscribe_url=subscribe_url,
            light=palette.light,
            dark=palette.dark,
        )
    )


def style_source(html: str) -> str:
    """Return what `style-src` of a Content-Security-Policy has to name for a page of `render_web`:
    "'sha256-...'" (CSP Level 3, section 2.3.1).
    """
    found = _STYLE.search(html)
    digest = sha256((found[1] if found else "").encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"


def _traced(page: Page, draft: Draft, look: Look) -> dict[int, Traced]:
    written = _in_reading_order(draft, look)
    return {item.index: traced(item, written[item.index]) for item in page.items}


def _in_reading_order(draft: Draft, look: Look) -> list[DraftStory]:
    """The stories as a page's sections have them: an item's index is its place here."""
    order = list(
        dict.fromkeys([*look.categories, *(each.story.category for each in draft.stories)])
    )
    return sorted(draft.stories, key=lambda written: order.index(written.story.category))
