"""When a server wants to be asked again: Retry-After, Cache-Control and Expires, read with care."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

LONGEST_SECONDS = 7 * 24 * 3600
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})")


def asked_to_wait(headers: Mapping[str, str], now: float) -> int | None:
    """Return Retry-After in seconds, given as such or as a date (RFC 9110 section 10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(int(text), LONGEST_SECONDS)
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0, min(int(moment - now), LONGEST_SECONDS))


def fresh_for(headers: Mapping[str, str]) -> int | None:
    """Return how long an answer may be kept, in seconds (RFC 9111 section 5.2.2.1)."""
    told = headers.get("cache-control", "").lower()
    if "no-cache" in told or "no-store" in told:
        return None
    found = _MAX_AGE.search(told)
    return min(int(found[1]), LONGEST_SECONDS) if found and int(found[1]) > 0 else None
