"""Sources that mean harm, over real HTTP: bounded in time and memory, and never the end of an issue."""

from __future__ import annotations

import gzip
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from adapters.hostile_server import HostileServer
from service.conftest import SUNDAY, apply, document
from service.sites import PARAGRAPH, answer, feed, refusal
from service.test_looking import rows_of, stored

from autopilot.domain.content import SourceStatus
from autopilot.service.context import App
from autopilot.service.looking import Looked, look_at

MOST_MEMORY = 150_000_000
SCRIPT = "&lt;script&gt;alert(1)&lt;/script&gt;"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
FEED = "application/rss+xml"


@pytest.fixture
def web() -> Iterator[HostileServer]:
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture
def app(new_app: Callable[..., App], web: HostileServer) -> App:
    return new_app(AUTOPILOT_ALLOW_HOSTS=web.place)


def rss(item: str) -> bytes:
    return (
        f"<rss version='2.0'><channel><title>T</title><item>{item}</item></channel></rss>".encode()
    )


def endless(client: socket.socket, head: bytes) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n<rss><channel>")
    while True:
        client.sendall(b"<item><title>again and again</title></item>" * 1_000)


def everywhere(item: str) -> str:
    fields = ("title", "description", "author", "category", "guid", "pubDate", "language")
    return "".join(f"<{name}>{item}</{name}>" for name in fields) + "<link>/evil-story</link>"


HARM: dict[str, bytes | Callable[[socket.socket, bytes], None]] = {
    "entity bomb": answer(
        f'<!DOCTYPE rss [<!ENTITY a0 "lol">{LAUGHS}]>'.encode() + rss("<title>&a9;</title>"), FEED
    ),
    "outside entity": answer(
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss("<title>&x;</title>"),
        FEED,
    ),
    "gzip bomb": answer(gzip.compress(b" " * 300_000_000), FEED, "Content-Encoding: gzip"),
    "gzipped file bomb": answer(gzip.compress(b" " * 300_000_000), FEED),
    "deep": answer(rss("<a>" * 200_000 + "</a>" * 200_000), FEED),
    "deep page": answer(b"<!doctype html>" + b"<div>" * 200_000),
    "endless": endless,
    "wrong charset": answer(
        b'<?xml version="1.0" encoding="utf-16"?>' + rss("<title>Fähre</title>"), FEED
    ),
    "scripts": answer(rss(everywhere(SCRIPT)), FEED),
    "no HTTP": b"\x16\x03\x01 what is this",
    "a loop": refusal(301, "Location: /a-loop"),
    "a way inside": refusal(301, "Location: http://169.254.169.254/latest/meta-data"),
    "a page that leads inside": answer(
        b"<!doctype html><link rel=alternate type='application/rss+xml' href='http://10.0.0.1/feed'>"
    ),
    "a page that leads to itself": answer(
        b"<!doctype html><link rel=alternate type='application/rss+xml' href=''>"
    ),
}


def test_whatever_sources_do_the_good_one_is_read(app: App, web: HostileServer) -> None:
    good = [web.url(f"/good/{n}") for n in range(3)]
    body = feed(*good, newest=SUNDAY, step=timedelta(hours=1), text=PARAGRAPH * 3)
    urls = [web.on("/" + name.replace(" ", "-"), script) for name, script in HARM.items()]
    apply(app, document(*urls, web.on("/good", answer(body, FEED))))
    tracemalloc.start()
    looked = look_at(app, rows_of(app))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST_MEMORY
    assert looked[-1].look.report.status is SourceStatus.OK
    articles = stored(app)
    assert {it.url for it in articles} >= set(good)
    assert not any("alert" in it.title + it.text or "root:" in it.title for it in articles)
    told = {name: one.look.report.error for name, one in zip(HARM, looked[:-1], strict=True)}
    assert "larger than 10 MB" in str(told["gzip bomb"])
    assert "still sending after 1 s" in str(told["endless"]) or "larger" in str(told["endless"])
    assert "169.254.169.254" in str(told["a way inside"])
    assert "10.0.0.1" in str(told["a page that leads inside"])
    assert told["a loop"] == "moved on more than 5 times"


def test_pages_of_articles_may_mean_harm_too(app: App, web: HostileServer) -> None:
    links = {name: web.on("/x-" + name.replace(" ", "-"), script) for name, script in HARM.items()}
    body = feed(*links.values(), newest=SUNDAY, step=timedelta(hours=1), text="Cut …")
    apply(app, document(web.on("/feed", answer(body, FEED))))
    looked: tuple[Looked, ...] = look_at(app, rows_of(app))
    assert looked[0].look.report.status is SourceStatus.OK
    found = stored(app)
    assert len(found) == len(links)
    assert not any(it.extracted for it in found)
    assert {it.text for it in found} == {"Cut …"}
