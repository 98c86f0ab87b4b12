"""One request to another program: guarded, bounded, never sent on."""

from __future__ import annotations

import time

import pytest
from adapters.hostile_server import HostileServer
from pytest_httpserver import HTTPServer

from autopilot.adapters.handing_over import MOST_WORDS
from autopilot.adapters.outgoing import Outgoing
from autopilot.domain.handover import Handover, Receipt


def given(server: HostileServer, url: str, **what: object) -> Receipt:
    outgoing = Outgoing(frozenset({server.place}))
    return outgoing.hand_over(Handover(url=url, **what))  # type: ignore[arg-type]


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def test_a_body_is_posted_with_its_headers(httpserver: HTTPServer) -> None:
    answering = httpserver.expect_request("/hook", method="POST", query_string="key=1")
    answering.respond_with_data("thanks", status=202)
    outgoing = Outgoing(frozenset({f"{httpserver.host}:{httpserver.port}"}))
    url, headers = httpserver.url_for("/hook?key=1"), {"webhook-id": "x"}
    receipt = outgoing.hand_over(Handover(url=url, body=b'{"a":1}', headers=headers))
    assert receipt == Receipt(status=202, words="thanks")
    assert receipt.is_good
    request = httpserver.log[0][0]
    assert request.headers["webhook-id"] == "x"
    assert request.get_data() == b'{"a":1}'


def test_without_a_body_it_is_a_get(server: HostileServer) -> None:
    assert given(server, server.on("/ping", answer("204 No Content"))).is_good
    assert server.asked[0].startswith("GET /ping ")


def test_a_redirect_is_not_followed(server: HostileServer) -> None:
    server.on("/there", answer("200 OK"))
    url = server.on("/here", answer("307 Moved", f"Location: {server.url('/there')}"))
    assert given(server, url, body=b"{}").status == 307
    assert len(server.asked) == 1


def test_retry_after_is_told(server: HostileServer) -> None:
    url = server.on("/busy", answer("429 Later", "Retry-After: 90"))
    assert given(server, url, body=b"{}") == Receipt(status=429, wait_seconds=90)


def test_an_answer_without_end_is_cut(server: HostileServer) -> None:
    def endless(client, _head) -> None:  # type: ignore[no-untyped-def]
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.ending.is_set():
            client.sendall(b"x" * 65_536)

    receipt = given(server, server.on("/endless", endless), body=b"{}", seconds=5.0)
    assert receipt.is_good
    assert len(receipt.words) <= MOST_WORDS


def test_a_server_that_hangs_costs_no_more_than_its_time(server: HostileServer) -> None:
    url = server.on("/hang", lambda _client, _head: server.ending.wait(30) and None)
    began = time.monotonic()
    receipt = given(server, url, body=b"{}", seconds=0.3)
    assert receipt == Receipt(problem="no answer within 0.3 s")
    assert time.monotonic() - began < 3


def test_a_connection_that_breaks_is_a_sentence(server: HostileServer) -> None:
    receipt = given(server, server.on("/cut", b""), body=b"{}")
    assert receipt.status is None
    assert not receipt.refused
    assert receipt.problem


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/private",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:80/",
        "ftp://example.org/",
        "https://user:secret@example.org/",
        "https://example.org:22/",
        "http:///nowhere",
        "nonsense",
    ],
)
def test_an_address_the_guard_refuses_is_refused_for_good(server: HostileServer, url: str) -> None:
    receipt = given(server, url, body=b"{}")
    assert receipt.status is None
    assert receipt.refused
    assert "secret" not in receipt.problem
