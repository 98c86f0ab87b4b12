"""Draws the text part: every story with its address, for readers and programs without HTML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from autopilot.domain.content import Draft
from autopilot.pipeline.render.item import Item
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.page import Page, page_of

WIDTH = 76
MAX_LINE_CHARACTERS = 240  # at four octets each below the 998 of RFC 5322


def render_text(draft: Draft, look: Look) -> str:
    """Return the issue as plain text, wrapped at 76 characters, addresses whole on their own lines."""
    return text_of(page_of(draft, look))


def text_of(page: Page) -> str:
    """Return a page as plain text."""
    return "\n".join([*_head(page), *_body(page), *_foot(page)]) + "\n"


def _head(page: Page) -> Iterator[str]:
    if page.brand and page.brand != page.name:
        yield from _wrapped(page.brand)
    yield from _wrapped(page.name)
    yield from _wrapped(f"{page.date} · {page.stories_from}")
    for line in page.intro:
        yield ""
        yield from _wrapped(line)
    if page.has_contents:
        counted = [f"{section.name} ({len(section.stories)})" for section in page.sections]
        yield ""
        yield from _wrapped(f"{page.words.in_this_issue}: {', '.join(counted)}")


def _body(page: Page) -> Iterator[str]:
    for section in page.sections:
        yield ""
        yield ""
        yield from _wrapped(section.name)
        yield "=" * min(max(map(len, _wrapped(section.name))), WIDTH)
        for item in section.stories:
            yield ""
            yield from _story(page, item)


def _story(page: Page, item: Item) -> Iterator[str]:
    yield from _wrapped(item.headline)
    yield from _wrapped(" · ".join(item.facts))
    yield from _wrapped(item.news)
    yield from _wrapped(item.summary)
    if item.url:
        yield item.url
    for link in item.also:
        yield from _wrapped(f"{page.words.also_in} {link.name}:")
        yield link.url
    if item.unnamed_also:
        yield page.words.and_more.format(count=item.unnamed_also)


def _foot(page: Page) -> Iterator[str]:
    yield ""
    yield "-" * 40
    yield from _wrapped(page.words.about)
    for line in [*page.about, *page.footer, page.why, *page.postal_address]:
        yield from _wrapped(line)
    for link in (page.sources, page.web, page.unsubscribe):
        if link.url:
            yield ""
            yield from _wrapped(f"{link.name}:")
            yield link.url


def _wrapped(line: str) -> list[str]:
    lines = textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)
    return [piece for long in lines for piece in _broken(long)]


def _broken(line: str) -> list[str]:
    """A line without spaces, as Chinese has them, cut where mail would cut it otherwise."""
    starts = range(0, len(line), MAX_LINE_CHARACTERS)
    return [line[start : start + MAX_LINE_CHARACTERS] for start in starts]
