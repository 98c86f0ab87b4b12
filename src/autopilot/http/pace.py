"""Pace: how often one network may ask for something, and all networks together.

Kept in this process alone: what protects one address for good is in the store.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

HOUR_SECONDS = 3_600.0
MOST_NETWORKS = 10_000  # remembered at once; the one that was quiet longest is forgotten
IPV6_NETWORK_BITS = 64  # one household, or one machine with any address it likes
EVERYBODY = "*"


class Pace:
    """A sliding hour for each network and one for everybody."""

    def __init__(
        self, *, each: int, together: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = {True: together, False: each}
        self._now = now
        self._lock = Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, source: str | None) -> bool:
        """Whether one more may come from this address now; it is counted if it may."""
        names = (network_of(source), EVERYBODY)
        with self._lock:
            if not all(self._has_room(name) for name in names):
                return False
            for name in names:
                self._times[name].append(self._now())
                self._times.move_to_end(name)
            while len(self._times) > MOST_NETWORKS:
                self._times.popitem(last=False)
            return True

    def _has_room(self, name: str) -> bool:
        times = self._times.setdefault(name, deque())
        while times and times[0] <= self._now() - HOUR_SECONDS:
            times.popleft()
        return len(times) < self._limits[name == EVERYBODY]


def network_of(source: str | None) -> str:
    """Return the network an address belongs to: itself, or of IPv6 the 64 bits that one has."""
    try:
        address = ip_address(source or "")
    except ValueError:
        return source or "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, IPV6_NETWORK_BITS), strict=False))
