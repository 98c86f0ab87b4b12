"""Text records of the DNS, asked of the machine's own name servers."""

from __future__ import annotations

SECONDS = 5.0


def text_records(name: str, *, servers: tuple[tuple[str, int], ...] = ()) -> tuple[str, ...] | None:
    """Return the TXT records of a name, each put together from its parts; () where it has none.

    None where no name server answered. `servers` (address, port) replace the machine's own.
    """
    import dns.exception
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver(configure=not servers)
        if servers:
            resolver.nameservers = [address for address, _ in servers]
            resolver.port = servers[0][1]
        answer = resolver.resolve(name, "TXT", lifetime=SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
