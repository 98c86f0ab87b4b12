"""The window: which articles belong to this issue by their date, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from autopilot.domain.content import Article, LeftOut, Window

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def within(
    articles: Iterable[Article], window: Window, *, zone: tzinfo = UTC
) -> tuple[tuple[Article, ...], tuple[LeftOut, ...]]:
    """Return the articles inside the window and, with a reason each, those outside, in order.

    `zone` is where the reader lives: the reasons name days there.
    """
    articles = tuple(articles)
    inside = tuple(article for article in articles if article.published in window)
    left_out = tuple(
        LeftOut(title=article.title, url=article.url, reason=reason(article, window, zone=zone))
        for article in articles
        if article.published not in window
    )
    return inside, left_out


def reason(article: Article, window: Window, *, zone: tzinfo = UTC) -> str:
    """Say why an article outside the window is not in the issue."""
    verb = "published" if article.dated else "first seen"
    side = "before" if article.published < window.start else "after"
    day = _day(article.published.astimezone(zone), with_year=True)
    return f"{verb} {day}, {side} this issue's window ({span(window, zone=zone)})"


def span(window: Window, *, zone: tzinfo = UTC) -> str:
    """Return a window's days, first to last, for people: "10-17 Nov", "28 Nov-4 Dec", "16 Nov"."""
    first = window.start.astimezone(zone)
    last = max(first, window.end.astimezone(zone) - timedelta(microseconds=1))
    if first.date() == last.date():
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}-{_day(last)}"
    across = first.year != last.year
    return f"{_day(first, with_year=across)}-{_day(last, with_year=across)}"


def _day(moment: datetime, *, with_year: bool = False) -> str:
    """Write a day without the system's locale: the same words on every machine."""
    day = f"{moment.day} {_MONTHS[moment.month - 1]}"
    return f"{day} {moment.year}" if with_year else day
