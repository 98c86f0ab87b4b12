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
            async with slots.host(requests[number].url), slots.all:
                answers[number] = await exchange.answer(requests[number])
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


class _Slots:
    """Who may go: first one of the host's few slots, then one of all, so nobody waits holding both."""

    def __init__(self, limits: Limits) -> None:
        self.all = anyio.CapacityLimiter(limits.concurrency)
        self._per_host = limits.per_host
        self._hosts: dict[str, anyio.CapacityLimiter] = {}

    def host(self, url: str) -> anyio.CapacityLimiter:
        name = _host_of(url)
        return self._hosts.setdefault(name, anyio.CapacityLimiter(self._per_host))


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
