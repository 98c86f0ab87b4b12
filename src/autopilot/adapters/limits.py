"""Limits: what fetching may cost, and the two functions that come with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autopilot.domain.content import Fetched

TIMEOUT_SECONDS = 20.0
CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 300.0
MAX_BYTES = 10_000_000
MAX_REDIRECTS = 5
CONCURRENCY = 16
PER_HOST = 2
BURST = 8
PAUSE_SECONDS = 0.25
"""What one host is asked at once, and the pause before each request after that: a site is a guest's
place. Sources of one host rarely are more than a burst; its articles' pages are."""

Resolve = Callable[[str, int], Sequence[str]]
OnDone = Callable[[Fetched], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one call may cost: time in seconds, sizes in bytes after decoding."""

    timeout_seconds: float = TIMEOUT_SECONDS
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS
    max_bytes: int = MAX_BYTES
    max_redirects: int = MAX_REDIRECTS
    concurrency: int = CONCURRENCY
    per_host: int = PER_HOST
    burst: int = BURST
    pause_seconds: float = PAUSE_SECONDS
