"""Which places on the network Autopilot may connect to.

Feeds, pages and webhooks are addresses that other people choose, so every one of them could point
at a machine inside our own network (server-side request forgery). The guard therefore judges the
address that is connected to, never the name alone. The table is explicit because
`ipaddress.is_global` says yes to multicast, NAT64, 6to4 and the metadata services of clouds.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and updates), RFC 6052,
RFC 8215 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from autopilot.errors import OutgoingRefused, Problem, SettingsInvalid

ALLOW_HOSTS_NAME = "AUTOPILOT_ALLOW_HOSTS"
PORTS = {"http": 80, "https": 443}

REFUSED_IPV4 = tuple(
    (IPv4Network(network), meaning)
    for network, meaning in (
        ("0.0.0.0/8", "this machine"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),  # Azure's host service, inside public space
        ("169.254.0.0/16", "link-local, cloud metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

REFUSED_IPV6 = tuple(
    (IPv6Network(network), meaning)
    for network, meaning in (
        ("::1/128", "loopback"),
        ("::/96", "unspecified"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard"),
        ("100:0:0:1::/64", "dummy prefix"),
        ("2001::/32", "Teredo tunnel"),
        ("2001:db8::/32", "documentation"),
        ("2001::/23", "protocol assignments"),
        ("2002::/16", "6to4 tunnel"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "unique-local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)

# Only this block has been handed out for hosts (RFC 4291); what lies outside it is refused even
# where no line above names it.
GLOBAL_UNICAST = IPv6Network("2000::/3")
ISATAP_MARKS = (0x0000_5EFE, 0x0200_5EFE)

HOST_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_.])?")
LAST_PART_IS_A_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$")

Address = IPv4Address | IPv6Address


def unwrapped(text: str) -> Address:
    """Return the address a connection would really reach: IPv4 written as IPv6 becomes IPv4.

    Unwraps IPv4-mapped (::ffff:a.b.c.d) and IPv4-compatible (::a.b.c.d) forms; raises ValueError
    for anything that is not an address, and for addresses that carry a zone (fe80::1%eth0).
    """
    if "%" in text:
        raise ValueError(f"{text!r} names a network interface")
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    number = int(address)
    return IPv4Address(number) if 1 < number < 2**32 else address


def why_refused(address: Address) -> str | None:
    """Return what makes an unwrapped address unfit ("loopback", "private", ...), or None."""
    if isinstance(address, IPv4Address):
        return next((meaning for net, meaning in REFUSED_IPV4 if address in net), None)
    named = next((meaning for net, meaning in REFUSED_IPV6 if address in net), None)
    if named is not None:
        return named
    if address not in GLOBAL_UNICAST:
        return "not global unicast"
    return "ISATAP tunnel" if int(address) >> 32 & 0xFFFF_FFFF in ISATAP_MARKS else None


def place(host: str, port: int) -> str:
    """Return `host:port` in the one spelling the allow-list uses ("[::1]:8000" for IPv6)."""
    return f"[{ip_address(host)}]:{port}" if ":" in host else f"{host}:{port}"


def allowed_places(entries: Iterable[str]) -> frozenset[str]:
    """Return allow-list entries in their one spelling; raises SettingsInvalid naming every bad one."""
    given = [entry.strip().lower() for entry in entries if entry.strip()]
    problems = [
        Problem(
            path=ALLOW_HOSTS_NAME,
            message=f"{entry!r} is not an exact host and port",
            allowed="a comma list of host:port, no patterns, no networks",
            example="127.0.0.1:8000,feeds.internal.example:8080,[::1]:9000",
        )
        for entry in given
        if not _is_place(entry)
    ]
    if problems:
        raise SettingsInvalid("the list of allowed hosts cannot be used", problems)
    return frozenset(_spelled(entry) for entry in given)


def _is_place(entry: str) -> bool:
    host, _, port = entry.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        return False
    if host.startswith("[") and host.endswith("]"):
        return ":" in host and _literal(host[1:-1]) is not None
    return HOST_NAME.fullmatch(host) is not None


def _spelled(entry: str) -> str:
    host, _, port = entry.rpartition(":")
    return place(host.strip("[]"), int(port))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGuard:
    """Says yes or raises OutgoingRefused; `allow` holds the operator's exact `host:port` entries.

    An allow-listed place is matched by the host as the URL writes it, so that a foreign name
    that merely resolves to the same address stays refused.
    """

    allow: frozenset[str] = frozenset()

    def check_place(self, *, scheme: str, host: str, port: int | None, userinfo: bool) -> None:
        """Refuse a URL by what is written in it, before anything is looked up.

        `host` is lower-case ASCII (IPv6 without brackets), `port` None where the URL gives none.
        """
        if scheme not in PORTS:
            raise OutgoingRefused(
                f"{scheme or 'an address without a scheme'} is not fetched; only http and https are"
            )
        if userinfo:
            raise OutgoingRefused(
                "the address carries a user name or password; leave it out, it would end up in logs"
            )
        self._check_host(host)
        self._check_port(host, PORTS[scheme] if port is None else port)

    def check_addresses(self, host: str, port: int, addresses: Sequence[str]) -> tuple[str, ...]:
        """Return what to connect to, IPv4 unwrapped; every address must be public, not just one.

        A name with one public and one private address is refused as a whole: it is either an
        attack or a mistake.
        """
        if place(host, port) in self.allow:
            return tuple(addresses)
        reached = [unwrapped(address) for address in addresses]
        for address in reached:
            meaning = why_refused(address)
            if meaning is not None:
                raise OutgoingRefused(_not_public(host, port, address, meaning))
        return tuple(str(address) for address in reached)

    def _check_host(self, host: str) -> None:
        if _literal(host) is not None:
            return
        if LAST_PART_IS_A_NUMBER.search(host):
            # Resolvers read 2130706433, 0177.0.0.1 and 0x7f.1 as 127.0.0.1; nobody writes them so.
            raise OutgoingRefused(
                f"{host} is a number in disguise; write the address as four decimal numbers"
            )
        if not HOST_NAME.fullmatch(host) or ".." in host:
            raise OutgoingRefused(f"{host!r} is not a host name")

    def _check_port(self, host: str, port: int) -> None:
        if not 0 < port < 65_536:
            raise OutgoingRefused(f"{port} is not a port; leave it out, or use 80 or 443")
        if place(host, port) in self.allow:
            return
        if _literal(host) is not None:
            self.check_addresses(host, port, (host,))
        if port not in PORTS.values():
            raise OutgoingRefused(
                f"port {port} of {host} is not 80 or 443; {_how_to_allow(host, port)}"
            )


def _literal(host: str) -> Address | None:
    try:
        return unwrapped(host)
    except ValueError:
        return None


def _not_public(host: str, port: int, address: Address, meaning: str) -> str:
    if _literal(host) is None:
        told = f"{host} leads to {address}, which is not public ({meaning})"
    else:
        told = f"the address {host} is not public ({meaning})"
    return f"{told}; {_how_to_allow(host, port)}"


def _how_to_allow(host: str, port: int) -> str:
    return f"allow it with {ALLOW_HOSTS_NAME}={place(host, port)}"
