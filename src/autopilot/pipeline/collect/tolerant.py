"""The tolerant path: feedparser, for what is not well-formed even after mending."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from autopilot.domain.content import Feed
from autopilot.pipeline.collect.plain_text import one_line
from autopilot.pipeline.collect.raw_entry import MAX_ENTRIES, RawEntry, language_of

MAX_TOLERATED_BYTES = 3_000_000
"""feedparser reads about 2 MB a second; the newest entries stand at the top."""

Parsed = Mapping[str, Any]


def read_tolerantly(text: str, url: str) -> Feed:
    """Return what feedparser finds in the text; may raise whatever feedparser raises.

    Its own sanitising and link resolving are off, ours follow. It gets a stream, never the bytes:
    it opens bytes and strings that look like a path or an address.
    """
    import feedparser

    body = text.encode("utf-8", errors="replace")[:MAX_TOLERATED_BYTES]
    parsed = feedparser.parse(
        BytesIO(body),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    return Feed(
        title=one_line(str(parsed.feed.get("title") or "")),
        entries=tuple(_raw_entry(entry, url).build() for entry in parsed.entries[:MAX_ENTRIES]),
        language=language_of(parsed.feed.get("language")),
    )


def _raw_entry(entry: Parsed, url: str) -> RawEntry:
    content = next(iter(entry.get("content") or ()), {})
    return RawEntry(
        base=url,
        title=entry.get("title") or "",
        title_markup="html" in _kind(entry.get("title_detail")),
        link=entry.get("link"),
        origin=entry.get("feedburner_origlink"),
        summary=entry.get("summary") or "",
        content=content.get("value") or "",
        published=entry.get("published"),
        updated=entry.get("updated") or entry.get("created"),
        language=entry.get("language"),
    )


def _kind(detail: Parsed | None) -> str:
    return str((detail or {}).get("type") or "")
