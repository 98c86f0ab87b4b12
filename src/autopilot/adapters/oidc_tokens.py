"""OIDC tokens: whether a signed token (RFC 7519) was made by who it says, for us, and holds still.

Only RS256 and ES256 with the issuer's published keys: a token cannot choose how it is checked
(RFC 8725, section 3.1).
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

LONGEST_TOKEN = 8_192
MOST_KEYS = 50
LEAST_RSA_BITS, MOST_RSA_BITS = 2_048, 8_192
ES256_BYTES = 32  # of each of a signature's two numbers
LEEWAY = timedelta(seconds=60)  # between two clocks
LONGEST_LIFE = timedelta(days=1)

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
Keys = Mapping[str, PublicKey]
"""Public keys by their id."""


class TokenRefused(Exception):
    """The token is not one of those that are taken; the words are for the log, not for its sender."""


class UnknownKey(TokenRefused):
    """It names a key that is not among the issuer's: they may have new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Whose tokens are taken, for what, and for which account."""

    issuer: str
    audience: str
    service_account: str


def read_keys(document: bytes) -> Keys:
    """Return the keys of a JWK set (RFC 7517) that can sign as we take it; others are passed over."""
    found: dict[str, PublicKey] = {}
    for item in _listed(_json(document).get("keys"))[:MOST_KEYS]:
        if isinstance(item, dict) and item.get("use", "sig") == "sig":
            key, name = _key(item), item.get("kid", "")
            if key is not None and isinstance(name, str):
                found[name] = key
    return found


def check_token(token: str, keys: Keys, expected: Expected, now: datetime) -> Mapping[str, Any]:
    """Return the claims of a good token; raises TokenRefused, UnknownKey where its key is not known."""
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:
        raise TokenRefused("it has not the form of a token")
    head, body, signature = token.split(".")
    header = _json(_decoded(head))
    if "crit" in header:
        raise TokenRefused("it asks for what is not understood here")
    key = keys.get(str(header.get("kid", "")))
    if key is None:
        raise UnknownKey("its key is not one of the issuer's")
    _check_signature(str(header.get("alg")), key, f"{head}.{body}".encode(), _decoded(signature))
    claims = _json(_decoded(body))
    _check_claims(claims, expected, now)
    return claims


def _check_signature(algorithm: str, key: PublicKey, signed: bytes, signature: bytes) -> None:
    try:
        if algorithm == "RS256" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        elif algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(signature), signed, ec.ECDSA(SHA256()))
        else:
            raise TokenRefused("it is signed in a way that is not taken")
    except InvalidSignature as error:
        raise TokenRefused("its signature is wrong") from error


def _der(signature: bytes) -> bytes:
    """A signature of two numbers side by side (RFC 7518, section 3.4) as the library reads it."""
    if len(signature) != 2 * ES256_BYTES:
        raise TokenRefused("its signature is wrong")
    first, second = signature[:ES256_BYTES], signature[ES256_BYTES:]
    return encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(second, "big"))


def _check_claims(claims: Mapping[str, Any], expected: Expected, now: datetime) -> None:
    if claims.get("iss") != expected.issuer:
        raise TokenRefused("it is another issuer's")
    audience = claims.get("aud")
    if expected.audience not in ([audience] if isinstance(audience, str) else _listed(audience)):
        raise TokenRefused("it is for somebody else")
    account = claims.get("email")
    if not isinstance(account, str) or not _is_same(account, expected.service_account):
        raise TokenRefused("it is another account's")
    if claims.get("email_verified", True) is not True:
        raise TokenRefused("its issuer does not know whether the account is its own")
    _check_times(claims, now.timestamp())


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    leeway, ends = LEEWAY.total_seconds(), _seconds(claims, "exp")
    if ends is None or now >= ends + leeway:
        raise TokenRefused("it has expired, or never would")
    if ends > now + LONGEST_LIFE.total_seconds() + leeway:
        raise TokenRefused("it would hold for longer than a day")
    for name in ("nbf", "iat"):
        begins = _seconds(claims, name)
        if begins is not None and now < begins - leeway:
            raise TokenRefused("its time has not come")


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(f"its {name} is no time")
    return value


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.casefold().encode(), other.casefold().encode())


def _key(item: Mapping[str, Any]) -> PublicKey | None:
    try:
        if item.get("kty") == "RSA":
            key = rsa.RSAPublicNumbers(_number(item["e"]), _number(item["n"])).public_key()
            return key if LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS else None
        if item.get("kty") == "EC" and item.get("crv") == "P-256":
            x, y = _number(item["x"]), _number(item["y"])
            return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (KeyError, ValueError, TokenRefused):
        return None
    return None


def _number(text: object) -> int:
    if not isinstance(text, str) or len(text) > 2 * MOST_RSA_BITS // 8:
        raise ValueError("not a number of a key")
    return int.from_bytes(_decoded(text), "big")


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError as error:
        raise TokenRefused("it has not the form of a token") from error


def _json(text: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TokenRefused("it has not the form of a token") from error
    if not isinstance(value, dict):
        raise TokenRefused("it has not the form of a token")
    return value


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
