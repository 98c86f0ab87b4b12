"""Drafts, looks and readings of pages for the tests of rendering."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import html as lxml_html

from autopilot.domain.content import Article, Draft, DraftStory, Story, Window
from autopilot.domain.specification import Brand
from autopilot.pipeline.render import Look

EDITION = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WEEK = Window(start=EDITION - timedelta(days=7), end=EDITION)
CATEGORIES = {"grid": "Power grid", "storage": "Storage", "policy": "Policy"}
SUMMARY = "The operator opened the line on Monday. It carries 1,400 megawatts, it said."


def article(number: int, **changes: Any) -> Article:
    url = f"https://example.org/story-{number}"
    values: dict[str, Any] = {
        "key": url.removeprefix("https://"),
        "url": url,
        "title": f"Headline {number} about the grid",
        "text": SUMMARY,
        "published": EDITION - timedelta(days=1),
        "dated": True,
        "source": "Example News",
        "source_url": "https://example.org/feed.xml",
    }
    return Article(**{**values, **changes})


def written(
    number: int,
    *,
    category: str = "grid",
    region: str | None = "DE",
    score: float = 1.0,
    summary: str = SUMMARY,
    also: tuple[Article, ...] = (),
    update_of: str | None = None,
    **changes: Any,
) -> DraftStory:
    lead = article(number, **changes)
    story = Story(
        lead=lead,
        also=also,
        category=category,
        region=region,
        score=score,
        reason="fits",
        update_of=update_of,
    )
    return DraftStory(story=story, headline=lead.title, summary=summary, excerpt=True)


def draft_of(*stories: DraftStory, **changes: Any) -> Draft:
    values: dict[str, Any] = {
        "subject": "Undersea link starts its first winter",
        "preheader": "Regulator asks who pays for the northern ring",
        "stories": stories,
        "writer": "extractive",
    }
    return Draft(**{**values, **changes})


def look_of(**changes: Any) -> Look:
    values: dict[str, Any] = {
        "brand": Brand(name="Acme Research", footer="Acme GmbH\nExample Street 1, Berlin"),
        "name": "Energy Weekly",
        "categories": CATEGORIES,
        "regions": {"DE": "Germany"},
        "language": "en",
        "zone": "Europe/Berlin",
        "window": WEEK,
        "edition": EDITION,
        "sources": 14,
    }
    return Look(**{**values, **changes})


RICH = draft_of(
    *(written(number, also=(article(100 + number, source="Sample Courier"),)) for number in (1, 2)),
    written(3, category="storage", summary="", region=None),
    written(4, category="storage", title="W" * 200),
    written(5, category="policy", title="محطة تخزين جديدة قرب القاهرة", language="ar"),
    written(6, category="policy", dated=False, update_of="2026-11-16"),
)
DELIVERED: dict[str, Any] = {
    "why": "You get this because you asked for it.",
    "postal_address": "Example Media\nExample Street 1, Berlin",
    "unsubscribe_url": "https://example.org/unsubscribe/token",
    "web_url": "https://example.org/issues/1",
    "sources_url": "https://example.org/issues/1/sources",
}
HARD_LOOKS = {
    "plain": look_of(),
    "bare": look_of(brand=Brand(), sources=0),
    "black": look_of(brand=Brand(color="#000000")),
    "white": look_of(brand=Brand(color="#ffffff")),
    "yellow": look_of(brand=Brand(color="#ffe600")),
    "logo": look_of(brand=Brand(name="Acme", logo="https://example.org/logo.png")),
    "german": look_of(language="de"),
    "arabic": look_of(language="ar", name="الطاقة"),
    "hebrew": look_of(language="he", name="אנרגיה"),
    "delivered": look_of(**DELIVERED),
    "failures": look_of(failed=("A Example", "B Example"), notes=("A note for readers.",)),
}


def parsed(rendered: str) -> Any:
    return lxml_html.document_fromstring(rendered.encode(), lxml_html.HTMLParser(encoding="utf-8"))


def style_of(element: Any) -> dict[str, str]:
    pairs = (part.partition(":") for part in (element.get("style") or "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def inherited(element: Any, name: str) -> str:
    while element is not None:
        value = style_of(element).get(name)
        if value:
            return value
        element = element.getparent()
    return ""


def texts_of(page: Any) -> Iterator[Any]:
    for element in page.iter("h1", "h2", "h3", "p", "a", "b", "span"):
        if (element.text or "").strip():
            yield element
