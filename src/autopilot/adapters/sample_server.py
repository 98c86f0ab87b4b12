"""A pack's sample feeds over loopback HTTP, so that a first look takes the path of a real fetch."""

from __future__ import annotations

import hashlib
import socketserver
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any

from autopilot.adapters.packs import sample_sources, sample_text
from autopilot.adapters.sample_dates import with_dates
from autopilot.domain.specification import Source
from autopilot.errors import NotFound

HOST = "127.0.0.1"

Now = Callable[[], datetime]


class SampleServer:
    """Serves one pack while used as a context manager; `now` is asked at every request.

    `port` 0 takes any free port. `place` is what the outgoing client has to be allowed
    (`Outgoing(frozenset({server.place}))`), `sources` what a specification lists.
    """

    def __init__(self, pack: str, *, now: Now, port: int = 0) -> None:
        self._pack = pack
        self._listed = sample_sources(pack)
        self._server = _Server((HOST, port), _handler(pack, now))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> SampleServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def place(self) -> str:
        """The server's `host:port`."""
        return f"{HOST}:{self._server.server_port}"

    @property
    def sources(self) -> tuple[Source, ...]:
        """The pack's sample feeds as a specification lists them."""
        return tuple(
            Source(
                url=f"http://{self.place}/{source.file}",
                name=source.name,
                region=source.region,
                local=source.local,
            )
            for source in self._listed
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # HTTPServer looks up the machine's full name here, which waits for a name server that a
        # machine without a network does not have.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.socket.getsockname()[1]


def _handler(pack: str, now: Now) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "AutopilotSamples", ""
        timeout = 10

        def do_GET(self) -> None:
            try:
                feed = sample_text(pack, self.path.partition("?")[0].lstrip("/"))
            except NotFound:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            self._answer(with_dates(feed, now=now()).encode(), content_type_of(feed))

        def _answer(self, body: bytes, content_type: str) -> None:
            etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            known = self.headers.get("If-None-Match") == etag
            self.send_response(HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK)
            self.send_header("ETag", etag)
            if not known:
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not known:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the terminal for the one who watches the demo."""

    return Handler


def content_type_of(feed: str) -> str:
    """Return the media type that a sample is served as."""
    if feed.lstrip().startswith("{"):
        return "application/feed+json"
    if "<rdf:RDF" in feed:
        return "application/rdf+xml; charset=utf-8"
    return f"application/{'rss' if '<rss' in feed else 'atom'}+xml; charset=utf-8"
