"""The outgoing client against a server that does everything a server can do wrong."""

from __future__ import annotations

import functools
import gzip
import socket
import ssl
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path

import httpx2
import pytest
from adapters.hostile_server import HostileServer, Script

from autopilot.adapters import fetching
from autopilot.adapters.http_transport import GuardedTransport
from autopilot.adapters.outgoing import Outgoing
from autopilot.domain.content import Fetched, FetchRequest
from autopilot.errors import SettingsInvalid

FEED = b"<rss><channel><title>Example</title></channel></rss>"
CERTIFICATE = Path(__file__).parent / "certificates" / "feeds.example.pem"


def ok(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def status(code: int, *headers: str) -> bytes:
    return "\r\n".join(
        [f"HTTP/1.1 {code} Whatever", "Content-Length: 0", *headers, "", ""]
    ).encode()


def moved(target: str, code: int = 302) -> bytes:
    return status(code, f"Location: {target}")


def client(server: HostileServer, **limits: float) -> Outgoing:
    options = {"timeout_seconds": 5.0, **limits}
    return Outgoing(frozenset({server.place}), **options)  # type: ignore[arg-type]


def test_a_feed_comes_with_what_to_send_next_time(server: HostileServer) -> None:
    url = server.on(
        "/feed",
        ok(
            FEED,
            "Content-Type: application/rss+xml; charset=utf-8",
            'ETag: W/"a1"',
            "Last-Modified: Mon, 02 Nov 2026 09:00:00 GMT",
        ),
    )
    fetched = client(server).fetch(url)
    assert fetched.error is None
    assert fetched.body == FEED
    assert fetched.content_type == "application/rss+xml; charset=utf-8"
    assert (fetched.etag, fetched.last_modified) == ('W/"a1"', "Mon, 02 Nov 2026 09:00:00 GMT")
    assert 0 <= fetched.seconds < 5


def test_a_conditional_request_can_be_answered_unchanged(server: HostileServer) -> None:
    url = server.on("/feed", status(304, 'ETag: "a2"'))
    fetched = client(server).fetch(url, etag='"a1"', last_modified="Mon, 02 Nov 2026 09:00:00 GMT")
    assert fetched.unchanged
    assert fetched.error is None
    assert (fetched.etag, fetched.last_modified) == ('"a2"', "Mon, 02 Nov 2026 09:00:00 GMT")
    assert 'if-none-match: "a1"' in server.asked[0].lower()
    assert "if-modified-since: mon, 02 nov 2026 09:00:00 gmt" in server.asked[0].lower()


def test_a_304_that_nobody_asked_for_is_an_error(server: HostileServer) -> None:
    fetched = client(server).fetch(server.on("/feed", status(304)))
    assert fetched.error == "answered 304 Not Modified"
    assert not fetched.unchanged


@pytest.mark.parametrize("etag", ['"a\r\nX-Evil: 1"', '"é"', "", " ", '"' + "x" * 5000 + '"'])
def test_an_etag_that_cannot_be_sent_is_left_out(server: HostileServer, etag: str) -> None:
    url = server.on("/feed", ok(FEED))
    assert client(server).fetch(url, etag=etag).body == FEED
    assert "if-none-match" not in server.asked[0].lower()
    assert "x-evil" not in server.asked[0].lower()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (status(404), "answered 404 Not Found"),
        (status(410), "answered 410 Gone"),
        (status(500), "answered 500 Internal Server Error"),
        (status(429, "Retry-After: 120"), "answered 429 Too Many Requests and asks to wait 120 s"),
        (status(503, "Retry-After: soon"), "answered 503 Service Unavailable"),
        (status(204), "answered 204 No Content"),
        (status(206), "answered 206 Partial Content"),
        (status(599), "answered 599"),
        (status(302), "answered 302 Found without saying where to"),
        (moved("http://[::zz]/"), "sent us on to an address that cannot be read"),
        (
            moved("file:///etc/passwd"),
            (
                "sent us on to file:/etc/passwd, which is refused: "
                "file is not fetched; only http and https are"
            ),
        ),
        (
            moved("http://127.0.0.1:9/"),
            (
                "sent us on to http://127.0.0.1:9/, which is refused: the address 127.0.0.1 is not "
                "public (loopback); allow it with AUTOPILOT_ALLOW_HOSTS=127.0.0.1:9"
            ),
        ),
        (
            moved("//169.254.169.254/latest/meta-data"),
            (
                "sent us on to http://169.254.169.254/latest/meta-data, which is refused: the address "
                "169.254.169.254 is not public (link-local, cloud metadata); "
                "allow it with AUTOPILOT_ALLOW_HOSTS=169.254.169.254:80"
            ),
        ),
        (
            moved("http://me:secret@example.org/"),
            (
                "sent us on to http://example.org/, which is refused: the address carries a user name "
                "or password; leave it out, it would end up in logs"
            ),
        ),
        (b"", "the server closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "its answer is not HTTP: illegal status line"),
        (b"\x00\xff\x00garbage\r\n\r\n", "its answer is not HTTP: illegal status line"),
        (b"<html>hello</html>\r\n\r\n", "its answer is not HTTP: illegal status line"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\nx",
            "its answer is not HTTP: bad Content-Length",
        ),
        (
            b"HTTP/1.1 200 OK\r\nBad header line\r\n\r\n",
            "its answer is not HTTP: illegal header line",
        ),
        (
            b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * 300_000 + b"\r\n\r\n",
            "its answer has more headers than any feed needs",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
            "the server closed the connection before the whole answer was there",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "the server closed the connection before the whole answer was there",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
            "its answer is not HTTP: illegal chunk header",
        ),
        (
            ok(b"not gzip", "Content-Encoding: gzip"),
            "its compressed body is damaged",
        ),
        (
            ok(gzip.compress(FEED * 50)[:-12], "Content-Encoding: gzip"),
            "its compressed body stops in the middle",
        ),
        (
            ok(FEED, "Content-Encoding: br"),
            "its body is encoded as 'br', which was not asked for",
        ),
        (ok(b"x" * 2_000_001), "larger than 2 MB"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "larger than 2 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_server_does_wrong_becomes_a_sentence(
    server: HostileServer, answer: bytes, told: str
) -> None:
    fetched = client(server, max_bytes=2_000_000).fetch(server.on("/feed", answer))
    assert fetched.error == told
    assert (fetched.body, fetched.unchanged) == (b"", False)
    assert fetched.url == server.url("/feed")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("not an address", "an address without a scheme is not fetched; only http and https are"),
        ("", "an address without a scheme is not fetched; only http and https are"),
        ("http://", "'' is not a host name"),
        ("http://[::1", "the address cannot be read"),
        ("http://a\nb/", "the address cannot be read"),
        ("http://" + "a" * 64 + ".example/", "no address is known for"),
        ("http://xn--0.example/", "no address is known for"),
        ("http://example.org/" + "a" * 70_000, "the address cannot be read: URL too long"),
    ],
)
def test_an_address_that_cannot_be_asked_becomes_a_sentence(url: str, told: str) -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise OSError("no name server")

    error = Outgoing(resolve=nobody).fetch(url).error
    assert error is not None
    assert error.startswith(told)


@pytest.mark.parametrize("seed", range(40))
def test_no_location_header_can_raise(server: HostileServer, seed: int) -> None:
    import random

    chosen = random.Random(seed)
    letters = "/:@?#[]%.\\ abxn-0189é１。\t" + chr(0x130)
    target = chosen.choice(["", "http:", "//", "http://"]) + "".join(
        chosen.choice(letters) for _ in range(chosen.randrange(1, 30))
    )
    answer = (
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target.encode() + b"\r\n\r\n"
    )
    fetched = Outgoing(
        frozenset({server.place}), timeout_seconds=2, resolve=lambda host, port: []
    ).fetch(server.on("/feed", answer))
    assert fetched.error


def test_redirects_are_followed_and_the_asked_address_is_kept(server: HostileServer) -> None:
    url = server.on("/old", moved("/new?x=1#part", 301))
    server.on("/new", moved(server.url("/newest"), 307))
    server.on("/newest", ok(FEED))
    fetched = client(server).fetch(url)
    assert (fetched.url, fetched.body) == (url, FEED)
    assert [head.split(" ")[1] for head in server.asked] == ["/old", "/new?x=1", "/newest"]


def test_a_redirect_loop_ends(server: HostileServer) -> None:
    fetched = client(server).fetch(server.on("/loop", moved("/loop")))
    assert fetched.error == "moved on more than 5 times"
    assert len(server.asked) == 6


def hangs(client: socket.socket, head: bytes) -> None:
    client.settimeout(20)
    client.recv(1)


def drips_headers(client: socket.socket, head: bytes) -> None:
    for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 400:
        client.sendall(bytes([letter]))
        time.sleep(0.05)


def drips_body(client: socket.socket, head: bytes) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(400):
        client.sendall(b"x")
        time.sleep(0.05)


def never_ends(client: socket.socket, head: bytes) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        client.sendall(b"x" * 65_536)


def continues_forever(client: socket.socket, head: bytes) -> None:
    while True:
        client.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (hangs, "the server did not answer within 0.5 s"),
        (drips_headers, "the server did not answer within 0.5 s"),
        (continues_forever, "the server did not answer within 0.5 s"),
        (drips_body, "the server was still sending after 0.5 s"),
    ],
)
def test_a_slow_server_costs_no_more_than_its_time(
    server: HostileServer, script: Script, told: str
) -> None:
    began = time.monotonic()
    fetched = client(server, timeout_seconds=0.5).fetch(server.on("/slow", script))
    assert fetched.error == told
    assert fetched.seconds > 0.4
    assert time.monotonic() - began < 3


def test_a_body_without_end_is_cut_at_the_limit(server: HostileServer) -> None:
    fetched = client(server, max_bytes=3_000_000).fetch(server.on("/endless", never_ends))
    assert fetched.error == "larger than 3 MB"


@functools.cache
def gzip_of_zeros(megabytes: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [squeeze.compress(bytes(1_000_000)) for _ in range(megabytes)]
    return b"".join([*parts, squeeze.flush()])


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_a_gzip_bomb_stays_small_in_memory(server: HostileServer, encoding: str) -> None:
    bomb = gzip_of_zeros(1000)
    assert len(bomb) < 1_100_000
    url = server.on("/bomb", ok(bomb, f"Content-Encoding: {encoding}"))
    outgoing = client(server)
    outgoing.fetch(server.url("/warm-up"))
    tracemalloc.start()
    fetched = outgoing.fetch(url)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fetched.error == "larger than 10 MB"
    assert peak < 40_000_000


BARE = zlib.compressobj(9, zlib.DEFLATED, -15)


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("gzip", gzip.compress(FEED)),
        ("GZIP", gzip.compress(FEED)),
        ("x-gzip", gzip.compress(FEED)),
        ("gzip", gzip.compress(FEED[:20]) + gzip.compress(FEED[20:])),
        ("gzip", gzip.compress(FEED) + bytes(40)),
        ("deflate", zlib.compress(FEED)),
        ("deflate", BARE.compress(FEED) + BARE.flush()),
        ("identity", FEED),
    ],
    ids=[
        "gzip",
        "shouted",
        "x-gzip",
        "two members",
        "padded",
        "zlib",
        "bare deflate",
        "identity",
    ],
)
def test_an_encoded_body_is_decoded(server: HostileServer, encoding: str, raw: bytes) -> None:
    def byte_by_byte(client: socket.socket, head: bytes) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\n\r\n".encode())
        for letter in raw:
            client.sendall(bytes([letter]))

    fetched = client(server).fetch(server.on("/feed", byte_by_byte))
    assert (fetched.error, fetched.body) == (None, FEED)


def test_a_thousand_gzip_members_are_refused(server: HostileServer) -> None:
    answer = ok(gzip.compress(b"") * 1000, "Content-Encoding: gzip")
    fetched = client(server).fetch(server.on("/feed", answer))
    assert fetched.error == "its compressed body has too many parts"


def test_the_request_says_who_asks_and_takes_no_cookies(server: HostileServer) -> None:
    url = server.on("/feed", ok(FEED, "Set-Cookie: seen=1; Path=/"))
    outgoing = Outgoing(frozenset({server.place}), user_agent="Example Reader/2")
    outgoing.fetch_all([FetchRequest(url=url), FetchRequest(url=url)])
    for head in server.asked:
        assert "user-agent: example reader/2" in head.lower()
        assert "accept-encoding: gzip, deflate\r\n" in head.lower()
        assert "cookie" not in head.lower()


def test_no_environment_variable_moves_a_request(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert client(server).fetch(server.on("/feed", ok(FEED))).body == FEED


def test_answers_come_in_the_order_asked_and_are_told_as_they_arrive(
    server: HostileServer,
) -> None:
    def later(client: socket.socket, head: bytes) -> None:
        time.sleep(0.3)
        client.sendall(ok(b"later"))

    urls = [server.on("/later", later), server.on("/now", ok(b"now")), server.url("/gone")]
    told: list[Fetched] = []
    fetched = client(server).fetch_all([FetchRequest(url=url) for url in urls], on_done=told.append)
    assert [answer.url for answer in fetched] == urls
    assert [answer.body for answer in fetched] == [b"later", b"now", b""]
    assert [answer.url for answer in told][-1] != urls[1]
    assert sorted(answer.url for answer in told) == sorted(urls)


def test_nothing_to_fetch_is_nothing_fetched() -> None:
    assert Outgoing().fetch_all([]) == ()


def test_what_the_listener_raises_ends_the_call_as_it_is(server: HostileServer) -> None:
    def stop(fetched: Fetched) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        client(server).fetch_all(
            [FetchRequest(url=server.url(f"/{n}")) for n in range(5)], on_done=stop
        )


def test_threads_can_share_one_client(server: HostileServer) -> None:
    url = server.on("/feed", ok(FEED))
    outgoing = client(server)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(outgoing.fetch, [url] * 12))
    assert [answer.body for answer in answers] == [FEED] * 12


def test_no_host_is_asked_more_than_twice_at_once(server: HostileServer) -> None:
    def busy(client: socket.socket, head: bytes) -> None:
        time.sleep(0.05)
        client.sendall(ok(FEED))

    requests = [FetchRequest(url=server.on(f"/{number}", busy)) for number in range(12)]
    fetched = client(server).fetch_all(requests)
    assert all(answer.body == FEED for answer in fetched)
    assert server.most_at_once <= 2


def test_a_hanging_host_does_not_hold_up_the_others(server: HostileServer) -> None:
    slow = HostileServer()
    try:
        requests = [FetchRequest(url=slow.on(f"/{n}", hangs)) for n in range(20)]
        requests.append(FetchRequest(url=server.on("/feed", ok(FEED))))
        outgoing = Outgoing(
            frozenset({server.place, slow.place}), timeout_seconds=30, total_seconds=1.0
        )
        began = time.monotonic()
        fetched = outgoing.fetch_all(requests)
        assert time.monotonic() - began < 4
    finally:
        slow.close()
    assert fetched[-1].body == FEED
    assert {answer.error for answer in fetched[:-1]} == {
        "not asked to the end: the 1 s for all sources together were over"
    }


def test_a_name_server_that_hangs_costs_no_more_than_its_time() -> None:
    def hanging(host: str, port: int) -> list[str]:
        time.sleep(2)
        return []

    began = time.monotonic()
    fetched = Outgoing(timeout_seconds=0.3, resolve=hanging).fetch("http://feeds.example/")
    assert fetched.error == "the server did not answer within 0.3 s"
    assert time.monotonic() - began < 1.5


def test_a_name_that_changes_its_address_is_asked_once(server: HostileServer) -> None:
    """Rebinding: the check sees a public address, a second look-up would see loopback."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    server.on("/", ok(FEED))
    outgoing = Outgoing(timeout_seconds=1, resolve=rebinding)
    assert "leads to 192.0.2.1, which is not public" in str(
        outgoing.fetch("http://feeds.example/").error
    )
    assert "leads to 127.0.0.1, which is not public" in str(
        outgoing.fetch("http://feeds.example/").error
    )
    assert asked == ["feeds.example", "feeds.example"]
    assert server.asked == []


def test_the_connection_goes_to_the_address_that_was_checked(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpcore2

    connected: list[str] = []

    async def record(self: object, host: str, *more: object) -> None:
        connected.append(host)
        raise httpcore2.ConnectError("not in a test")

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", record)
    answers = iter([["8.8.8.8", "::ffff:1.1.1.1"], ["127.0.0.1"]])
    fetched = Outgoing(resolve=lambda host, port: next(answers)).fetch("https://feeds.example/")
    assert connected == ["8.8.8.8", "1.1.1.1"]
    assert fetched.error == "no connection: not in a test"


def test_the_next_address_is_tried_where_one_refuses(server: HostileServer) -> None:
    server.on("/", ok(FEED))
    place = f"feeds.example:{server.port}"
    outgoing = Outgoing(frozenset({place}), resolve=lambda host, port: ["127.0.0.99", "127.0.0.1"])
    assert outgoing.fetch(f"http://{place}/").body == FEED


def test_an_address_where_nothing_listens_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    place = f"127.0.0.1:{port}"
    fetched = Outgoing(frozenset({place})).fetch(f"http://{place}/")
    assert fetched.error == "nothing answers at this address: the connection was refused"


def test_a_private_address_is_refused_and_nothing_is_sent(server: HostileServer) -> None:
    fetched = Outgoing().fetch(server.on("/feed", ok(FEED)))
    assert fetched.error == (
        "the address 127.0.0.1 is not public (loopback); "
        f"allow it with AUTOPILOT_ALLOW_HOSTS={server.place}"
    )
    assert server.asked == []


def test_a_malformed_allow_list_is_refused_at_once() -> None:
    with pytest.raises(SettingsInvalid):
        Outgoing(frozenset({"10.0.0.0/8"}))


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the client trust the test certificate, and nothing else."""
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))

    def transport(*args: object, **options: object) -> GuardedTransport:
        return GuardedTransport(*args, ssl_context=trust, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(fetching, "GuardedTransport", transport)


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("feeds.example", None),
        ("other.example", "its TLS certificate is not valid: Hostname mismatch"),
    ],
)
def test_tls_verifies_the_name_although_the_address_is_connected_to(
    name: str, told: str | None
) -> None:
    identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_cert_chain(CERTIFICATE)
    server = HostileServer(tls=identity)
    try:
        server.on("/feed", ok(FEED))
        place = f"{name}:{server.port}"
        outgoing = Outgoing(
            frozenset({place}), timeout_seconds=5, resolve=lambda host, port: ["127.0.0.1"]
        )
        fetched = outgoing.fetch(f"https://{place}/feed")
    finally:
        server.close()
    assert (fetched.error or "").startswith(told or "")
    assert fetched.body == (b"" if told else FEED)


def test_a_server_without_tls_says_so(server: HostileServer) -> None:
    server.on("/", ok(FEED))
    fetched = client(server).fetch(f"https://{server.place}/")
    assert fetched.error in {
        "no secure connection: it does not speak TLS as it should",
        "no connection: it was closed at once",
    }


def test_any_client_can_hang_on_the_guarded_transport(server: HostileServer) -> None:
    import anyio

    from autopilot.adapters.address_guard import AddressGuard
    from autopilot.errors import OutgoingRefused

    async def ask(url: str) -> httpx2.Response:
        transport = GuardedTransport(AddressGuard(allow=frozenset({server.place})))
        async with httpx2.AsyncClient(transport=transport, trust_env=False) as asking:
            return await asking.get(url)

    assert anyio.run(ask, server.on("/feed", ok(FEED))).content == FEED
    with pytest.raises(OutgoingRefused):
        anyio.run(ask, "http://169.254.169.254/")


@pytest.mark.parametrize(
    ("codes", "for_good"),
    [
        pytest.param((301,), True, id="moved"),
        pytest.param((308, 301), True, id="moved twice"),
        pytest.param((302,), False, id="elsewhere today"),
        pytest.param((301, 307), False, id="moved, and elsewhere today"),
        pytest.param((302, 301), False, id="elsewhere today, which moved"),
    ],
)
def test_only_a_move_for_good_is_told(
    server: HostileServer, codes: tuple[int, ...], for_good: bool
) -> None:
    last = server.on(f"/{len(codes)}", ok(FEED))
    for hop, code in enumerate(codes):
        server.on(f"/{hop}", moved(f"/{hop + 1}", code))
    fetched = client(server).fetch(server.url("/0"))
    assert (fetched.body, fetched.answered_by) == (FEED, last)
    assert fetched.moved_to == (last if for_good else None)


def test_what_did_not_move_has_no_new_address(server: HostileServer) -> None:
    assert client(server).fetch(server.on("/feed", ok(FEED))).moved_to is None


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (status(503, "Retry-After: 120"), 120),
        (status(429, "Retry-After: 99999999"), 7 * 86_400),
        (status(429, "Retry-After: Mon, 02 Nov 2020 09:00:00 GMT"), 0),
        (status(429, "Retry-After: soon"), None),
        (status(429), None),
        (ok(FEED, "Cache-Control: public, max-age=900"), 900),
        (ok(FEED, 'Cache-Control: max-age="60"'), 60),
        (ok(FEED, "Cache-Control: no-cache, max-age=900"), None),
        (ok(FEED, "Cache-Control: s-maxage=900"), None),
        (ok(FEED, "Cache-Control: max-age=" + "9" * 400), 7 * 86_400),
        (ok(FEED), None),
    ],
)
def test_the_server_says_when_to_ask_again(
    server: HostileServer, answer: bytes, seconds: int | None
) -> None:
    assert client(server).fetch(server.on("/feed", answer)).wait_seconds == seconds


def test_a_date_in_retry_after_is_counted_from_now(server: HostileServer) -> None:
    later = formatdate(time.time() + 600, usegmt=True)
    fetched = client(server).fetch(server.on("/feed", status(503, f"Retry-After: {later}")))
    assert fetched.wait_seconds is not None
    assert 590 <= fetched.wait_seconds <= 600
    assert fetched.status == 503


def test_a_host_that_asks_to_wait_is_asked_nothing_more(server: HostileServer) -> None:
    server.on("/0", status(429, "Retry-After: 60"))
    server.on("/1", lambda peer, head: server.ending.wait(2) and None)  # goes out beside it
    requests = [FetchRequest(url=server.url(f"/{number}")) for number in range(12)]
    answers = client(server).fetch_all(requests)
    assert len(server.asked) <= 2  # what was on its way already
    assert {answer.error for answer in answers[2:]} == {"not asked: its host asked to wait 60 s"}


def test_a_host_is_not_stormed(server: HostileServer) -> None:
    began = time.monotonic()
    for number in range(12):
        server.on(f"/{number}", ok(FEED))
    requests = [FetchRequest(url=server.url(f"/{number}")) for number in range(12)]
    answers = client(server, pause_seconds=0.1).fetch_all(requests)
    assert {answer.error for answer in answers} == {None}
    assert 0.4 <= time.monotonic() - began < 5
    assert server.most_at_once <= 2


def test_a_round_can_be_given_less_time(server: HostileServer) -> None:
    url = server.on("/feed", lambda peer, head: server.ending.wait(30) and None)
    began = time.monotonic()
    (fetched,) = client(server).fetch_all([FetchRequest(url=url)], within_seconds=0.2)
    assert time.monotonic() - began < 3
    assert "not asked to the end: the 0.2 s" in str(fetched.error)


def test_an_unknown_host_is_told_apart(server: HostileServer) -> None:
    def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise OSError(f"{host} is unknown")

    fetched = Outgoing(resolve=nowhere).fetch("http://gone.example/feed")
    assert fetched.unknown_host
    assert fetched.status == 0
