"""The article of a web page: its title, its text and its date, without what stands around them.

trafilatura finds the text; title and date are read from what the page says of itself first (Open
Graph, JSON-LD, `time`), since these are exact where they are given.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from autopilot.pipeline.collect.dates import read_date
from autopilot.pipeline.collect.html_tree import html_tree, meta
from autopilot.pipeline.collect.plain_text import MAX_TEXT, one_line, shortened

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MIN_TEXT = 200
"""Characters; less is a caption or a notice, and no reason to replace what the feed said."""

_SUFFIX = re.compile(r"\s+[|\u2013\u2014\u00b7:-]\s+[^|\u2013\u2014]{2,40}\Z")
_APPEAL = re.compile(
    r"(?i)^unterstütze(?:n sie)?\b|\b(?:subscribe|sign up|donate|support (?:us|our)|become a member|newsletter|follow us|"
    r"abonnier\w*|unterstützen? (?:sie )?(?:uns|unsere)|spenden? (?:sie|für)|"
    r"abonnez|soutenez|inscrivez|suscr[ií]b\w+|ap[oó]yan?os|apoya nuestr\w+|iscriviti|sostienici|assine)\b"
)
MAX_APPEAL = 120
"""Characters of a line that can be an appeal as a whole; a longer one belongs to the text."""
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.date",
    "pubdate",
    "publishdate",
    "parsely-pub-date",
    "sailthru.date",
)
MAX_JSON = 200_000
_CHATTY = ("trafilatura", "htmldate", "courlan")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """What a page says: plain text with one paragraph a line; None or "" where it says nothing."""

    title: str
    text: str
    published: datetime | None


def read_page(body: bytes, url: str | None, content_type: str = "") -> PageText | None:
    """Return the article, or None for what is no page of words, is too large or cannot be read."""
    tree = html_tree(body, content_type)
    if tree is None:
        return None
    try:
        title = _title(tree)
        return PageText(title=title, text=_body(tree, url, title), published=_published(tree))
    except Exception:  # noqa: BLE001  a stranger's page in a stranger's parser: anything can come
        return None


def _body(tree: HtmlElement, url: str | None, title: str) -> str:
    from trafilatura import bare_extraction  # late: half a second and 60 MB that few runs need

    # It warns of every page without an article, which is no news to whoever watches us.
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    found = bare_extraction(
        tree,
        url=url,
        favor_precision=True,
        include_comments=False,
        with_metadata=False,
    )
    text = getattr(found, "text", None) or ""
    lines = [line for line in map(_line, text.split("\n")) if line]
    if lines and lines[0] == title:  # the headline is no sentence of the text
        lines = lines[1:]
    return shortened("\n".join(_without_tail(lines)), MAX_TEXT)


def _without_tail(lines: list[str]) -> list[str]:
    """Drop what follows the article: an appeal to pay or subscribe and all after it, and a heading
    that announces what is no longer there.
    """
    for place in range(max(1, len(lines) * 2 // 3), len(lines)):
        if len(lines[place]) < MAX_APPEAL and _APPEAL.search(lines[place]):
            lines = lines[:place]
            break
    while lines and lines[-1].endswith(":"):
        lines = lines[:-1]
    return lines


def _line(line: str) -> str:
    return " ".join(line.strip("|- \t").split())


def _title(tree: HtmlElement) -> str:
    stated = meta(tree, "og:title") or meta(tree, "twitter:title")
    headlines = [" ".join(found.text_content().split()) for found in tree.iter("h1")]
    whole = next((found.text_content() for found in tree.iter("title")), "")
    if stated:
        return one_line(stated)
    # A heading that the window's title repeats is the article's; others are the site's name.
    for headline in headlines:
        if len(headline) > 10 and headline.casefold() in whole.casefold():
            return one_line(headline)
    return one_line(_SUFFIX.sub("", whole) or next(iter(headlines), ""))


def _published(tree: HtmlElement) -> datetime | None:
    for stated in _stated_dates(tree):
        if (moment := read_date(stated)) is not None:
            return moment
    return _found_date(tree)


def _stated_dates(tree: HtmlElement) -> Iterator[str]:
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        text = script.text or ""
        if len(text) <= MAX_JSON:
            with suppress(ValueError, RecursionError):
                yield from _dates_in(json.loads(text, strict=False), depth=0)
    for name in _PUBLISHED:
        yield meta(tree, name)
    for found in tree.iter("time"):
        if "pubdate" in found.attrib or found.get("itemprop") == "datePublished":
            yield found.get("datetime") or ""


def _dates_in(value: Any, *, depth: int) -> Iterator[str]:
    if depth > 5:
        return
    if isinstance(value, dict):
        if isinstance(value.get("datePublished"), str):
            yield value["datePublished"]
        for inner in value.values():
            yield from _dates_in(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value[:50]:
            yield from _dates_in(inner, depth=depth + 1)


def _found_date(tree: HtmlElement) -> datetime | None:
    """Ask htmldate for a date that is marked as one; its search through the text only guesses."""
    from htmldate import find_date

    return read_date(find_date(tree, extensive_search=False, original_date=True))
