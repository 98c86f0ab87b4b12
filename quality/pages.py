"""The page reader as a measurement sees it: bytes in, plain values out."""

from __future__ import annotations

from autopilot.pipeline.collect.page_text import read_page


def parse(html: bytes, url: str | None) -> dict[str, str | None]:
    """Return a page's title, text and date of publication (ISO 8601, None where it gives none)."""
    page = read_page(html, url)
    if page is None:
        return {"title": None, "text": "", "published": None}
    published = None if page.published is None else page.published.isoformat()
    return {"title": page.title, "text": page.text, "published": published}
