"""What an answer turned out to be: a feed, a page of links, a sitemap, or a way to one of them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from autopilot.domain.content import Feed, Fetched
from autopilot.domain.editorial import SourceKind
from autopilot.domain.specification import Source
from autopilot.pipeline.collect.feeds import EMPTY, SITEMAP, WEB_PAGE, parse_feed
from autopilot.pipeline.collect.page_links import PageFound, read_links
from autopilot.pipeline.collect.sitemaps import gunzipped, read_sitemap

LOGIN_PAGE = "this is a page to log in, not a feed"
BECAME_LOGIN = "it gave a feed before and now gives a page to log in"
BECAME_PAGE = "it gave a feed before and now gives a web page"
NO_LISTING = "this is a web page that advertises no feed and lists no articles"
ITS_FEED = "{problem}; the page says that its feed is {feed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A source's answer, read. `leads_to` are addresses that hold what this one only names: the
    feed a page advertises, the sitemaps of an index.
    """

    kind: SourceKind
    feed: Feed
    leads_to: tuple[str, ...] = ()
    is_login: bool = False


def read_answer(source: Source, fetched: Fetched, *, was_feed: bool = False) -> Reading:
    """Read an answer as the kind the source has, or finds out which that is; never raises.

    `was_feed` says that this address gave a feed before: then a page is a fault, not a listing.
    """
    url = fetched.answered_by or fetched.url or source.url
    if source.kind is SourceKind.SITEMAP:
        return _sitemap(fetched.body, url, fetched.content_type)
    if source.kind is SourceKind.PAGE:
        return _page(read_links(fetched.body, url, fetched.content_type), url)
    body = _opened(fetched.body)
    feed = parse_feed(body, url, fetched.content_type)
    if feed.problem == SITEMAP and source.kind is SourceKind.AUTO:
        return _sitemap(body, url, fetched.content_type)
    if feed.problem is None or not _is_page(feed, fetched):
        return Reading(kind=SourceKind.FEED, feed=feed)
    found = read_links(body, url, fetched.content_type)
    if source.kind is SourceKind.FEED:
        return _no_feed(feed, found)
    return _found_out(found, url, was_feed=was_feed)


def _found_out(found: PageFound, url: str, *, was_feed: bool) -> Reading:
    """A page in place of a feed: its own feed is the better source, then its links."""
    if found.feeds:
        return Reading(kind=SourceKind.FEED, feed=_empty(None), leads_to=found.feeds[:1])
    if was_feed:
        problem = BECAME_LOGIN if found.asks_for_password else BECAME_PAGE
        return _fault(problem, SourceKind.FEED, is_login=found.asks_for_password)
    if found.asks_for_password and not found.listing.entries:
        return _fault(LOGIN_PAGE, SourceKind.PAGE, is_login=True)
    return _page(found, url)


def _page(found: PageFound, url: str) -> Reading:
    if not found.listing.entries:
        return _fault(NO_LISTING, SourceKind.PAGE, is_login=found.asks_for_password)
    return Reading(kind=SourceKind.PAGE, feed=replace(found.listing, site=url))


def _no_feed(feed: Feed, found: PageFound) -> Reading:
    problem = LOGIN_PAGE if found.asks_for_password else feed.problem or WEB_PAGE
    if found.feeds:
        problem = ITS_FEED.format(problem=problem, feed=found.feeds[0])
    return _fault(problem, SourceKind.FEED, is_login=found.asks_for_password)


def _sitemap(body: bytes, url: str, content_type: str) -> Reading:
    feed, leads_to = read_sitemap(body, url, content_type)
    return Reading(kind=SourceKind.SITEMAP, feed=feed, leads_to=leads_to)


def _is_page(feed: Feed, fetched: Fetched) -> bool:
    if feed.problem == EMPTY:
        return False
    return feed.problem == WEB_PAGE or "html" in fetched.content_type.lower()


def _opened(body: bytes) -> bytes:
    """A feed or sitemap that is served as a gzipped file (not as a gzipped answer)."""
    try:
        return gunzipped(body)
    except zlib.error:
        return body


def _fault(problem: str, kind: SourceKind, *, is_login: bool = False) -> Reading:
    return Reading(kind=kind, feed=_empty(problem), is_login=is_login)


def _empty(problem: str | None) -> Feed:
    return Feed(title="", entries=(), problem=problem)
