"""Signatures of webhooks as the Standard Webhooks specification has them (standardwebhooks.com).

The receiver takes `webhook-id`, `webhook-timestamp` and the body as it came, signs
"id.timestamp.body" with the same secret and compares.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime

from autopilot.errors import InputRefused

PREFIX = "whsec_"
SHORTEST_KEY = 16  # bytes; the specification says 24 to 64


def key_of(secret: str) -> bytes:
    """Return the key of a secret: base64 after `whsec_`, else the text itself.

    Raises InputRefused, without the secret, for one that is too short or no base64.
    """
    try:
        encoded = secret.startswith(PREFIX)
        key = b64decode(secret.removeprefix(PREFIX), validate=True) if encoded else secret.encode()
    except (binascii.Error, ValueError) as error:
        raise InputRefused(f"what follows {PREFIX} in the secret is no base64") from error
    if len(key) < SHORTEST_KEY:
        raise InputRefused(f"the secret is shorter than {SHORTEST_KEY} bytes")
    return key


def signed_headers(key: bytes, identity: str, body: bytes, at: datetime) -> Mapping[str, str]:
    """Return the three headers for a body that is sent at this time."""
    seconds = str(int(at.timestamp()))
    signed = b".".join((identity.encode(), seconds.encode(), body))
    mac = b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "webhook-id": identity,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{mac}",
    }
