"""The HTTP client that model calls go through: checked addresses, bounded bodies, no proxy settings.

A model server is an address like any other: an operator may have mistyped it, and whoever answers
there may send without end. So its answers pass the same guard and the same limits as feeds.
"""

from __future__ import annotations

import httpx2

from autopilot.adapters.address_guard import AddressGuard
from autopilot.adapters.http_transport import GuardedTransport, Resolve, system_addresses
from autopilot.adapters.inflate import decoder_for
from autopilot.errors import SourceUnreachable

MAX_ANSWER_BYTES = 2_000_000
CONNECT_SECONDS = 10.0
_ABOUT_THE_CODING = ("content-encoding", "content-length", "transfer-encoding")


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Reads each answer whole, decoded, within a limit; past it the answer is an error."""

    def __init__(
        self,
        guard: AddressGuard,
        *,
        resolve: Resolve | None = None,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self._guarded = GuardedTransport(guard, resolve=resolve or system_addresses)
        self._max_bytes = max_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; raises OutgoingRefused or httpx2 errors, ReadError past the limit."""
        response = await self._guarded.handle_async_request(request)
        try:
            body = await self._body(response)
        except SourceUnreachable as error:
            raise httpx2.ReadError(f"the answer is {error.message}") from error
        finally:
            await response.aclose()
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in _ABOUT_THE_CODING
        ]
        return httpx2.Response(
            response.status_code, headers=headers, content=body, extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._guarded.aclose()

    async def _body(self, response: httpx2.Response) -> bytes:
        decoder = decoder_for(response.headers.get("content-encoding", ""), self._max_bytes)
        async for raw in response.aiter_raw():
            decoder.feed(raw)
        return decoder.finish()


def model_client(guard: AddressGuard, *, resolve: Resolve | None = None) -> httpx2.AsyncClient:
    """Return a client for one call. Redirects are not followed: they would carry the key elsewhere."""
    return httpx2.AsyncClient(
        transport=BoundedTransport(guard, resolve=resolve),
        trust_env=False,
        follow_redirects=False,
        headers={"Accept-Encoding": "gzip, deflate"},
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
    )
