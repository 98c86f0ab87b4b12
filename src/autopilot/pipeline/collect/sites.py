"""Whether two addresses belong to one site: what a publisher is, whatever the subdomain."""

from __future__ import annotations

from ipaddress import ip_address

from autopilot.pipeline.collect.links import host_of

_SECOND_LEVELS = frozenset(
    {"co", "com", "org", "net", "gov", "gob", "edu", "ac", "or", "ne", "go", "gv"}
)


def same_site(one: str, other: str) -> bool:
    """Say whether both addresses are of one registered name (or one machine, for bare addresses)."""
    return bool(site_of(one)) and site_of(one) == site_of(other)


def site_of(url: str) -> str:
    """Return the registered name: the last two labels, three below "co.uk" and the like."""
    host = host_of(url).rstrip(".")
    try:
        return str(ip_address(host))
    except ValueError:
        labels = host.split(".")
    short_ending = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3 if short_ending else -2 :])
