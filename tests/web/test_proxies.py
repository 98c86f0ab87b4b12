"""Whose word on a visitor is believed: a table of proxies, headers and what comes of them."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import anyio
import pytest
from starlette.types import Receive, Scope, Send

from autopilot.http.proxies import TrustedProxies

NEAR, FAR, VISITOR = "10.0.0.1", "10.0.0.2", "203.0.113.9"


def seen(client: str, *headers: tuple[str, str], kind: str = "http") -> dict[str, Any]:
    """What the application sees of a request that came from an address with these headers."""
    found: dict[str, Any] = {}

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.update(scope)

    async def nothing(*_: Any) -> Any:
        return {}

    scope = {
        "type": kind,
        "client": (client, 4711),
        "scheme": "ws" if kind == "websocket" else "http",
        "headers": [(b"host", b"inside:8501"), *((n.encode(), v.encode()) for n, v in headers)],
    }
    proxies = TrustedProxies(app, networks=[ip_network("10.0.0.0/8"), ip_network("::1")])
    anyio.run(proxies, scope, nothing, nothing)
    hosts = [value.decode() for name, value in found["headers"] if name == b"host"]
    return {"client": found["client"][0], "scheme": found["scheme"], "hosts": hosts}


@pytest.mark.parametrize(
    ("came_from", "told", "client"),
    [
        (NEAR, [VISITOR], VISITOR),
        (NEAR, [f"{VISITOR}, {FAR}"], VISITOR),
        (NEAR, [f"198.51.100.1, {VISITOR}, {FAR}"], VISITOR),
        (NEAR, ["198.51.100.1", VISITOR], VISITOR),
        (NEAR, [f"{VISITOR}:5555"], VISITOR),
        (NEAR, ["[2001:db8::7]:5555"], "2001:db8::7"),
        (NEAR, ["2001:db8::7"], "2001:db8::7"),
        (NEAR, [FAR], FAR),
        (NEAR, [f"{VISITOR}, unknown"], NEAR),
        (NEAR, [""], NEAR),
        (NEAR, [], NEAR),
        ("::1", [VISITOR], VISITOR),
        ("::ffff:10.0.0.1", [VISITOR], VISITOR),
        (VISITOR, ["198.51.100.1"], VISITOR),
        ("127.0.0.1", ["198.51.100.1"], "127.0.0.1"),
    ],
)
def test_the_visitor_is_whom_the_nearest_trusted_proxy_saw(
    came_from: str, told: list[str], client: str
) -> None:
    headers = [("x-forwarded-for", text) for text in told]
    assert seen(came_from, *headers)["client"] == client


@pytest.mark.parametrize(
    ("told", "kind", "scheme"),
    [
        ("https", "http", "https"),
        ("https", "websocket", "wss"),
        ("http, HTTPS", "http", "https"),
        ("https, http", "http", "http"),
        ("javascript", "http", "http"),
        ("", "websocket", "ws"),
    ],
)
def test_the_scheme_is_what_the_nearest_proxy_says(told: str, kind: str, scheme: str) -> None:
    assert seen(NEAR, ("x-forwarded-proto", told), kind=kind)["scheme"] == scheme
    assert seen(VISITOR, ("x-forwarded-proto", told), kind=kind)["scheme"] in ("http", "ws")


@pytest.mark.parametrize(
    ("told", "host"),
    [
        ("news.example.org", "news.example.org"),
        ("evil.example, news.example.org", "news.example.org"),
        ("", "inside:8501"),
        ("a\x07b", "inside:8501"),
        ("x" * 300, "inside:8501"),
    ],
    ids=lambda it: it[:20],
)
def test_there_is_one_host_and_it_is_the_proxys(told: str, host: str) -> None:
    assert seen(NEAR, ("x-forwarded-host", told))["hosts"] == [host]
    assert seen(VISITOR, ("x-forwarded-host", told))["hosts"] == ["inside:8501"]
