"""One fetch from first connect to last byte: redirects, conditions, limits, and the sentence if it fails."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from http import HTTPStatus
from typing import NamedTuple

import anyio
import httpx2

from autopilot.adapters.fetch_faults import answered, plain, sentence
from autopilot.adapters.http_transport import UnknownHost
from autopilot.adapters.inflate import ACCEPTED_ENCODINGS, decoder_for, too_large
from autopilot.adapters.limits import Limits
from autopilot.adapters.waiting import asked_to_wait, fresh_for
from autopilot.domain.content import Fetched, FetchRequest
from autopilot.errors import OutgoingRefused, SourceUnreachable

ACCEPTED_TYPES = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.7, */*;q=0.5"
)
MOVED = frozenset({301, 302, 303, 307, 308})
MOVED_FOR_GOOD = frozenset({301, 308})
COMPLETE = frozenset({200, 203})
# What the libraries let through for the oddest answers (ValueError, OSError) is the server's doing too.
SERVERS_DOING = (
    OutgoingRefused,
    SourceUnreachable,
    httpx2.InvalidURL,
    httpx2.TransportError,
    OSError,
    ValueError,
)
VALIDATOR = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?")


class Exchange:
    """Asks one address at a time over a shared transport and turns every outcome into a value."""

    def __init__(
        self, transport: httpx2.AsyncBaseTransport, *, limits: Limits, user_agent: str
    ) -> None:
        self._transport = transport
        self._limits = limits
        self._user_agent = user_agent

    async def answer(self, request: FetchRequest) -> Fetched:
        """Return the answer, or a Fetched whose `error` says what happened."""
        began = time.monotonic()
        try:
            fetched = await self._within_time(request)
        except _Refused as error:
            fetched = error.fetched
        except SERVERS_DOING as error:
            fetched = Fetched(
                url=request.url,
                error=sentence(error, self._limits),
                unknown_host=isinstance(error, UnknownHost),
            )
        return replace(fetched, seconds=round(time.monotonic() - began, 3))

    async def _within_time(self, request: FetchRequest) -> Fetched:
        seconds = self._limits.timeout_seconds
        answered = False
        with anyio.move_on_after(seconds):
            response, place = await self._last_hop(request)
            answered = True
            try:
                return replace(
                    await self._read(request, response),
                    answered_by=place.url,
                    moved_to=place.url if place.for_good else None,
                )
            finally:
                await response.aclose()
        if answered:
            raise SourceUnreachable(f"the server was still sending after {seconds:g} s")
        raise SourceUnreachable(f"the server did not answer within {seconds:g} s")

    async def _last_hop(self, request: FetchRequest) -> tuple[httpx2.Response, _Place]:
        """Follow redirects by hand: each hop is a new address that the guard has to accept."""
        url = httpx2.URL(request.url)
        for_good = True
        for hop in range(self._limits.max_redirects + 1):
            response = await self._send(url, request, moved=hop > 0)
            if response.status_code not in MOVED:
                return response, _Place(str(url), hop > 0 and for_good)
            await response.aclose()
            for_good = for_good and response.status_code in MOVED_FOR_GOOD
            url = _next_url(url, response)
        raise SourceUnreachable(f"moved on more than {self._limits.max_redirects} times")

    async def _send(
        self, url: httpx2.URL, request: FetchRequest, *, moved: bool
    ) -> httpx2.Response:
        try:
            return await self._transport.handle_async_request(
                httpx2.Request(
                    "GET",
                    url.copy_with(fragment=None),
                    headers=self._headers(request),
                    extensions={"timeout": {"connect": self._limits.connect_seconds}},
                )
            )
        except OutgoingRefused as error:
            if not moved:
                raise
            raise OutgoingRefused(
                f"sent us on to {_shown(url)}, which is refused: {error.message}"
            ) from error

    def _headers(self, request: FetchRequest) -> dict[str, str]:
        headers = {
            "User-Agent": self._user_agent,
            "Accept": ACCEPTED_TYPES,
            "Accept-Encoding": ACCEPTED_ENCODINGS,
        }
        if request.etag and VALIDATOR.fullmatch(request.etag):
            headers["If-None-Match"] = request.etag
        if request.last_modified and VALIDATOR.fullmatch(request.last_modified):
            headers["If-Modified-Since"] = request.last_modified
        return headers

    async def _read(self, request: FetchRequest, response: httpx2.Response) -> Fetched:
        status = response.status_code
        conditional = bool(request.etag or request.last_modified)
        if status == HTTPStatus.NOT_MODIFIED and conditional:
            return Fetched(
                url=request.url,
                unchanged=True,
                wait_seconds=fresh_for(response.headers),
                etag=_validator(response, "etag") or request.etag,
                last_modified=_validator(response, "last-modified") or request.last_modified,
            )
        if status not in COMPLETE:
            raise _Refused(
                Fetched(
                    url=request.url,
                    error=answered(response),
                    status=status,
                    wait_seconds=asked_to_wait(response.headers, time.time()),
                )
            )
        return Fetched(
            url=request.url,
            body=await self._body(response),
            wait_seconds=fresh_for(response.headers),
            content_type=plain(response.headers.get("content-type", "")),
            etag=_validator(response, "etag"),
            last_modified=_validator(response, "last-modified"),
        )

    async def _body(self, response: httpx2.Response) -> bytes:
        if _announced_bytes(response) > self._limits.max_bytes:
            raise too_large(self._limits.max_bytes)
        decoder = decoder_for(response.headers.get("content-encoding", ""), self._limits.max_bytes)
        async for raw in response.aiter_raw():
            decoder.feed(raw)
        return decoder.finish()


class _Place(NamedTuple):
    """Where the answer came from in the end, and whether every step on the way there is for good."""

    url: str
    for_good: bool


class _Refused(Exception):
    """The server answered, and its status says no."""

    def __init__(self, fetched: Fetched) -> None:
        super().__init__(fetched.error)
        self.fetched = fetched


def _next_url(url: httpx2.URL, response: httpx2.Response) -> httpx2.URL:
    target = response.headers.get("location", "").strip()
    if not target:
        raise SourceUnreachable(f"{answered(response)} without saying where to")
    try:
        return url.join(target)
    except (httpx2.InvalidURL, ValueError) as error:
        raise SourceUnreachable("sent us on to an address that cannot be read") from error


def _announced_bytes(response: httpx2.Response) -> int:
    """Return Content-Length, or 0 where there is none to believe."""
    told = response.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 20 else 0


def _validator(response: httpx2.Response, name: str) -> str | None:
    """Return an ETag or date only if it can be sent back as it is."""
    value = response.headers.get(name, "").strip()
    return value if VALIDATOR.fullmatch(value) else None


def _shown(url: httpx2.URL) -> str:
    """Return a foreign address without secrets that its user part may carry."""
    return plain(str(url.copy_with(userinfo=None)))
