"""Sitemaps (sitemaps.org 0.9, with the news extension) and their indexes, plain or gzipped.

Their dates are of the last change; only the news extension names publication. The newest are taken.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lxml import etree

from autopilot.domain.content import Entry, Feed
from autopilot.pipeline.collect.dates import read_date
from autopilot.pipeline.collect.links import absolute_link, host_of
from autopilot.pipeline.collect.mending import decoded
from autopilot.pipeline.collect.plain_text import one_line
from autopilot.pipeline.collect.raw_entry import language_of

MAX_BYTES = 30_000_000
"""Of a sitemap after gunzipping; the format allows 50 MB, news sitemaps hold some hundred kB."""
MAX_ENTRIES = 100
"""Newest entries taken."""
MAX_SITEMAPS = 3
"""Sitemaps of an index that are read, those changed last."""

NOT_WHOLE = "this sitemap is damaged"
NO_ENTRIES = "this sitemap lists no page"
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_GZIP = b"\x1f\x8b"
_WORDS = re.compile(r"[-_+\s]+")
_NUMBER = re.compile(r"(?i)[a-z]?\d+")


class Sitemap(NamedTuple):
    """A sitemap's newest entries, or the sitemaps an index leads to."""

    feed: Feed
    leads_to: tuple[str, ...]


def read_sitemap(body: bytes, url: str, content_type: str = "") -> Sitemap:
    """Return what a sitemap lists, newest first; its problem where it is none. Never raises."""
    try:
        root = _parsed(gunzipped(body), content_type)
    except (etree.XMLSyntaxError, ValueError, LookupError, zlib.error):
        return _unread(NOT_WHOLE)
    kind = str(root.tag).rpartition("}")[2].lower()
    if kind == "sitemapindex":
        found = _newest(root.iterchildren("{*}sitemap"), url, MAX_SITEMAPS)
        return Sitemap(Feed(title="", entries=()), tuple(place for place, _, _ in found))
    if kind != "urlset":
        return _unread("this is not a sitemap")
    entries = tuple(
        _entry(element, place, changed)
        for place, changed, element in _newest(root.iterchildren("{*}url"), url, MAX_ENTRIES)
    )
    problem = None if entries else NO_ENTRIES
    return Sitemap(Feed(title=host_of(url), entries=entries, site=url, problem=problem), ())


def gunzipped(body: bytes) -> bytes:
    """Return the body of a gzipped file up to MAX_BYTES, any other as it is; raises zlib.error."""
    if not body.startswith(_GZIP):
        return body
    return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, MAX_BYTES)


def _parsed(body: bytes, content_type: str) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: etree._Element | None = etree.fromstring(
        decoded(body[:MAX_BYTES], content_type).encode("utf-8", "replace"), parser
    )
    if root is None:
        raise ValueError("no element found")
    return root


def _newest(
    elements: Iterable[etree._Element], url: str, most: int
) -> list[tuple[str, datetime | None, etree._Element]]:
    """Return address, date and element of the latest; in the file's order where dates are alike."""
    found = []
    for element in elements:
        place = absolute_link(_text(element, "loc"), url)
        if place:
            found.append((place, _date_of(element), element))
    found.sort(key=lambda item: item[1] or _EARLIEST, reverse=True)
    return found[:most]


def _entry(element: etree._Element, place: str, changed: datetime | None) -> Entry:
    stated = _text(element, "title", below="news")
    return Entry(
        title=one_line(stated) if stated else title_of(place),
        link=place,
        summary="",
        published=changed,
        language=language_of(_text(element, "language", below="publication")),
    )


def title_of(address: str) -> str:
    """Return a title made of the address's last part, for want of a better one until it is read."""
    last = unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2])
    bare = last.rpartition(".")[0] or last
    words = [word for word in _WORDS.split(bare) if word and not _NUMBER.fullmatch(word)]
    text = " ".join(words)
    return one_line(text[:1].upper() + text[1:]) if len(words) > 1 else ""


def _date_of(element: etree._Element) -> datetime | None:
    return read_date(_text(element, "publication_date", below="news")) or read_date(
        _text(element, "lastmod")
    )


def _text(element: etree._Element, name: str, *, below: str = "") -> str:
    """Return the text of a child, or of a child of the first descendant `below`."""
    inside = next(element.iter("{*}" + below), None) if below else element
    found = None if inside is None else next(inside.iterchildren("{*}" + name), None)
    return "" if found is None else (found.text or "").strip()


def _unread(problem: str) -> Sitemap:
    return Sitemap(Feed(title="", entries=(), problem=problem), ())
