"""Links as readers can follow them: absolute, http or https, on one line."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

MAX_LINK = 2_000

_ABSOLUTE = re.compile(r"(?i)https?://[^\s/?#<>\"'\\@:\[\]]+(?:[:/?#]|\Z)")
_SAFE = re.compile(r"https?://[A-Za-z0-9.-]+(?:[:/?#][!#-;=?-\[\]_a-z~]*)?")
"""An address of which nothing has to be changed: most are like that."""
_UNSAFE = re.compile(r"[^!#-;=?-\[\]_a-z~\u00a1-\ud7ff\uf900-\uffef\U00010000-\U000effff]")
_NOWHERE = re.compile(r"(?i)(?:https?:/*)?")
_LINE_BREAKS = re.compile(r"[\t\r\n]")


def absolute_link(link: str | None, base: str) -> str:
    """Return the link made absolute against `base`, or "" where it leads to no web page.

    Characters that end a URL or open markup are percent-encoded.
    """
    if link and len(link) <= MAX_LINK and _SAFE.fullmatch(link):
        return link
    text = _LINE_BREAKS.sub("", link.strip()) if link else ""
    if _NOWHERE.fullmatch(text) or len(text) > MAX_LINK:
        return ""
    if not _ABSOLUTE.match(text):
        try:
            text = urljoin(base, text)
            parts = urlsplit(text)
        except ValueError:
            return ""
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return ""
    return _UNSAFE.sub(lambda found: quote(found[0], errors="replace"), text)


def host_of(url: str) -> str:
    """Return the host without "www.", or "" where the address names none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
