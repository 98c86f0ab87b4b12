"""A web page as a tree, within limits of size and depth; nothing in it is run, loaded or opened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autopilot.pipeline.collect.mending import decoded

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_PAGE_BYTES = 3_000_000
MAX_TAGS = 60_000
"""More than any page of words has; what a page of a million tags costs is not worth its text."""

_META_CHARSET = re.compile(
    rb"""(?i)<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{2,40})"""
)


def html_tree(body: bytes, content_type: str = "") -> HtmlElement | None:
    """Return the page's tree, or None where there is none to read."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    body = body[:MAX_PAGE_BYTES]
    if not body.strip() or body.count(b"<") > MAX_TAGS:
        return None
    found = _META_CHARSET.search(body[:4_000])
    text = decoded(body, content_type, stated=found and found[1].decode("ascii"))
    parser = HTMLParser(
        encoding="utf-8", remove_pis=True, remove_comments=True, huge_tree=False, no_network=True
    )
    try:
        return document_fromstring(
            text.replace("\x00", "").encode("utf-8", "replace"), parser=parser
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None


def meta(tree: HtmlElement, name: str) -> str:
    """Return the content of the first `meta` with this name, property or itemprop, or ""."""
    for found in tree.iter("meta"):
        stated = found.get("property") or found.get("name") or found.get("itemprop") or ""
        if stated.lower() == name and found.get("content"):
            return str(found.get("content")).strip()
    return ""
