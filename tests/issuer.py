"""An issuer of identity tokens: a real server with its documents, keys, and the tokens they sign."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WEAK_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)
EC = ec.generate_private_key(ec.SECP256R1())
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def encoded(value: bytes | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(key: Private, name: str, **more: Any) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "kid": name, "n": number(numbers.n), "e": number(numbers.e)} | more
    point = key.public_key().public_numbers()
    return {
        "kty": "EC", "crv": "P-256", "kid": name, "x": number(point.x), "y": number(point.y),
    } | more  # fmt: skip


def token(claims: dict[str, Any], *, key: Private = RSA, kid: str = "one", **header: Any) -> str:
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    head = {"alg": "RS256" if is_rsa else "ES256", "typ": "JWT", "kid": kid} | header
    signed = f"{encoded(head)}.{encoded(claims)}"
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
    else:
        r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{signed}.{encoded(signature)}"


@dataclass
class Provider:
    """A real server with an issuer's documents."""

    keys: list[dict[str, Any]]
    told: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    def __post_init__(self) -> None:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                documents = {
                    "/.well-known/openid-configuration": provider.discovery(),
                    "/keys": {"keys": provider.keys},
                }
                known = self.path in documents and not provider.is_down
                body = json.dumps(documents.get(self.path)).encode() if known else b""
                self.send_response(200 if known else 500)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.issuer = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def discovery(self) -> dict[str, Any]:
        return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"} | self.told

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
