"""Hostile and broken bytes: always an answer, always soon."""

from __future__ import annotations

import html
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autopilot.domain.content import Feed
from autopilot.pipeline.collect import feeds
from autopilot.pipeline.collect.feeds import parse_feed

URL = "https://news.example/feed"
SCRIPT = "<script>alert(1)</script>"
ENOUGH_SECONDS = 5.0
"""Of CPU; every case takes well under one on a small machine."""


def rss(items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


@contextmanager
def soon() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < ENOUGH_SECONDS


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
ITEM = "<item><title>&a9;</title><link>https://news.example/1</link></item>"


@pytest.mark.parametrize(
    ("dtd", "item"),
    [
        pytest.param(f'<!ENTITY a0 "lol">{LAUGHS}', ITEM, id="billion laughs"),
        pytest.param(f'<!ENTITY a0 "lol">{LAUGHS}', ITEM + "<b>", id="in a broken feed"),
        pytest.param(
            f'<!ENTITY a "{"x" * 100_000}">',
            f"<item><title>{'&a;' * 10_000}</title></item>",
            id="quadratic",
        ),
    ],
)
def test_entity_bombs_stay_small(dtd: str, item: str) -> None:
    with soon():
        feed = parse_feed(f"<!DOCTYPE rss [{dtd}]>".encode() + rss(item), URL)
    assert len(feed.entries) == 1
    assert len(feed.entries[0].title) <= 500


@pytest.mark.parametrize("tail", ["", "<b>"], ids=["well-formed", "broken"])
def test_no_file_is_opened_for_an_entity(
    tmp_path_factory: pytest.TempPathFactory, tail: str
) -> None:
    secret = tmp_path_factory.mktemp("s") / "secret"
    secret.write_text("opened")
    dtd = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    body = dtd.encode() + rss(
        f"<item><title>&x;</title><description>&x;</description></item>{tail}"
    )
    assert "opened" not in repr(parse_feed(body, URL))


def test_a_body_that_looks_like_a_path_is_not_opened(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("s") / "<rss>"
    path.write_bytes(rss("<item><title>opened</title></item>"))
    assert parse_feed(str(path).encode(), URL).entries == ()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rss("<item>" + "<a>" * 200_000 + "</a>" * 200_000 + "</item>"), id="closed"),
        pytest.param(b"<rss><channel><item>" + b"<a>" * 200_000, id="unclosed"),
        pytest.param(b"<rss><channel>" + b"<item>" * 200_000, id="items in items"),
        pytest.param(
            rss(f"<item><description>{'&lt;div&gt;' * 200_000}</description></item>"), id="escaped"
        ),
        pytest.param(b"<html>" + b"<div>" * 200_000, id="web page"),
        pytest.param(b"[" * 100_000, id="json lists"),
        pytest.param(b'{"items":' * 100_000, id="json objects"),
        pytest.param(b'{"items":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="whole json"),
        pytest.param(b'{"items":[{"title":' + b"9" * 100_000 + b"}]}", id="a huge number"),
    ],
)
def test_depth_does_no_harm(body: bytes) -> None:
    with soon():
        assert isinstance(parse_feed(body, URL), Feed)


NOISE = random.Random(1).randbytes(1_000_000)


@pytest.mark.parametrize(
    ("start", "piece", "times"),
    [
        pytest.param(b"", NOISE, 30, id="noise"),
        pytest.param(b"<rss><channel><item>", NOISE, 30, id="noise in a feed"),
        pytest.param(b"", b"\x00", 30_000_000, id="zeros"),
        pytest.param(b"", b" ", 30_000_000, id="spaces"),
        pytest.param(b"<rss>", b"<", 30_000_000, id="brackets"),
        pytest.param(b"<rss>", b"&", 30_000_000, id="ampersands"),
        pytest.param(b"<rss>", b"<![CDATA[", 1_000_000, id="cdata"),
        pytest.param(b"<rss>", b"<!--", 1_000_000, id="comments"),
        pytest.param(b"<rss>", b"<!DOCTYPE ", 1_000_000, id="doctypes"),
        pytest.param(b"<!DOCTYPE rss [", b"<!ENTITY a ", 1_000_000, id="entities"),
        pytest.param(b"<rss>", b'<a b="', 1_000_000, id="attributes"),
        pytest.param(b"", b"<?xml ", 1_000_000, id="declarations"),
    ],
)
def test_megabytes_of_garbage_are_answered_soon(start: bytes, piece: bytes, times: int) -> None:
    with soon():
        feed = parse_feed(start + piece * times, URL)
    assert feed.problem or len(feed.entries) <= 1


def test_wild_dates_in_every_entry_are_answered_soon() -> None:
    dates = (f"<item><pubDate>on the {n}th, 12:33</pubDate></item>" for n in range(5_000))
    with soon():
        assert len(parse_feed(rss("".join(dates)), URL).entries) == 5_000


FIELDS = ("title", "link", "guid", "description", "pubDate", "author", "category")


@pytest.mark.parametrize("broken", [False, True], ids=["fast path", "tolerant path"])
@pytest.mark.parametrize("written", ["escaped", "cdata", "raw", "twice"])
def test_script_in_every_field_reaches_no_value(written: str, broken: bool) -> None:
    bad = {
        "escaped": html.escape(SCRIPT),
        "cdata": f"<![CDATA[{SCRIPT}]]>",
        "raw": SCRIPT,
        "twice": html.escape(html.escape(SCRIPT)),
    }[written]
    fields = "".join(f"<{name}>x{bad}</{name}>" for name in FIELDS)
    body = rss(f"<language>{bad}</language><item>{fields}{'<br>' if broken else ''}</item>")
    feed = parse_feed(body, URL)
    assert (feed.language, feed.entries[0].title) == (None, "x")
    assert "<script" not in repr(feed)
    assert "alert" not in feed.entries[0].summary


def test_a_parser_that_fails_is_a_problem_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Feed:
        raise RecursionError

    monkeypatch.setattr(feeds, "read_tolerantly", fail)
    feed = parse_feed(b"<rss><channel><item><title>x</titel></item></channel></rss>", URL)
    assert feed.problem == "this feed is too damaged to be read"


SEEDS = (
    rss(
        "<item><title>A &amp; B</title><link>/x</link><description><![CDATA[<p>x</p>]]></description>"
        "<pubDate>Mon, 16 Nov 2026 10:00:00 GMT</pubDate></item>" * 2
    ),
    (
        b'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T'
        b'</title><entry><title type="html">x &lt;b&gt;</title><link href="/x"/><updated>'
        b"2026-11-16T10:00:00Z</updated><content type='xhtml'><div>x</div></content></entry></feed>"
    ),
    (
        b'{"version":"https://jsonfeed.org/version/1","title":"T","items":[{"id":"1","url":"/x",'
        b'"title":"x","content_html":"<p>x</p>","date_published":"2026-11-16T10:00:00Z"}]}'
    ),
)
PIECES = (
    b"<",
    b">",
    b"&",
    b"]]>",
    b"<![CDATA[",
    b"\x00",
    b"\xff",
    b"</item>",
    b"<rss>",
    b'"',
    b"\xed\xa0\x80",
)


def check(body: bytes) -> None:
    feed = parse_feed(body, URL)
    assert isinstance(feed, Feed)
    assert feed.problem is None or not feed.entries
    for entry in feed.entries:
        assert entry.link == "" or entry.link.lower().startswith(("http://", "https://"))
        assert "\n" not in entry.title
        repr(entry).encode("utf-8")
        assert entry.published is None or entry.published.utcoffset() is not None


@given(st.binary(max_size=400))
def test_random_bytes_never_raise(body: bytes) -> None:
    check(body)
    check(b"<rss><channel><item><title>" + body)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(0, 12), st.sampled_from(PIECES)), max_size=6
    ),
)
def test_mutated_feeds_never_raise(body: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    for place, length, piece in edits:
        body = body[:place] + piece + body[place + length :]
    check(body)
