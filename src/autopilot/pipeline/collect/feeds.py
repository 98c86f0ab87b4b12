"""Read a feed of any format: the fast path for whole feeds, mending and tolerance for the rest.

Start here: `parse_feed` is the ladder, one rung per line.
"""

from __future__ import annotations

import re

from autopilot.domain.content import Feed
from autopilot.pipeline.collect.fast_xml import NotAFeed, NotWellFormed, read_xml
from autopilot.pipeline.collect.json_feed import read_json
from autopilot.pipeline.collect.mending import decoded, mended, trusted_as_is
from autopilot.pipeline.collect.tolerant import read_tolerantly

MAX_BYTES = 12_000_000
"""More than any answer the fetcher lets through; the rest of a larger body is not read."""

MAX_DAMAGED_BYTES = 4_000_000
"""Read of a damaged feed, from its top, where the new entries are."""

EMPTY = "the answer was empty"
WEB_PAGE = "this is a web page, not a feed"
COMPRESSED = "this is a compressed file, not a feed"
NO_FEED = "this is not a feed"
SITEMAP = "this is a sitemap, not a feed"
UNREADABLE = "this feed is too damaged to be read"

_OTHER_XML = {
    "html": WEB_PAGE,
    "opml": "this is a list of feeds (OPML), not a feed",
    "urlset": SITEMAP,
    "sitemapindex": SITEMAP,
}
_FEED_MARK = re.compile(r"(?i)<(?:\w+:)?(?:rss|rdf|feed|channel|item|entry)[\s>]")
_PAGE_MARK = re.compile(r"(?i)<(?:!doctype\s+html|html|head|body|title)[\s>]")
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"
_MAGIC = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\x28\xb5\x2f\xfd")


def parse_feed(body: bytes, url: str, content_type: str = "") -> Feed:
    """Return the feed a body holds, or one whose `problem` says why it holds none; never raises.

    `url` is the address the body came from: relative links are resolved against it.
    """
    try:
        return _read(body[:MAX_BYTES], url, content_type)
    except Exception:  # noqa: BLE001  a stranger's bytes in a stranger's parser: anything can come
        return _unread(UNREADABLE)


def _read(body: bytes, url: str, content_type: str) -> Feed:
    start = body.lstrip(_BLANK)[:8]
    if not start:
        return _unread(EMPTY)
    if start.startswith(_MAGIC):
        return _unread(COMPRESSED)
    if start[:1] in (b"{", b"["):
        return read_json(decoded(body, content_type), url)
    try:
        if trusted_as_is(body):
            return read_xml(body, url)
        return read_xml(decoded(body, content_type).encode(), url, encoding="utf-8")
    except NotAFeed as error:
        return _unread(_OTHER_XML.get(error.root, NO_FEED))
    except (NotWellFormed, UnicodeError):
        return _read_damaged(decoded(body[:MAX_DAMAGED_BYTES], content_type), url)


def _read_damaged(text: str, url: str) -> Feed:
    if not _FEED_MARK.search(text):
        return _unread(WEB_PAGE if _PAGE_MARK.search(text) else NO_FEED)
    text = mended(text)
    try:
        return read_xml(text.encode(), url, encoding="utf-8")
    except NotAFeed as error:
        return _unread(_OTHER_XML.get(error.root, NO_FEED))
    except NotWellFormed:
        feed = read_tolerantly(text, url)
    return feed if feed.entries or feed.title else _unread(UNREADABLE)


def _unread(problem: str) -> Feed:
    return Feed(title="", entries=(), problem=problem)
