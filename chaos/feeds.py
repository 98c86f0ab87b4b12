"""A stub feed server: fresh stories at every request, and now and then one of its faults."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

ITEM = """<item><title>{title}</title><link>https://news.example/{number}</link>
<pubDate>{date}</pubDate><description>{text}</description></item>"""
PLACES = ("Leipzig", "Lyon", "Porto", "Turku", "Gdansk", "Cork", "Graz", "Ghent", "Malmo", "Bari")
THINGS = ("substation", "interconnector", "battery park", "wind farm", "cable", "transformer")
ITEMS = 3
DELAY_SECONDS = (0.02, 0.25)
STALL_SECONDS = 4.0  # longer than the leases of a campaign: only renewals keep such a run
HEAD = "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/rss+xml\r\n"


class FeedServer:
    """Serves every path; `served` counts the answers by kind."""

    def __init__(self, rng: random.Random, *, fault_share: float) -> None:
        self.served: Counter[str] = Counter()
        self._rng = rng
        self._share = fault_share
        self._numbers = itertools.count(1)
        self._faults: dict[str, Callable[[asyncio.StreamWriter], Awaitable[None]]] = {
            "refused": self._refuse,
            "hung": self._hang,
            "dripped": self._drip,
            "garbage": self._garbage,
            "error 500": self._error,
            "cut short": self._cut_short,
            "redirect loop": self._loop,
            "gzip bomb": self._bomb,
        }

    async def start(self) -> str:
        """Listen on a free port and return host:port."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self._server = server
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            if self._rng.random() < self._share:
                name = self._rng.choice(list(self._faults))
                self.served[name] += 1
                await self._faults[name](writer)
            else:
                self.served["fine"] += 1
                await asyncio.sleep(self._rng.uniform(*DELAY_SECONDS))
                await self._send(writer, self._feed())
        with contextlib.suppress(OSError):
            writer.close()

    async def _send(
        self, writer: asyncio.StreamWriter, body: bytes, *, status: str = "200 OK", more: str = ""
    ) -> None:
        head = HEAD.format(status=status) + f"Content-Length: {len(body)}\r\n{more}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    async def _refuse(self, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def _hang(self, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(STALL_SECONDS)

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        body = self._feed()
        writer.write(
            (HEAD.format(status="200 OK") + f"Content-Length: {len(body)}\r\n\r\n").encode()
        )
        pieces = [body[place : place + 64] for place in range(0, len(body), 64)]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(STALL_SECONDS / len(pieces))

    async def _garbage(self, writer: asyncio.StreamWriter) -> None:
        await self._send(writer, self._rng.randbytes(2_000))

    async def _error(self, writer: asyncio.StreamWriter) -> None:
        await self._send(writer, b"out of order", status="500 Internal Server Error")

    async def _cut_short(self, writer: asyncio.StreamWriter) -> None:
        body = self._feed()
        head = HEAD.format(status="200 OK") + f"Content-Length: {len(body) * 2}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    async def _loop(self, writer: asyncio.StreamWriter) -> None:
        await self._send(writer, b"", status="302 Found", more="Location: /again.xml\r\n")

    async def _bomb(self, writer: asyncio.StreamWriter) -> None:
        await self._send(writer, _BOMB, more="Content-Encoding: gzip\r\n")

    def _feed(self) -> bytes:
        items = "".join(self._item() for _ in range(ITEMS))
        return f'<rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>'.encode()

    def _item(self) -> str:
        """A story nobody had before, so that no issue is empty for want of news."""
        number = next(self._numbers)
        thing, place = THINGS[number % len(THINGS)], PLACES[number % len(PLACES)]
        age = timedelta(minutes=self._rng.randrange(30, 300))
        return ITEM.format(
            title=f"Grid plan {number}: a {thing} near {place}",
            number=number,
            text=f"The {thing} number {number} brings {number} megawatts of power to {place}.",
            date=format_datetime(datetime.now(UTC) - age),
        )


_BOMB = gzip.compress(bytes(32_000_000))
