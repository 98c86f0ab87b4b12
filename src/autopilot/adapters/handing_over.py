"""Hands one request over to another program: guarded, bounded in time and size, never sent on."""

from __future__ import annotations

import time
from functools import partial

import anyio
import httpx2

from autopilot.adapters.address_guard import AddressGuard
from autopilot.adapters.fetch_faults import plain, sentence
from autopilot.adapters.http_transport import GuardedTransport, system_addresses
from autopilot.adapters.limits import Limits, Resolve
from autopilot.adapters.waiting import asked_to_wait
from autopilot.domain.handover import Handover, Receipt
from autopilot.errors import OutgoingRefused

MOST_WORDS = 2_000  # bytes of an answer that are read: it is shown to people, never used
NEVER = (OutgoingRefused, httpx2.InvalidURL, httpx2.LocalProtocolError)
SERVERS_DOING = (httpx2.TransportError, OSError, ValueError)


class HandingOver:
    """One request over a connection of its own."""

    def __init__(
        self, *, guard: AddressGuard, limits: Limits, user_agent: str, resolve: Resolve | None
    ) -> None:
        self._guard = guard
        self._limits = limits
        self._user_agent = user_agent
        self._resolve = resolve or system_addresses

    def run(self, handover: Handover) -> Receipt:
        """Return what came back; raises nothing that a server does."""
        return anyio.run(partial(self._receipt, handover))

    async def _receipt(self, handover: Handover) -> Receipt:
        try:
            with anyio.move_on_after(handover.seconds):
                async with GuardedTransport(self._guard, resolve=self._resolve) as transport:
                    return await self._answer(handover, transport)
        except NEVER as error:
            return Receipt(problem=sentence(error, self._limits), refused=True)
        except SERVERS_DOING as error:
            return Receipt(problem=sentence(error, self._limits))
        return Receipt(problem=f"no answer within {handover.seconds:g} s")

    async def _answer(self, handover: Handover, transport: GuardedTransport) -> Receipt:
        response = await transport.handle_async_request(self._request(handover))
        try:
            words = await _first_words(response)
        finally:
            await response.aclose()
        return Receipt(
            status=response.status_code,
            words=words,
            wait_seconds=asked_to_wait(response.headers, time.time()),
        )

    def _request(self, handover: Handover) -> httpx2.Request:
        connect = min(self._limits.connect_seconds, handover.seconds)
        return httpx2.Request(
            "GET" if handover.body is None else "POST",
            httpx2.URL(handover.url).copy_with(fragment=None),
            headers={
                "User-Agent": self._user_agent,
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                **handover.headers,
            },
            content=handover.body,
            extensions={"timeout": {"connect": connect}},
        )


async def _first_words(response: httpx2.Response) -> str:
    """What it says, up to a limit. The status has the answer: a body that breaks off changes nothing."""
    read = bytearray()
    try:
        async for part in response.aiter_raw():
            read += part[: MOST_WORDS - len(read)]
            if len(read) >= MOST_WORDS:
                break
    except (httpx2.TransportError, OSError):
        pass
    return plain(read.decode("utf-8", "replace"))
