"""Gives a draft its look: an email-safe HTML page and the text part of the same content."""

from __future__ import annotations

from autopilot.domain.content import Draft, Rendered
from autopilot.pipeline.render.html import render_html
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.text import render_text
from autopilot.pipeline.write.one_line import one_line

__all__ = ["Look", "render", "render_html", "render_text"]


def render(draft: Draft, look: Look) -> Rendered:
    """Return the issue as a reader gets it, both parts saying the same."""
    return Rendered(
        subject=one_line(draft.subject),
        preheader=one_line(draft.preheader),
        html=render_html(draft, look),
        text=render_text(draft, look),
    )
