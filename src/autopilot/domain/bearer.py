"""The bearer: the secret or token in a header `Authorization` (RFC 6750), whoever took the request."""

from __future__ import annotations


def bearer_in(authorization: str) -> str:
    """Return what the header carries, "" where it is empty or of another scheme."""
    scheme, _, given = authorization.partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""
