"""One round of fetches: an event loop, a slot for each, and a clock that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

import anyio

from autopilot.adapters.address_guard import AddressGuard
from autopilot.adapters.http_exchange import Exchange
from autopilot.adapters.http_transport import GuardedTransport, system_addresses
from autopilot.adapters.limits import Limits, OnDone, Resolve
from autopilot.domain.content import Fetched, FetchRequest

ASKS_TO_WAIT = frozenset({429, 503})  # RFC 6585 section 4, RFC 9110 section 15.6.4


class Fetching:
    """Runs requests concurrently: few per host, so that a slow host holds up only its own feeds."""

    def __init__(
        self,
        *,
        guard: AddressGuard,
        limits: Limits,
        user_agent: str,
        resolve: Resolve | None,
    ) -> None:
        self._guard = guard
        self._limits = limits
        self._user_agent = user_agent
        self._resolve = resolve or system_addresses

    def run(
        self, requests: Sequence[FetchRequest], *, on_done: OnDone | None
    ) -> tuple[Fetched, ...]:
        """Return the answers in the order of the requests; raises only what `on_done` raises."""
        try:
            return anyio.run(partial(self._all, requests, on_done))
        except ExceptionGroup as group:  # a task group wraps even a single error
            raise group.exceptions[0] from group

    async def _all(
        self, requests: Sequence[FetchRequest], on_done: OnDone | None
    ) -> tuple[Fetched, ...]:
        answers: dict[int, Fetched] = {}

        async def ask(number: int, exchange: Exchange, slots: _Slots) -> None:
            host = slots.host(requests[number].url)
            async with host.slots:
                await host.turn()
                async with slots.all:
                    answers[number] = await _answer(host, exchange, requests[number])
            if on_done is not None:
                on_done(answers[number])

        async with GuardedTransport(self._guard, resolve=self._resolve) as transport:
            exchange = Exchange(transport, limits=self._limits, user_agent=self._user_agent)
            slots = _Slots(self._limits)
            with anyio.move_on_after(self._limits.total_seconds):
                async with anyio.create_task_group() as tasks:
                    for number in range(len(requests)):
                        tasks.start_soon(ask, number, exchange, slots)
        for number, request in enumerate(requests):
            if number not in answers:
                answers[number] = self._not_reached(request)
                if on_done is not None:
                    on_done(answers[number])
        return tuple(answers[number] for number in range(len(requests)))

    def _not_reached(self, request: FetchRequest) -> Fetched:
        seconds = self._limits.total_seconds
        return Fetched(
            url=request.url,
            error=f"not asked to the end: the {seconds:g} s for all sources together were over",
        )


async def _answer(host: _Host, exchange: Exchange, request: FetchRequest) -> Fetched:
    if host.wait_seconds is not None:
        told = f"not asked: its host asked to wait {host.wait_seconds} s"
        return Fetched(url=request.url, error=told, wait_seconds=host.wait_seconds)
    fetched = await exchange.answer(request)
    if fetched.status in ASKS_TO_WAIT:
        host.wait_seconds = fetched.wait_seconds
    return fetched


class _Slots:
    """Who may go: first one of the host's few slots, then one of all, so nobody waits holding both."""

    def __init__(self, limits: Limits) -> None:
        self.all = anyio.CapacityLimiter(limits.concurrency)
        self._limits = limits
        self._hosts: dict[str, _Host] = {}

    def host(self, url: str) -> _Host:
        name = _host_of(url)
        if name not in self._hosts:
            self._hosts[name] = _Host(self._limits)
        return self._hosts[name]


class _Host:
    """One host's turns: a few at once, then with pauses, and none once it asked us to wait."""

    def __init__(self, limits: Limits) -> None:
        self.slots = anyio.CapacityLimiter(limits.per_host)
        self.wait_seconds: int | None = None
        self._limits = limits
        self._asked = 0
        self._next_at = 0.0

    async def turn(self) -> None:
        self._asked += 1
        if self._asked <= self._limits.burst:
            return
        now = anyio.current_time()
        at = max(now, self._next_at)
        self._next_at = at + self._limits.pause_seconds
        await anyio.sleep(at - now + self._limits.pause_seconds)


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
