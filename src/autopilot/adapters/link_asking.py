"""Asks addresses whether their pages are still there: HEAD, then GET where HEAD is refused."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

import anyio
import httpx2

from autopilot.adapters.address_guard import AddressGuard
from autopilot.adapters.fetch_faults import sentence
from autopilot.adapters.http_transport import GuardedTransport, system_addresses
from autopilot.adapters.limits import Limits, Resolve
from autopilot.domain.link import LinkAnswer
from autopilot.errors import OutgoingRefused, SourceUnreachable

LINK_SECONDS = 5.0
AT_ONCE, PER_HOST = 16, 4
MOST_MOVES = 5
MOVED = frozenset({301, 302, 303, 307, 308})
SERVERS_DOING = (
    OutgoingRefused,
    SourceUnreachable,
    httpx2.InvalidURL,
    httpx2.TransportError,
    OSError,
    ValueError,
)


class LinkAsking:
    """One round of questions, bounded in all; a slow site leaves its link unanswered."""

    def __init__(
        self, *, guard: AddressGuard, limits: Limits, user_agent: str, resolve: Resolve | None
    ) -> None:
        self._guard = guard
        self._limits = limits
        self._user_agent = user_agent
        self._resolve = resolve or system_addresses

    def run(self, urls: Sequence[str], *, total_seconds: float) -> tuple[LinkAnswer, ...]:
        """Return one answer for each address, in their order."""
        return anyio.run(partial(self._all, urls, total_seconds))

    async def _all(self, urls: Sequence[str], total_seconds: float) -> tuple[LinkAnswer, ...]:
        answers: dict[int, LinkAnswer] = {}
        everywhere = anyio.CapacityLimiter(AT_ONCE)
        hosts: dict[str, anyio.CapacityLimiter] = {}
        ends_at = time.monotonic() + total_seconds

        async def ask(number: int, transport: GuardedTransport) -> None:
            host = hosts.setdefault(_host_of(urls[number]), anyio.CapacityLimiter(PER_HOST))
            async with host, everywhere:
                answers[number] = await self._answer(urls[number], transport, ends_at)

        with anyio.move_on_after(total_seconds):
            async with (
                GuardedTransport(self._guard, resolve=self._resolve) as transport,
                anyio.create_task_group() as tasks,
            ):
                for number in range(len(urls)):
                    tasks.start_soon(ask, number, transport)
        over = f"not asked to the end: the {total_seconds:g} s for all links were over"
        return tuple(
            answers.get(number) or LinkAnswer(url=url, problem=over)
            for number, url in enumerate(urls)
        )

    async def _answer(self, url: str, transport: GuardedTransport, ends_at: float) -> LinkAnswer:
        seconds = min(LINK_SECONDS, max(ends_at - time.monotonic(), 0.0))
        with anyio.move_on_after(seconds):
            try:
                answer = await self._asked("HEAD", url, transport)
                # Many servers refuse HEAD, some with 404: only an answer to GET counts against a page.
                return answer if answer.is_good else await self._asked("GET", url, transport)
            except SERVERS_DOING as error:
                return LinkAnswer(url=url, problem=sentence(error, self._limits))
        return LinkAnswer(url=url, problem=f"no answer within {LINK_SECONDS:g} s")

    async def _asked(self, method: str, url: str, transport: GuardedTransport) -> LinkAnswer:
        place = httpx2.URL(url)
        for _ in range(MOST_MOVES + 1):
            response = await transport.handle_async_request(self._request(method, place))
            await response.aclose()
            target = response.headers.get("location", "").strip()
            if response.status_code not in MOVED or not target:
                return LinkAnswer(url=url, status=response.status_code, octets=_octets(response))
            place = place.join(target)
        raise SourceUnreachable(f"moved on more than {MOST_MOVES} times")

    def _request(self, method: str, place: httpx2.URL) -> httpx2.Request:
        connect = min(self._limits.connect_seconds, LINK_SECONDS)
        return httpx2.Request(
            method,
            place.copy_with(fragment=None),
            headers={"User-Agent": self._user_agent, "Accept": "*/*"},
            extensions={"timeout": {"connect": connect}},
        )


def _octets(response: httpx2.Response) -> int | None:
    told = response.headers.get("content-length", "")
    if response.status_code != HTTPStatus.OK or not (told.isascii() and told.isdigit()):
        return None
    return int(told) if len(told) < 20 else None


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
