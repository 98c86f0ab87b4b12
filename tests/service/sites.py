"""Answers of a small web: pages, feeds and sitemaps as raw HTTP, for a scripted server."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime

PARAGRAPH = (
    "The operator of the grid will build a line of 380 kilovolts between two cities of the north. "
    "Work begins in spring and takes three years, a spokeswoman said on Friday. "
)


def answer(body: bytes, kind: str = "text/html; charset=utf-8", *headers: str) -> bytes:
    """A whole HTTP answer."""
    head = [
        "HTTP/1.1 200 OK",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(head).encode() + body


def refusal(status: int, *headers: str) -> bytes:
    """An answer without a body."""
    head = [f"HTTP/1.1 {status} No", "Content-Length: 0", *headers, "", ""]
    return "\r\n".join(head).encode()


def conditional(body: bytes, etag: str) -> Callable[[socket.socket, bytes], None]:
    """Says 304 to whoever names the ETag."""

    def script(client: socket.socket, head: bytes) -> None:
        if f"if-none-match: {etag}".encode() in head.lower():
            client.sendall(refusal(304, f"ETag: {etag}"))
        else:
            client.sendall(answer(body, "application/rss+xml", f"ETag: {etag}"))

    return script


def feed(*links: str, newest: datetime, step: timedelta, text: str = "A line.") -> bytes:
    """RSS with one item a link, `step` apart."""
    items = "".join(
        f"<item><title>Grid operator plans line {number}</title><link>{link}</link>"
        f"<description>{text}</description>"
        f"<pubDate>{format_datetime(newest - step * number)}</pubDate></item>"
        for number, link in enumerate(links)
    )
    return f'<rss version="2.0"><channel><title>Grid Wire</title>{items}</channel></rss>'.encode()


def article_page(title: str, *, published: str = "", paragraphs: int = 6) -> bytes:
    """A page with an article between a menu and a footer."""
    meta = f'<meta property="article:published_time" content="{published}">' if published else ""
    text = "".join(f"<p>{PARAGRAPH} Number {number}.</p>" for number in range(paragraphs))
    return (
        f"<!doctype html><html lang=en><head><title>{title} | Grid Wire</title>{meta}</head><body>"
        f"<nav><a href=/>Home</a><a href=/about>About us</a></nav>"
        f"<article><h1>{title}</h1>{text}</article><footer>All rights reserved</footer></body></html>"
    ).encode()


def listing(*items: tuple[str, str], head: str = "", day: str = "") -> bytes:
    """A page that lists articles under headings, beside a menu."""
    dated = f"<time datetime='{day}'></time>" if day else ""
    shown = "".join(
        f"<li><h2><a href='{link}'>{title}</a></h2>{dated}</li>" for link, title in items
    )
    return (
        f"<!doctype html><html><head><title>Grid Wire</title>{head}</head><body>"
        "<nav><a href='/about-us-and-more'>About us and everything else here</a></nav>"
        f"<main><ul>{shown}</ul></main>"
        "<footer><a href='/privacy-policy-2026'>Privacy policy of this web site</a></footer></body></html>"
    ).encode()
