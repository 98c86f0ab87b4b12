"""Decides which addresses from outside may become links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MAX_LINK_OCTETS = 990  # a line of mail holds 998 (RFC 5322), and the text part prints links whole
_UNSAFE = re.compile(r"[\s\x00-\x20\x7f-\x9f<>\"'`\\{}|^\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe_link(url: str) -> str:
    """Return the address as given if it is plain http or https, otherwise "".

    Refused: other schemes, no host, a user name before the host (it disguises where a link leads),
    white space, quotes, brackets and control characters, and more than 990 octets.
    """
    url = url.strip()
    if not re.match(r"(?i)https?://", url) or _UNSAFE.search(url):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    short_enough = len(url.encode()) <= MAX_LINK_OCTETS
    return url if host and "@" not in parts.netloc and short_enough else ""
