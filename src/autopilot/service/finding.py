"""Finding: the feeds of a site, from whatever address of it a person has at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from autopilot.domain.content import Feed, Fetched, FetchRequest
from autopilot.domain.document import web_address
from autopilot.domain.editorial import SourceKind
from autopilot.domain.specification import Source
from autopilot.errors import InputRefused, Problem, SourceUnreachable
from autopilot.pipeline.collect.page_links import read_links
from autopilot.pipeline.collect.reading import Reading, read_answer
from autopilot.service.context import App

MOST_ADVERTISED = 8
USUAL_PLACES = ("/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/rss", "/feed.json")
USUAL_SITEMAPS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap.xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A source that a site offers: how it is read, how much it lists, and its newest date."""

    url: str
    kind: SourceKind
    title: str
    entries: int
    newest: datetime | None


def find_sources(app: App, address: str) -> tuple[Found, ...]:
    """Return what can be read of a site, the best first: feeds, else news sitemaps, else its page.

    The address may be the feed itself, the site or a page of it, with or without https://. Raises
    InputRefused for what is no address, SourceUnreachable where nothing can be read.
    """
    url = _address(address)
    first = _ask(app, [url])[0]
    if first.error is not None:
        raise SourceUnreachable(f"{url}: {first.error}.", hint="Check the address in a browser.")
    source = Source(url=url)
    reading = read_answer(source, first)
    place = first.moved_to or url
    if reading.kind is SourceKind.FEED and _is_good(reading.feed):
        return (_found(place, reading),)
    base = first.answered_by or url
    advertised = read_links(first.body, base, first.content_type).feeds[:MOST_ADVERTISED]
    found = _readable(app, advertised)
    found = found or _readable(app, _at_root(base, USUAL_PLACES))
    listing = [] if reading.kind is not SourceKind.PAGE or not _is_good(reading.feed) else [reading]
    found = found or _readable(app, _at_root(base, USUAL_SITEMAPS))
    found += [_found(place, it) for it in listing]
    if reading.kind is SourceKind.SITEMAP and (_is_good(reading.feed) or reading.leads_to):
        found.insert(0, _found(place, reading))
    if not found:
        raise SourceUnreachable(
            f"{url} is there, but offers nothing to read: no feed, no sitemap, no list of articles.",
            hint="Look for a link called RSS on the site and give its address.",
        )
    return tuple(found)


def _ask(app: App, urls: Sequence[str]) -> Sequence[Fetched]:
    return app.outgoing.fetch_all([FetchRequest(url=url) for url in urls])


def _readable(app: App, urls: Sequence[str]) -> list[Found]:
    """Return those of the addresses that hold something with entries, each feed once."""
    found: dict[tuple[str, int, datetime | None], Found] = {}
    for url, fetched in zip(urls, _ask(app, urls), strict=True):
        if fetched.error is not None:
            continue
        reading = read_answer(Source(url=url), fetched)
        is_index = reading.kind is SourceKind.SITEMAP and bool(reading.leads_to)
        if reading.kind is not SourceKind.PAGE and (_is_good(reading.feed) or is_index):
            one = _found(fetched.moved_to or url, reading)
            found.setdefault((one.title, one.entries, one.newest), one)
    return list(found.values())


def _found(url: str, reading: Reading) -> Found:
    dates = [entry.published for entry in reading.feed.entries if entry.published]
    return Found(
        url=url,
        kind=reading.kind,
        title=reading.feed.title,
        entries=len(reading.feed.entries),
        newest=max(dates, default=None),
    )


def _is_good(feed: Feed) -> bool:
    return feed.problem is None and bool(feed.entries)


def _at_root(url: str, places: Sequence[str]) -> list[str]:
    parts = urlsplit(url)
    return [urljoin(f"{parts.scheme}://{parts.netloc}", place) for place in places]


def _address(text: str) -> str:
    address = text.strip()
    if "://" not in address:
        address = f"https://{address}"
    try:
        return web_address(address)
    except ValueError as error:
        problem = Problem(path="ADDRESS", message=str(error), example="https://example.org/news")
        raise InputRefused("The address cannot be used:", [problem]) from error
