"""Signed tokens for links in mails: they say one thing, for one purpose, and nobody can make them up.

HMAC-SHA-256 (RFC 2104) under a key of its own for each purpose, cut to 128 bits.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from enum import StrEnum

MAC_BYTES = 16
EXPIRY_BYTES = 5  # seconds since 1970, big-endian; 0 never expires
LONGEST_TOKEN = 512


class Purpose(StrEnum):
    """What a link does; a token for one does nothing for another."""

    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    REVIEW = "review"
    BOUNCE = "bounce"
    SETUP = "setup"


def signed(key: bytes, purpose: Purpose, content: bytes, *, until: datetime | None = None) -> str:
    """Return a token of letters, digits, - and _ that holds `content`, readable but not to be forged."""
    expiry = 0 if until is None else int(until.timestamp())
    whole = expiry.to_bytes(EXPIRY_BYTES, "big") + content
    return urlsafe_b64encode(whole + _mac(key, purpose, whole)).decode().rstrip("=")


def read_token(key: bytes, purpose: Purpose, token: str, *, now: datetime) -> bytes | None:
    """Return what a token holds; None where it was not made here for this purpose, or has expired."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        return None
    whole, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(whole) < EXPIRY_BYTES or not hmac.compare_digest(mac, _mac(key, purpose, whole)):
        return None
    expiry = int.from_bytes(whole[:EXPIRY_BYTES], "big")
    if expiry and now >= datetime.fromtimestamp(expiry, UTC):
        return None
    return whole[EXPIRY_BYTES:]


def _mac(key: bytes, purpose: Purpose, whole: bytes) -> bytes:
    own = hmac.digest(key, f"autopilot {purpose}".encode(), "sha256")
    return hmac.digest(own, whole, "sha256")[:MAC_BYTES]
