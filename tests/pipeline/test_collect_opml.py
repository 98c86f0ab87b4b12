"""OPML: lists of feeds in and out, and what is refused."""

from __future__ import annotations

import time

import pytest

from autopilot.domain.specification import Region, Source
from autopilot.errors import DocumentInvalid
from autopilot.pipeline.collect import opml
from autopilot.pipeline.collect.opml import read_opml, sources_of, write_opml

REGIONS = (Region(id="DE", name="Germany"), Region(id="FR", name="France"))


def outline(url: str, name: str = "Grid Wire", inner: str = "") -> str:
    return f'<outline type="rss" text="{name}" xmlUrl="{url}">{inner}</outline>'


def folder(name: str, inner: str) -> str:
    return f'<outline text="{name}">{inner}</outline>'


def listed(*outlines: str) -> bytes:
    return (
        f'<?xml version="1.0"?><opml version="1.0"><head><title>L</title></head><body>{"".join(outlines)}'
        "</body></opml>"
    ).encode()


ONE = "https://one.example/feed"
TWO = "https://two.example/feed"


@pytest.mark.parametrize("name", ["Germany", "de", "GERMANY", "DE"])
def test_a_folder_named_like_a_region_gives_it(name: str) -> None:
    body = listed(folder(name, outline(ONE)), folder("Energy", folder("France", outline(TWO))))
    found = sources_of(read_opml(body).feeds, REGIONS)
    assert [(it.url, it.name, it.region) for it in found] == [
        (ONE, "Grid Wire", "DE"),
        (TWO, "Grid Wire", "FR"),
    ]


def test_the_inner_folder_counts_and_others_say_nothing() -> None:
    body = listed(folder("France", folder("Germany", outline(ONE))), folder("Energy", outline(TWO)))
    found = sources_of(read_opml(body).feeds, REGIONS)
    assert [it.region for it in found] == ["DE", None]


def test_a_feed_listed_twice_is_taken_once() -> None:
    body = listed(outline(ONE), outline("http://www.one.example/feed/?utm_source=x"), outline(TWO))
    found = read_opml(body)
    assert [feed.url for feed in found.feeds] == [ONE, TWO]
    assert found.repeated == 1


def test_what_is_written_reads_back_the_same() -> None:
    sources = (
        Source(url=ONE, name='A & "B" <c>', region="DE"),
        Source(url=f"{TWO}?a=1&b=2", name="Deux", region="FR"),
        Source(url="https://three.example/feed"),
    )
    found = sources_of(read_opml(write_opml("Energy & more", sources, REGIONS)).feeds, REGIONS)
    assert {(it.url, it.region) for it in found} == {(it.url, it.region) for it in sources}
    assert found[0].name == 'A & "B" <c>'


def test_every_faulty_outline_is_told_with_its_line() -> None:
    body = listed(
        "\n", outline("ftp://one.example/feed"), "\n", outline("not an address"), outline(ONE)
    )
    found = read_opml(body)
    assert [feed.url for feed in found.feeds] == [ONE]
    assert [problem.line for problem in found.problems] == [2, 3]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(b"", "not well-formed", id="empty"),
        pytest.param(b"<opml><body>", "not well-formed", id="cut"),
        pytest.param(b"<rss/>", "begins with <rss>", id="a feed"),
        pytest.param(listed(), "lists no feed", id="no feed"),
        pytest.param(listed(folder("Germany", "")), "lists no feed", id="an empty folder"),
        pytest.param(
            b'<!DOCTYPE opml [<!ENTITY a "aaaa">]><opml><body/></opml>',
            "document type",
            id="entities",
        ),
        pytest.param(
            '<!DOCTYPE opml SYSTEM "file:///etc/passwd"><opml/>'.encode("utf-16"),
            "document type",
            id="in utf-16",
        ),
        pytest.param(
            listed(
                folder("a", "") * 0
                + "".join(['<outline text="a">'] * 200)
                + outline(ONE)
                + "</outline>" * 200
            ),
            "deep",
            id="deep",
        ),
        pytest.param(listed("<outline text='a'>" * 100_000), "not well-formed", id="deeper"),
        pytest.param(listed(folder("a", "") * 30_000), "more than 20,000 outlines", id="many"),
        pytest.param(b"<opml>" + b" " * opml.MAX_BYTES, "larger than", id="large"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused_soon(body: bytes, told: str) -> None:
    begun = time.process_time()
    with pytest.raises(DocumentInvalid, match=told):
        read_opml(body)
    assert time.process_time() - begun < 3
