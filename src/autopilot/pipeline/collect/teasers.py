"""Which articles are worth reading on their own page, and what that adds to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median

from autopilot.domain.content import Article, Feed
from autopilot.domain.editorial import SourceKind
from autopilot.domain.specification import Source
from autopilot.pipeline.collect.page_text import MIN_TEXT, PageText
from autopilot.pipeline.collect.raw_entry import is_cut_off
from autopilot.pipeline.collect.sites import same_site

SHORT = 240
"""Characters; where half of a feed's texts are shorter, they are teasers."""
CUT = 1_200
"""A text that ends in an ellipsis is a teaser up to this length; a longer one is enough."""


def gives_teasers(feed: Feed, kind: SourceKind) -> bool:
    """Say whether a source gives only beginnings: short texts, texts cut off, or none at all."""
    if kind is not SourceKind.FEED:
        return True
    texts = [entry.summary for entry in feed.entries if entry.link]
    if not texts:
        return False
    cut = sum(len(text) < CUT and is_cut_off(text) for text in texts)
    return median(map(len, texts)) < SHORT or cut * 2 > len(texts)


def to_be_read(
    source: Source, feed: Feed, kind: SourceKind, articles: Iterable[Article], *, most: int
) -> tuple[Article, ...]:
    """Return the articles whose pages are asked for, newest first, at most `most`.

    Where the source does not say (`full_text` None) that is for teasers only, and only on the site
    of the feed itself: whoever gathers links of others is not asked to fetch the whole web.
    """
    if source.full_text is False or (source.full_text is None and not gives_teasers(feed, kind)):
        return ()
    wanted = [
        article
        for article in articles
        if source.full_text
        or same_site(article.url, source.url)
        or same_site(article.url, feed.site)
    ]
    wanted.sort(key=lambda article: article.published, reverse=True)
    return tuple(wanted[:most])


def with_page(article: Article, page: PageText | None, now: datetime) -> Article:
    """Return the article with its page's text, and its title and date where the source gave none."""
    if page is None:
        return article
    longer = len(page.text) >= MIN_TEXT and len(page.text) > len(article.text)
    if longer:
        article = replace(article, text=page.text, extracted=True)
    if not article.dated and page.published is not None and page.published <= now:
        article = replace(article, published=page.published, dated=True)
    return article


def retitled(article: Article, page: PageText | None) -> Article:
    """Return the article under its page's title: what a list calls it is a guess."""
    return article if page is None or not page.title else replace(article, title=page.title)


def dates_of(articles: Sequence[Article]) -> tuple[datetime, ...]:
    """Return the dates that the source itself gave, newest first."""
    return tuple(sorted((it.published for it in articles if it.dated), reverse=True))
