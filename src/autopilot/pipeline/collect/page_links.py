"""A web page as a source: the feeds it advertises, or its list of links to articles.

A listing's articles are told from its menus by what they look like: a link with a title's worth of
words, to the same site, to an address that looks like an article's, outside navigation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from autopilot.domain.content import Entry, Feed
from autopilot.pipeline.collect.canonical import canonical_url
from autopilot.pipeline.collect.dates import read_date
from autopilot.pipeline.collect.html_tree import html_tree, meta
from autopilot.pipeline.collect.links import absolute_link
from autopilot.pipeline.collect.plain_text import one_line
from autopilot.pipeline.collect.raw_entry import language_of
from autopilot.pipeline.collect.sites import same_site

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_LINKS = 40
"""Articles taken from a listing, from its top, where the new ones are."""
MIN_LINKS = 3
"""Fewer are no listing."""
MIN_TITLE = 20
MIN_DENSE_TITLE = 8  # in scripts that write a word with one or two characters
LEVELS_TO_A_DATE = 4

_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
    }
)
_NOT_THE_NEWS = re.compile(r"(?i)comments?(?:/|\b)|/oembed|wp-json|manifest")
_OUTSIDE = frozenset({"nav", "footer", "aside", "form", "select", "button"})
_OUTSIDE_NAMES = re.compile(
    r"(?i)\b(?:nav|menu|footer|breadcrumb|pagination|cookie|sidebar|social)"
)
_SERVICE = re.compile(
    r"(?i)^/(?:[a-z]{2}/)?(?:about|contact|privacy|terms|imprint|impressum|datenschutz|login|signin|"
    r"sign-in|signup|register|account|subscribe|newsletter|search|tags?|topics?|category|categories|"
    r"about-us|contact-us|privacy-[\w-]+|terms-[\w-]+|cookie[\w-]*|authors?|legal|help|faq|jobs|careers|shop|cart|sitemap|rss|feeds?|events?)(?:[/.?]|\Z)"
)
_ARTICLE = re.compile(
    r"(?i)\d{4}[/-]\d{1,2}|\d{4,}|[^/]+-[^/]+-[^/]+|\.html?\Z|%[0-9a-f]{2}|[^\x00-\x7f]"
)
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFound:
    """What a page offers: feeds it advertises, the articles it lists, a place to log in."""

    feeds: tuple[str, ...]
    listing: Feed
    asks_for_password: bool


NOTHING = PageFound(feeds=(), listing=Feed(title="", entries=()), asks_for_password=False)


def read_links(body: bytes, url: str, content_type: str = "") -> PageFound:
    """Return what a page offers; nothing of all where it cannot be read. Never raises."""
    try:
        tree = html_tree(body, content_type)
        return NOTHING if tree is None else _found(tree, url)
    except Exception:  # noqa: BLE001  a stranger's page in a stranger's parser: anything can come
        return NOTHING


def _found(tree: HtmlElement, url: str) -> PageFound:
    base = absolute_link(next((found.get("href") for found in tree.iter("base")), None), url) or url
    title = meta(tree, "og:site_name") or next(
        (found.text_content() for found in tree.iter("title")), ""
    )
    entries = tuple(_entries(tree, base, language_of(tree.get("lang"))))
    return PageFound(
        feeds=tuple(dict.fromkeys(_feeds(tree, base))),
        listing=Feed(
            title=one_line(title),
            entries=entries if len(entries) >= MIN_LINKS else (),
            language=language_of(tree.get("lang")),
            site=url,
        ),
        asks_for_password=any(
            (found.get("type") or "").lower() == "password" for found in tree.iter("input")
        ),
    )


def _feeds(tree: HtmlElement, base: str) -> Iterator[str]:
    """Yield feeds named as alternates of this page, feeds of comments left out."""
    for found in tree.iter("link"):
        kind = (found.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" not in (found.get("rel") or "").lower() or kind not in _FEED_TYPES:
            continue
        link = absolute_link(found.get("href"), base)
        if link and not _NOT_THE_NEWS.search(f"{link} {found.get('title') or ''}"):
            yield link


def _entries(tree: HtmlElement, base: str, language: str | None) -> Iterator[Entry]:
    links: dict[str, tuple[str, str, HtmlElement]] = {}
    for found in tree.iter("a"):
        link = absolute_link(found.get("href"), base)
        if not link or not _is_article(link, base) or _is_outside(found):
            continue
        key = canonical_url(link)
        title = one_line(" ".join(_heading(found).split()))
        if key not in links or len(title) > len(links[key][0]):
            links[key] = (title, link, found)
    titled = [item for item in links.values() if _is_title(item[0])]
    for title, link, found in titled[:MAX_LINKS]:
        yield Entry(
            title=title, link=link, summary="", published=_date_near(found), language=language
        )


def _heading(found: HtmlElement) -> str:
    """Return the heading inside a link that holds a whole card, else all its words."""
    for inner in found.iter("h1", "h2", "h3", "h4"):
        return str(inner.text_content())
    return str(found.text_content())


def _is_title(text: str) -> bool:
    enough = MIN_DENSE_TITLE if _DENSE.search(text) else MIN_TITLE
    return enough <= len(text) <= 300


def _is_article(link: str, base: str) -> bool:
    path = urlsplit(link).path
    if path in ("", "/") or not same_site(link, base) or _SERVICE.match(path):
        return False
    return canonical_url(link) != canonical_url(base) and bool(_ARTICLE.search(path))


def _is_outside(found: HtmlElement) -> bool:
    for place in found.iterancestors():
        if place.tag in ("article", "main"):
            return False
        if place.tag in _OUTSIDE or place.get("role") == "navigation":
            return True
        if _OUTSIDE_NAMES.search(f"{place.get('class') or ''} {place.get('id') or ''}"):
            return str(place.tag) != "body"
    return False


def _date_near(found: HtmlElement) -> datetime | None:
    """Return the one date that stands with a link, in the smallest box that has any."""
    for level, place in enumerate(found.iterancestors()):
        if level >= LEVELS_TO_A_DATE:
            return None
        times = list(place.iter("time"))
        if times:
            stated = times[0].get("datetime") or times[0].text_content()
            return read_date(stated) if len(times) == 1 else None
    return None
