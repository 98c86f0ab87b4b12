"""Links to pages of the world: their words shown as written, their address unable to end the link."""

from __future__ import annotations

from urllib.parse import quote

from autopilot.ui.parts.text import plain

_HARMLESS = "/?&=%#@!;,:+.~-_"  # anything else in an address is written in its percent form


def link(words: object, address: str) -> str:
    """Return a link as Markdown; words alone where the address is none of the web."""
    scheme, separator, rest = address.strip().partition("://")
    if separator and scheme.lower() in {"http", "https"} and rest:
        return f"[{plain(words)}]({scheme.lower()}://{quote(rest, safe=_HARMLESS)})"
    return plain(words)
