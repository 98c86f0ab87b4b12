"""A feed server of its own for acceptance tests: slow on purpose, so that runs take a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM = """<item><title>{title}</title><link>https://news.example/{number}</link>
<pubDate>{date}</pubDate><description>{text}</description></item>"""
HEADLINES = (
    ("Grid operator opens a new interconnector", "The cable carries 700 megawatts of power."),
    (
        "Battery park joins the grid in Lower Saxony",
        "It stores surplus wind power for the evening.",
    ),
    ("Regulator approves a transmission line", "Work on the grid begins in spring, it said."),
)


def feed() -> bytes:
    """A small RSS feed with stories of the last hours."""
    now = datetime.now(UTC)
    items = "".join(
        ITEM.format(
            title=title,
            number=number,
            text=text,
            date=format_datetime(now - timedelta(hours=number + 1)),
        )
        for number, (title, text) in enumerate(HEADLINES)
    )
    return f'<rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>'.encode()


@contextmanager
def serving(*, delay_seconds: float = 0.0) -> Iterator[str]:
    """Yield the host:port of a server that gives the feed at every path after a delay."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay_seconds)
            body = feed()
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
