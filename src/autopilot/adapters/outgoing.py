"""The one client that reaches out: it fetches feeds, pages and links, and hands over to webhooks.

A fetch never raises for anything a server does. A failure comes back as a value whose `error` is a
sentence, so that one dead source is one line in a run and never the end of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autopilot.adapters.address_guard import AddressGuard, allowed_places
from autopilot.adapters.limits import (
    CONNECT_SECONDS,
    MAX_BYTES,
    PAUSE_SECONDS,
    TIMEOUT_SECONDS,
    TOTAL_SECONDS,
    Limits,
    OnDone,
    Resolve,
)
from autopilot.domain.content import Fetched, FetchRequest
from autopilot.domain.handover import Handover, Receipt
from autopilot.domain.link import LinkAnswer

USER_AGENT = "Autopilot/1 (newsletter reader)"


class Outgoing:
    """Fetches over HTTP through the address guard, many at once, within limits.

    `allow_hosts` are the operator's exact `host:port` entries that may be private; raises
    SettingsInvalid for a malformed one. `timeout_seconds` bounds one fetch from first connect to
    last byte, redirects included; `total_seconds` bounds a whole `fetch_all`; `pause_seconds` lie
    between requests to one host after its first few. `resolve` is the name lookup, replaced in tests. An Outgoing holds no connection and may be shared by threads;
    it starts an event loop per call, so it cannot be called from inside one.
    """

    def __init__(
        self,
        allow_hosts: frozenset[str] = frozenset(),
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        max_bytes: int = MAX_BYTES,
        pause_seconds: float = PAUSE_SECONDS,
        user_agent: str = USER_AGENT,
        resolve: Resolve | None = None,
    ) -> None:
        self._guard = AddressGuard(allow=allowed_places(allow_hosts))
        self._limits = Limits(
            timeout_seconds=timeout_seconds,
            connect_seconds=min(CONNECT_SECONDS, timeout_seconds),
            total_seconds=total_seconds,
            max_bytes=max_bytes,
            pause_seconds=pause_seconds,
        )
        self._user_agent = user_agent
        self._resolve = resolve

    def fetch(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Return one address's answer; `Fetched.url` is the address asked, not where it led."""
        return self.fetch_all([FetchRequest(url=url, etag=etag, last_modified=last_modified)])[0]

    def fetch_all(
        self,
        requests: Sequence[FetchRequest],
        *,
        on_done: OnDone | None = None,
        within_seconds: float | None = None,
    ) -> tuple[Fetched, ...]:
        """Return every answer in the order of the requests.

        `on_done` is called in the caller's thread as each answer arrives; what it raises ends the
        call. An address not reached within `within_seconds` (default and at most: `total_seconds`)
        has an error that says so.
        """
        if not requests:
            return ()
        # Late: the HTTP stack takes longer to import than most commands to run.
        from autopilot.adapters.fetching import Fetching

        total = self._limits.total_seconds
        fetching = Fetching(
            guard=self._guard,
            limits=replace(self._limits, total_seconds=min(total, within_seconds or total)),
            user_agent=self._user_agent,
            resolve=self._resolve,
        )
        return fetching.run(requests, on_done=on_done)

    def ask_links(self, urls: Sequence[str], *, total_seconds: float) -> tuple[LinkAnswer, ...]:
        """Return whether each address's page is there, in their order; bounded in all."""
        if not urls:
            return ()
        from autopilot.adapters.link_asking import LinkAsking

        asking = LinkAsking(
            guard=self._guard,
            limits=self._limits,
            user_agent=self._user_agent,
            resolve=self._resolve,
        )
        return asking.run(urls, total_seconds=total_seconds)

    def hand_over(self, handover: Handover) -> Receipt:
        """Send one request to another program, once, and return what came back."""
        from autopilot.adapters.handing_over import HandingOver

        return HandingOver(
            guard=self._guard,
            limits=self._limits,
            user_agent=self._user_agent,
            resolve=self._resolve,
        ).run(handover)
