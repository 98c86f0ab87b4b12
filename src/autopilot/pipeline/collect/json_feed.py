"""JSON Feed 1 and 1.1 (jsonfeed.org), and RSS written as JSON, which some sites still serve."""

from __future__ import annotations

import json
from collections.abc import Mapping

from autopilot.domain.content import Feed
from autopilot.pipeline.collect.links import absolute_link
from autopilot.pipeline.collect.plain_text import one_line
from autopilot.pipeline.collect.raw_entry import MAX_ENTRIES, RawEntry, language_of

CUT = "this JSON is not whole, so nothing of it could be read"
NO_FEED = "this is JSON, but not a feed: it has no list of items"

Json = Mapping[str, object]


def read_json(text: str, url: str) -> Feed:
    """Return the feed, or one with a problem; members of the wrong type count as missing."""
    try:
        document = json.loads(text, strict=False)  # line breaks inside strings are common
    except (ValueError, RecursionError):
        return Feed(title="", entries=(), problem=CUT)
    channel = _channel(document)
    items = None if channel is None else channel.get("items", channel.get("item"))
    if channel is None or not isinstance(items, list):
        return Feed(title="", entries=(), problem=NO_FEED)
    entries = [item for item in items if isinstance(item, dict)][:MAX_ENTRIES]
    return Feed(
        title=one_line(_text(channel, "title")),
        entries=tuple(_raw_entry(item, url).build() for item in entries),
        language=language_of(_text(channel, "language")),
        site=absolute_link(_text(channel, "home_page_url", "link"), url),
    )


def _channel(document: object) -> Json | None:
    """Return the object that holds the items: the document, or rss.channel in RSS as JSON."""
    for name in ("rss", "channel"):
        if isinstance(document, dict) and isinstance(document.get(name), dict):
            document = document[name]
    return document if isinstance(document, dict) else None


def _raw_entry(item: Json, url: str) -> RawEntry:
    html = _text(item, "content_html")
    identity = _text(item, "id", "guid")
    return RawEntry(
        base=url,
        title=_text(item, "title"),
        link=_text(item, "url", "link", "external_url"),
        permalink=identity if identity.lower().startswith("http") else None,
        summary=_text(item, "summary", "description"),
        content=html or _text(item, "content_text"),
        content_markup=bool(html),
        published=_text(item, "date_published", "pubDate"),
        updated=_text(item, "date_modified"),
        language=_text(item, "language"),
    )


def _text(item: Json, *names: str) -> str:
    """Return the first member that is text."""
    values = (item.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), "")
