"""Proxies: whose word on a visitor's address, scheme and host is believed, and what it was.

A header can be written by anybody. Only what a trusted proxy (AUTOPILOT_TRUSTED_PROXIES) sends is read,
and of a list of addresses what the nearest trusted one saw: the last that is none of them.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from collections.abc import Collection
    from ipaddress import IPv4Address, IPv4Network, IPv6Network

    from starlette.types import ASGIApp, Receive, Scope, Send

    Address = IPv4Address | IPv6Address
    Network = IPv4Network | IPv6Network

_SCHEMES = {"http": ("http", "ws"), "https": ("https", "wss")}
LONGEST_HOST = 255


class TrustedProxies:
    """Puts the visitor in the place of the proxy that a request came through."""

    def __init__(self, app: ASGIApp, *, networks: Collection[Network]) -> None:
        self._app, self._networks = app, tuple(networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] in ("http", "websocket") and self._trusts(_peer(scope)):
            scope = self._seen_by_proxy(scope)
        await self._app(scope, receive, send)

    def _seen_by_proxy(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        seen = dict(scope)
        if visitor := self._visitor(headers.getlist("x-forwarded-for")):
            seen["client"] = (visitor, 0)
        if schemes := _SCHEMES.get(_last(headers.getlist("x-forwarded-proto")).lower()):
            seen["scheme"] = schemes[scope["type"] == "websocket"]
        host = _last(headers.getlist("x-forwarded-host"))
        if host and len(host) <= LONGEST_HOST and host.isascii() and host.isprintable():
            others = [pair for pair in scope["headers"] if pair[0] != b"host"]
            seen["headers"] = [*others, (b"host", host.encode("ascii"))]
        return seen

    def _visitor(self, lists: list[str]) -> str | None:
        """The last address that is no trusted proxy's; the first where all are."""
        addresses = [part.strip() for text in lists for part in text.split(",") if part.strip()]
        for address in reversed(addresses):
            known = _address(address)
            if known is None:
                return None  # whatever stands before it cannot be told from what was made up
            if not self._trusts(known):
                return str(known)
        return addresses[0] if addresses else None

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _peer(scope: Scope) -> Address | None:
    client = scope.get("client")
    return None if client is None else _address(client[0])


def _address(text: str) -> Address | None:
    """An address, with or without a port; one of IPv4 that is written as IPv6 as what it is."""
    bare = text
    if text.startswith("["):
        bare = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        bare = text.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _last(lists: list[str]) -> str:
    """What the nearest proxy said."""
    return lists[-1].rpartition(",")[2].strip() if lists else ""
