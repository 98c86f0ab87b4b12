"""Pages and sitemaps: what they offer, what they say, and what they cannot do to us."""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from autopilot.domain.content import Fetched
from autopilot.domain.editorial import SourceKind
from autopilot.domain.specification import Source
from autopilot.pipeline.collect import sitemaps
from autopilot.pipeline.collect.page_links import read_links
from autopilot.pipeline.collect.page_text import read_page
from autopilot.pipeline.collect.reading import (
    BECAME_LOGIN,
    BECAME_PAGE,
    LOGIN_PAGE,
    NO_LISTING,
    read_answer,
)
from autopilot.pipeline.collect.sitemaps import read_sitemap, title_of
from autopilot.pipeline.collect.sites import same_site

URL = "https://news.example.org/section/"
ENOUGH_SECONDS = 8.0
"""Of CPU, the late import of the reader of pages included."""
SENTENCE = "The ferry will cross the sound every hour from spring on, the harbour office said. "


@contextmanager
def soon() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < ENOUGH_SECONDS


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>".encode()


def story(number: int, place: str = "/2026/11/the-ferry-runs-") -> str:
    return f"<li><a href='{place}{number}'>The ferry runs again, part {number}</a></li>"


LIST = f"<main><ul>{story(1)}{story(2)}{story(3)}</ul></main>"
LOGIN = "<form><input name=user><input type=PASSWORD name=secret></form>"
FEED_LINK = '<link rel="alternate" type="application/atom+xml" href="/wire.atom">'
RSS = b"<rss><channel><title>T</title><item><title>A</title><link>/1</link></item></channel></rss>"


def answered(body: bytes, kind: str = "text/html") -> Fetched:
    return Fetched(url=URL, body=body, content_type=kind)


@pytest.mark.parametrize(
    ("kind", "body", "was_feed", "found", "problem"),
    [
        pytest.param("auto", RSS, False, "feed", None, id="a feed"),
        pytest.param("auto", gzip.compress(RSS), False, "feed", None, id="a gzipped file"),
        pytest.param("auto", page(LIST), False, "page", None, id="a listing"),
        pytest.param("auto", page("<p>Hello"), False, "page", NO_LISTING, id="a page of words"),
        pytest.param("auto", page(LOGIN), False, "page", LOGIN_PAGE, id="a log-in page"),
        pytest.param("auto", page(LOGIN), True, "feed", BECAME_LOGIN, id="became a log-in page"),
        pytest.param("auto", page(LIST), True, "feed", BECAME_PAGE, id="became a page"),
        pytest.param(
            "feed", page(LIST), False, "feed", "this is a web page, not a feed", id="no feed"
        ),
        pytest.param("feed", page(LOGIN), False, "feed", LOGIN_PAGE, id="no feed, a log-in page"),
        pytest.param(
            "feed",
            page(LIST, FEED_LINK),
            False,
            "feed",
            "this is a web page, not a feed; the page says that its feed is "
            "https://news.example.org/wire.atom",
            id="no feed, but a hint",
        ),
        pytest.param("page", page(LIST, FEED_LINK), False, "page", None, id="a page by will"),
        pytest.param("sitemap", RSS, False, "sitemap", "this is not a sitemap", id="no sitemap"),
        pytest.param("auto", b"", False, "feed", "the answer was empty", id="nothing"),
    ],
)
def test_an_answer_is_read_as_what_it_is(
    kind: str, body: bytes, was_feed: bool, found: str, problem: str | None
) -> None:
    source = Source(url=URL, kind=SourceKind(kind))
    reading = read_answer(source, answered(body), was_feed=was_feed)
    assert (reading.kind.value, reading.feed.problem) == (found, problem)
    assert reading.leads_to == ()
    assert bool(reading.feed.entries) == (problem is None)


def test_a_page_leads_to_its_feed_even_where_a_feed_was_before() -> None:
    body = answered(page(LIST, FEED_LINK))
    for was_feed in (False, True):
        reading = read_answer(Source(url=URL), body, was_feed=was_feed)
        assert reading.leads_to == ("https://news.example.org/wire.atom",)


@pytest.mark.parametrize(
    "link",
    [
        pytest.param('<link rel="alternate" type="text/html" href="/other">', id="another page"),
        pytest.param(
            '<link rel="stylesheet" type="application/rss+xml" href="/x">', id="no alternate"
        ),
        pytest.param(FEED_LINK.replace("/wire", "/comments/wire"), id="comments"),
        pytest.param(FEED_LINK.replace("href", 'title="Comments Feed" href'), id="by its title"),
        pytest.param(FEED_LINK.replace("/wire.atom", "javascript:alert(1)"), id="a script"),
        pytest.param(FEED_LINK.replace("/wire.atom", "file:///etc/passwd"), id="a file"),
    ],
)
def test_not_every_alternate_is_a_feed_of_news(link: str) -> None:
    assert read_links(page(LIST, link), URL).feeds == ()


@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(f"<nav>{story(9)}</nav>", id="navigation"),
        pytest.param(f"<footer>{story(9)}</footer>", id="footer"),
        pytest.param(f"<div class='main-menu'>{story(9)}</div>", id="a menu by its class"),
        pytest.param("<p><a href='/2026/11/the-ferry'>more</a></p>", id="too short for a title"),
        pytest.param(
            "<a href='/privacy-policy-2026'>How we handle your data here</a>", id="service"
        ),
        pytest.param("<a href='/'>The harbour news of all the sounds</a>", id="the front page"),
        pytest.param(story(9, "https://elsewhere.example/2026/11/a-b-c-"), id="another site"),
        pytest.param(story(1) + story(2), id="twice"),
        pytest.param("<a href='mailto:a@example.org'>Write to us with your news</a>", id="mail"),
    ],
)
def test_a_listing_is_its_articles_and_nothing_around_them(noise: str) -> None:
    found = read_links(page(noise + LIST), URL).listing
    assert [entry.link[-1] for entry in found.entries] == ["1", "2", "3"]
    assert found.entries[0].title == "The ferry runs again, part 1"
    assert found.entries[0].published is None, "a date that is not there stays missing"


def test_a_listed_article_has_the_date_that_stands_with_it() -> None:
    items = "".join(
        f"<article><h2><a href='/2026/11/the-ferry-{n}'>The ferry runs again, part {n}</a></h2>"
        f"<time datetime='2026-11-1{n}T08:00:00+01:00'>lately</time></article>"
        for n in range(3)
    )
    found = read_links(page(f"<main>{items}</main>"), URL).listing.entries
    assert [entry.published for entry in found] == [
        datetime(2026, 11, 10 + n, 7, tzinfo=UTC) for n in range(3)
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.news.example/a", "https://feeds.news.example/b", True),
        ("https://a.co.uk/", "https://b.co.uk/", False),
        ("https://x.paper.co.uk/", "https://paper.co.uk/", True),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
        ("https://news.example/", "", False),
        ("", "", False),
    ],
)
def test_a_site_is_a_registered_name(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same


TEXT = "".join(f"<p>{SENTENCE}{SENTENCE.replace('hour', f'{n} hours')}</p>" for n in range(2, 7))
ARTICLE = (
    f"<nav><a href=/>Home</a></nav><article><h1>The ferry runs again</h1>{TEXT}"
    "<p>Subscribe to our newsletter</p><p>Another teaser that does not belong here</p></article>"
)


@pytest.mark.parametrize(
    "appeal",
    ["Unterstütze das Hafenblatt mit 2,50 Euro!", "Abonnieren Sie uns", "Soutenez notre journal"],
)
def test_an_appeal_to_pay_ends_the_text(appeal: str) -> None:
    article = ARTICLE.replace("Subscribe to our newsletter", appeal)
    read = read_page(page(article), URL)
    assert read is not None
    assert appeal not in read.text
    assert "does not belong here" not in read.text


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ('<meta property="article:published_time" content="2026-11-20T08:15:00+01:00">', "07:15"),
        (
            '<script type="application/ld+json">{"@graph":[{"datePublished":"2026-11-20T07:15Z"}]}</script>',
            "07:15",
        ),
        ('<script type="application/ld+json">{"datePublished": </script>', None),
        ("", None),
    ],
    ids=["open graph", "json-ld", "broken json-ld", "no date"],
)
def test_a_page_gives_title_text_and_only_the_date_it_states(
    head: str, published: str | None
) -> None:
    read = read_page(
        page(ARTICLE, f"<title>The ferry runs again | Harbour News</title>{head}"), URL
    )
    assert read is not None
    assert read.title == "The ferry runs again"
    assert read.text.count("The ferry will cross the sound") == 10
    assert "Home" not in read.text
    assert "newsletter" not in read.text
    assert "Another teaser" not in read.text
    assert (read.published and f"{read.published:%H:%M}") == published


@pytest.mark.parametrize(
    ("encoding", "meta"),
    [("utf-8", ""), ("windows-1252", "<meta charset=windows-1252>"), ("utf-16", "")],
)
def test_letters_are_read_whatever_a_page_is_written_in(encoding: str, meta: str) -> None:
    words = "Die Fähre fährt über den Sund. " * 12
    body = f"<html><head>{meta}</head><body><article><p>{words}</p></article></body></html>"
    read = read_page(body.encode(encoding), URL)
    assert read is not None
    assert "Fähre fährt über" in read.text


DEEP = 50_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<div>" * DEEP, id="deep"),
        pytest.param(b"<div>" * 200_000, id="deeper"),
        pytest.param(b"<p>" + b"<b><i><a href=/2026/a-b-c>" * 15_000, id="misnested"),
        pytest.param(b"<table><tr><td>" * 15_000, id="tables in tables"),
        pytest.param(
            page("<a href='/2026/x-y-z'>" + "A word or two " * 9 + "</a>" * 1) * 400,
            id="pages in pages",
        ),
        pytest.param(
            page(f"<article>{'<p>' + SENTENCE + '</p>'}</article>" * 9_000), id="much text"
        ),
        pytest.param(page("<p " + "a='b' " * 100_000 + ">" + SENTENCE), id="attributes"),
        pytest.param(page("<!--" * 100_000), id="comments"),
        pytest.param(page("&amp" * 500_000), id="entities"),
        pytest.param(b"<html>" + random.Random(3).randbytes(2_000_000), id="noise"),
        pytest.param(b"\x00" * 5_000_000, id="zeros"),
        pytest.param(
            page("<script type='application/ld+json'>" + "[" * 100_000 + "</script>"), id="json"
        ),
        pytest.param(b"<!DOCTYPE html [<!ENTITY a 'b'>]>" + b"&a;" * 500_000, id="entity bomb"),
    ],
)
def test_no_page_takes_long_or_raises(body: bytes) -> None:
    with soon():
        read_page(body, URL)
        read_links(body, URL)
        read_answer(Source(url=URL), answered(body))
        read_sitemap(body, URL)


def test_scripts_do_not_come_along() -> None:
    evil = "<script>alert(1)</script>"
    body = page(
        f"<article><h1>{evil}Ferry news of today</h1>"
        + f"<p onclick='x()'>{evil}{SENTENCE * 4}</p>" * 4
        + "</article>",
        f"<title>{evil}</title><meta property='og:title' content='&lt;script&gt;alert(1)&lt;/script&gt;Ferry'>",
    )
    read = read_page(body, URL)
    assert read is not None
    assert "alert" not in read.title + read.text
    assert "onclick" not in read.text


def sitemap(*places: str) -> bytes:
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(places)}</urlset>'.encode()


def place(number: int, day: str = "") -> str:
    changed = f"<lastmod>{day}</lastmod>" if day else ""
    return (
        f"<url><loc>https://news.example.org/2026/a-long-story-{number}.html</loc>{changed}</url>"
    )


NEWS = (
    '<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>'
    "<loc>https://news.example.org/ferry</loc><lastmod>2026-11-22</lastmod>"
    "<news:news><news:publication><news:name>Harbour</news:name><news:language>en</news:language>"
    "</news:publication><news:publication_date>2026-11-20T08:00:00Z</news:publication_date>"
    "<news:title>Ferry &amp; bridge</news:title></news:news></url></urlset>"
)


def test_a_news_sitemap_names_title_and_publication() -> None:
    (entry,) = read_sitemap(NEWS.encode(), URL).feed.entries
    assert (entry.title, entry.language) == ("Ferry & bridge", "en")
    assert entry.published == datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_the_newest_of_a_sitemap_come_first(pack: type[bytes]) -> None:
    body = sitemap(place(1, "2026-11-01"), place(2), place(3, "2026-11-20T10:00:00+01:00"))
    feed = read_sitemap(pack(body), URL).feed
    assert [entry.title for entry in feed.entries] == ["A long story"] * 3
    assert [entry.link[-6] for entry in feed.entries] == ["3", "1", "2"]
    assert feed.entries[2].published is None


def test_only_so_many_entries_and_sitemaps_are_taken() -> None:
    many = read_sitemap(sitemap(*(place(n, "2026-11-01") for n in range(1_000))), URL)
    assert len(many.feed.entries) == sitemaps.MAX_ENTRIES
    index = "".join(
        f"<sitemap><loc>/map-{n}.xml</loc><lastmod>2026-11-{n:02}</lastmod></sitemap>"
        for n in range(1, 20)
    )
    found = read_sitemap(f"<sitemapindex>{index}</sitemapindex>".encode(), URL)
    assert found.leads_to == tuple(f"https://news.example.org/map-{n}.xml" for n in (19, 18, 17))


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 200_000_000)
    with soon():
        assert read_sitemap(bomb, URL).feed.problem is not None


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("https://news.example/2026/11/ferry-runs-again.html", "Ferry runs again"),
        ("https://news.example/ferry_runs_again-1234567/", "Ferry runs again"),
        ("https://news.example/f%C3%A4hre-f%C3%A4hrt", "Fähre fährt"),
        ("https://news.example/12345", ""),
        ("https://news.example/ferry", ""),
        ("https://news.example", ""),
    ],
)
def test_an_address_gives_a_title_for_want_of_a_better_one(address: str, title: str) -> None:
    assert title_of(address) == title
