"""A real HTTP server on loopback with small feeds, and a count of what was asked of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a feed; without `published` it has no date."""

    title: str
    published: datetime | None
    link: str = ""
    text: str = ""

    @property
    def address(self) -> str:
        return self.link or "https://example.org/" + self.title.lower().replace(" ", "-")


def rss(items: Sequence[Item], *, title: str = "Example") -> bytes:
    """Writes a feed."""
    written = "".join(
        f"<item><title>{escape(item.title)}</title><link>{escape(item.address)}</link>"
        f"<description>{escape(item.text or item.title)}</description>"
        + (f"<pubDate>{format_datetime(item.published)}</pubDate>" if item.published else "")
        + "</item>"
        for item in items
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>'
        f"<link>https://example.org/</link>{written}</channel></rss>"
    ).encode()


@dataclass(slots=True)
class Page:
    body: bytes
    status: int = 200
    etag: str | None = None
    before: Callable[[], object] = field(default=lambda: None)


class Feeds:
    """Serves pages by path; `hits` counts requests, `conditional` those that named an ETag."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.hits: Counter[str] = Counter()
        self.conditional: Counter[str] = Counter()
        self.released = threading.Event()  # whoever waits for it hangs until the test ends
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        return f"http://{self.host}/{path}"

    def serve(self, path: str, *items: Item, etag: str | None = None) -> str:
        """Puts a feed there and returns its address."""
        return self.put(path, rss(items), etag=etag)

    def put(self, path: str, body: bytes, **how: Any) -> str:
        """Puts bytes there and returns their address."""
        self.pages[path] = Page(body, **how)
        return self.url(path)

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.strip("/")
                feeds.hits[path] += 1
                page = feeds.pages.get(path, Page(b"gone", status=404))
                page.before()
                asked = self.headers.get("If-None-Match")
                feeds.conditional[path] += asked is not None
                unchanged = page.etag is not None and asked == page.etag
                body = b"" if unchanged else page.body
                try:
                    self.send_response(304 if unchanged else page.status)
                    if page.etag:
                        self.send_header("ETag", page.etag)
                    self.send_header("Content-Type", "application/rss+xml")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # whoever asked has given up

            def log_message(self, *_: object) -> None:
                pass

        return Handler
