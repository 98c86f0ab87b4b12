"""A TCP proxy before PostgreSQL that cuts connections: all at once, or just when a COMMIT passes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable

# Cut before the server sees the COMMIT (it rolls back), or after it committed and before its reply.
BEFORE, AFTER, ALL = "before the server saw it", "the reply was lost", "every connection at once"
CHUNK = 65_536


class Proxy:
    """Forwards to a server's socket file; `arm` lies in wait for the next COMMIT."""

    def __init__(self, server_socket: str) -> None:
        self.cuts: Counter[str] = Counter()
        self._server_socket = server_socket
        self._armed: list[str] = []
        self._open: set[Callable[[], None]] = set()

    async def start(self) -> int:
        """Listen on a free port and return it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def arm(self, kind: str) -> None:
        """Cut the connection of the next COMMIT (BEFORE or AFTER), or every one right now (ALL)."""
        if kind != ALL:
            self._armed.append(kind)
            return
        self.cuts[ALL] += 1
        self.abort_all()

    def abort_all(self) -> None:
        """Cut every connection there is, uncounted."""
        for abort in list(self._open):
            abort()

    async def _serve(self, client: asyncio.StreamReader, reply: asyncio.StreamWriter) -> None:
        try:
            answers, server = await asyncio.open_unix_connection(self._server_socket)
        except OSError:
            reply.transport.abort()  # the server is down
            return

        def abort() -> None:
            reply.transport.abort()
            server.transport.abort()

        self._open.add(abort)
        lost = asyncio.Event()  # set when the next bytes of the server must not arrive
        try:
            await asyncio.gather(
                self._up(client, server, lost, abort), self._down(answers, reply, lost, abort)
            )
        finally:
            abort()
            self._open.discard(abort)

    async def _up(
        self,
        client: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        lost: asyncio.Event,
        abort: Callable[[], None],
    ) -> None:
        """Forward whole messages of the client, so that a COMMIT is seen as one."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            server.write(await _message(client, tagged=False))  # the start-up packet has no tag
            while True:
                message = await _message(client, tagged=True)
                if self._armed and message[:1] == b"Q" and message[5:].startswith(b"COMMIT"):
                    kind = self._armed.pop(0)
                    self.cuts[kind] += 1
                    if kind == BEFORE:
                        break
                    lost.set()
                server.write(message)
                await server.drain()
        if not lost.is_set():
            abort()

    async def _down(
        self,
        answers: asyncio.StreamReader,
        reply: asyncio.StreamWriter,
        lost: asyncio.Event,
        abort: Callable[[], None],
    ) -> None:
        with contextlib.suppress(OSError):
            while (chunk := await answers.read(CHUNK)) and not lost.is_set():
                reply.write(chunk)
                await reply.drain()
        abort()


async def _message(reader: asyncio.StreamReader, *, tagged: bool) -> bytes:
    head = await reader.readexactly(5 if tagged else 4)
    length = int.from_bytes(head[-4:], "big")
    return head + await reader.readexactly(length - 4)
