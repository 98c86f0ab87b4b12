"""The health page of a worker: /healthz on a port, for hosts that stop a service which binds nothing.

It says whether the last good tick is recent, and nothing else: no tenant, no store, no count. It needs
no web framework, so that a worker that waits stays small.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from autopilot.errors import Conflict

PATH = b"/healthz"
LATE_AFTER_POLLS = 3
# To ask all sources may take 300 s, and writing and sending come on top: a host that restarts what is
# late must not cut that off because the poll interval is short.
LATE_AT_LEAST = timedelta(minutes=10)
BACKLOG = 16
# One visitor at a time, who has so long to say what they want: nobody can hold the page for long, or
# make it need memory.
READ_SECONDS = 2.0
LONGEST_REQUEST = 16_384
OK, NOT_FOUND, NOT_ALLOWED, LATE = (
    b"200 OK",
    b"404 Not Found",
    b"405 Method Not Allowed",
    b"503 Service Unavailable",
)


class HealthPage:
    """Answers /healthz from a thread of its own: 200 while the last good tick is recent, else 503.

    It is bound at once, on every address of this machine: raises Conflict where the port cannot be had.
    Port 0 is any free one. `seconds_now` is a clock that never goes back.
    """

    def __init__(self, port: int, *, seconds_now: Callable[[], float] = time.monotonic) -> None:
        self._seconds_now = seconds_now
        self._late_after = LATE_AT_LEAST
        self._ticked: float | None = None
        self._bound = _bind(port)
        self._ended, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="health-page", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it is served."""
        return int(self._bound.getsockname()[1])

    def expect_every(self, poll_interval: timedelta) -> None:
        """Expect a good tick in each poll interval: three without one are too late."""
        self._late_after = max(LATE_AFTER_POLLS * poll_interval, LATE_AT_LEAST)

    def note_good_tick(self) -> None:
        """Note that a tick ended well just now."""
        self._ticked = self._seconds_now()

    def end(self) -> None:
        """Answer no more, and give the port back."""
        self._end.close()
        self._thread.join(READ_SECONDS + 1)
        self._ended.close()
        self._bound.close()

    def _serve(self) -> None:
        while self._ended not in select.select([self._bound, self._ended], [], [])[0]:
            with suppress(OSError):  # whoever asked has gone, or says nothing
                visitor, _ = self._bound.accept()
                with visitor:
                    self._answer(visitor)

    def _answer(self, visitor: socket.socket) -> None:
        method, path = _asked(visitor)
        if path != PATH:
            status, told = NOT_FOUND, f"There is only {PATH.decode()} here."
        elif method not in (b"GET", b"HEAD"):
            status, told = NOT_ALLOWED, "Only GET is answered here."
        else:
            status, told = self._health()
        visitor.sendall(_message(status, told, with_body=method != b"HEAD"))
        visitor.shutdown(socket.SHUT_WR)

    def _health(self) -> tuple[bytes, str]:
        ticked, late_after = self._ticked, self._late_after.total_seconds()
        if ticked is None:
            return LATE, "No tick has ended well yet."
        age = self._seconds_now() - ticked
        if age > late_after:
            return LATE, f"The last good tick was {age:.0f} s ago, not within {late_after:.0f} s."
        return OK, "ok"


def _bind(port: int) -> socket.socket:
    both = socket.has_dualstack_ipv6()  # some hosts ask over IPv6, some over IPv4
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        raise Conflict(
            f"The health page cannot have port {port}: {error.strerror}.",
            hint="End the program that has it, or choose another: --port 8080, or PORT=8080.",
        ) from error


def _asked(visitor: socket.socket) -> tuple[bytes, bytes]:
    """The method and the path of the request; empty where it is none.

    All of it is read: to close before that takes the answer back, too.
    """
    deadline, said = time.monotonic() + READ_SECONDS, b""
    while b"\r\n\r\n" not in said and len(said) < LONGEST_REQUEST:
        visitor.settimeout(max(deadline - time.monotonic(), 0.001))
        if not (more := visitor.recv(LONGEST_REQUEST)):
            break
        said += more
    method, _, rest = said.partition(b"\n")[0].partition(b" ")
    return method, rest.partition(b" ")[0].partition(b"?")[0].strip()


def _message(status: bytes, told: str, *, with_body: bool) -> bytes:
    body = f"{told}\n".encode()
    head = (
        b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
        b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head % (status, len(body)) + body * with_body
