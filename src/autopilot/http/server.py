"""The server: binds the address first, serves in a thread of its own, ends when it is asked to."""

from __future__ import annotations

import errno
import socket
import threading
from typing import TYPE_CHECKING

import structlog

from autopilot.errors import Conflict, InputRefused, Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp

log = structlog.get_logger(__name__)
BACKLOG = 512
KEEP_ALIVE_SECONDS = 15
DRAIN_SECONDS = 10
MAX_MESSAGE_BYTES = 1024 * 1024  # what a page may send at once; files come another way
AT_ONCE = 500  # requests in hand; further ones are told to come back
LOOK_SECONDS = 0.5
_REFUSALS = {errno.EADDRINUSE, errno.EACCES}


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address, port 0 being any free one; raises Conflict where it is
    taken, InputRefused where this machine has no such address.
    """
    try:
        family, kind, proto, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, proto)
    except OSError as error:
        raise _no_address(host, error) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno in _REFUSALS:
            raise _taken(host, port) from error
        raise _no_address(host, error) from error
    return bound


def is_free(host: str, port: int) -> bool:
    """Whether the port can be had now."""
    try:
        bind(host, port).close()
    except Conflict:
        return False
    return True


def _taken(host: str, port: int) -> Conflict:
    return Conflict(
        f"Port {port} of {host} is taken by another program, or not ours to take.",
        hint="End that program, or choose another port: --port 8502, or PORT=8502.",
    )


def address_of(bound: socket.socket) -> str:
    """Return where a browser on this machine finds it: "http://127.0.0.1:8501"."""
    host, port = bound.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def serve(web: ASGIApp, bound: socket.socket, *, stop: threading.Event, live: bool = False) -> None:
    """Serve until `stop` is set, then end requests in hand and return.

    `live` is for the web app: its pages hold a connection open, and it has a beginning and an end.

    Its own signal handlers are not used: they end the process by the signal, not well.
    """
    from uvicorn import Config, Server

    server = Server(
        Config(
            web,
            http="h11",
            loop="asyncio",
            ws="websockets-sansio" if live else "none",
            ws_max_size=MAX_MESSAGE_BYTES,
            lifespan="on" if live else "off",
            log_config=None,
            log_level="warning",
            access_log=False,  # addresses hold tokens
            server_header=False,
            proxy_headers=False,  # `http.proxies` reads them, of those it was told to trust
            limit_concurrency=AT_ONCE,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="web")
    thread.daemon = True  # a second signal ends the process whatever hangs
    thread.start()
    log.info("Web pages are served.", action="start", address=address_of(bound))
    while thread.is_alive() and not stop.wait(LOOK_SECONDS):
        pass
    server.should_exit = True
    thread.join(DRAIN_SECONDS + 2)
    log.info("Web pages are no longer served.", action="stop")


def _no_address(host: str, error: OSError) -> InputRefused:
    problem = Problem(
        path="--host",
        message=f"{host!r} is no address of this machine: {error.strerror}",
        allowed="127.0.0.1 (this machine only), 0.0.0.0 (everywhere), or one of its addresses",
    )
    return InputRefused("The web pages cannot be served:", [problem])
