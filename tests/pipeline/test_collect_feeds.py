"""Feeds of every format become the same values; what is no feed says what it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from autopilot.domain.content import Entry, Feed
from autopilot.pipeline.collect import feeds
from autopilot.pipeline.collect.feeds import parse_feed
from autopilot.pipeline.collect.raw_entry import MAX_ENTRIES
from autopilot.pipeline.collect.tolerant import read_with_feedparser

URL = "https://news.example/feeds/all"
NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)

RSS_2 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Harbour News</title><link>https://news.example/</link><language>en-GB</language>
<atom:link rel="self" href="https://news.example/feeds/all"/>
<item><title>Ferry &amp;amp; bridge</title><link>https://news.example/ferry</link>
<media:title>not the title</media:title>
<description>&lt;p&gt;The ferry stays.&lt;/p&gt;&lt;p&gt;The bridge waits.&lt;/p&gt;</description>
<pubDate>Mon, 16 Nov 2026 13:00:00 +0100</pubDate></item>
</channel></rss>"""

RSS_1 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example/"><title>Harbour News</title>
<dc:language>en-GB</dc:language></channel>
<item rdf:about="https://news.example/ferry"><title>Ferry &amp; bridge</title>
<link>https://news.example/ferry</link>
<description>The ferry stays.&lt;br/&gt;The bridge waits.</description>
<dc:date>2026-11-16T12:00:00Z</dc:date></item></rdf:RDF>"""

RSS_091 = """<rss version="0.91"><channel><title>Harbour News</title><language>en-gb</language>
<item><title>Ferry &amp; bridge</title><link>
  https://news.example/ferry
</link><description>The ferry stays.&lt;div&gt;The bridge waits.&lt;/div&gt;</description>
<pubDate>16 Nov 26 12:00 GMT</pubDate></item></channel></rss>"""

ATOM_1 = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB"><title type="text">Harbour News</title>
<entry><title type="html">Ferry &amp;amp; bridge</title><link rel="edit" href="/edit/1"/>
<link rel="alternate" href="/ferry"/><published>2026-11-16T12:00:00Z</published>
<updated>2026-11-17T12:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The ferry stays.</p>
<p>The bridge <b>waits</b>.</p></div></content></entry></feed>"""

ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:lang="en-GB">
<title>Harbour News</title><entry><title>Ferry &amp; bridge</title>
<link rel="alternate" type="text/html" href="https://news.example/ferry"/>
<issued>2026-11-16T13:00:00+01:00</issued><modified>2026-11-17T12:00:00Z</modified>
<summary type="text/html" mode="escaped">The ferry stays.&lt;br&gt;The bridge waits.</summary>
</entry></feed>"""

JSON_1 = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Harbour News",
        "language": "en-GB",
        "items": [
            {
                "id": "1",
                "url": "/ferry",
                "title": "Ferry & bridge",
                "content_html": "<p>The ferry stays.</p><p>The bridge waits.</p>",
                "date_published": "2026-11-16T12:00:00.000Z",
            }
        ],
    }
)
RSS_AS_JSON = json.dumps(
    {
        "rss": {
            "channel": {
                "title": "Harbour News",
                "language": "en-gb",
                "item": [
                    {
                        "title": "Ferry & bridge",
                        "link": "https://news.example/ferry",
                        "description": "The ferry stays.<br>The bridge waits.",
                        "pubDate": "Mon, 16 Nov 2026 12:00:00 GMT",
                    }
                ],
            }
        }
    }
)
FORMATS = {
    "rss 2.0": RSS_2,
    "rss 1.0": RSS_1,
    "rss 0.91": RSS_091,
    "atom 1.0": ATOM_1,
    "atom 0.3": ATOM_03,
    "json feed": JSON_1,
    "rss as json": RSS_AS_JSON,
}
EXPECTED = Feed(
    title="Harbour News",
    language="en-gb",
    entries=(
        Entry(
            title="Ferry & bridge",
            link="https://news.example/ferry",
            summary="The ferry stays.\nThe bridge waits.",
            published=NOON,
        ),
    ),
)


def rss(items: str, head: str = "") -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{head}{items}</channel></rss>'.encode()


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_every_format_gives_the_same_feed(text: str) -> None:
    assert replace(parse_feed(text.encode(), URL), site="") == EXPECTED


@pytest.mark.parametrize("name", [name for name in FORMATS if "json" not in name])
def test_the_tolerant_path_gives_the_same_entries(name: str) -> None:
    assert read_with_feedparser(FORMATS[name], URL).entries == EXPECTED.entries


def test_a_well_formed_feed_never_wakes_the_tolerant_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "read_tolerantly", None)
    assert replace(parse_feed(RSS_2.encode(), URL), site="") == EXPECTED


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(b"", "the answer was empty", id="nothing"),
        pytest.param(b" \r\n ", "the answer was empty", id="blank"),
        pytest.param(b"\xef\xbb\xbf", "the answer was empty", id="only a mark"),
        pytest.param(
            b"<!doctype html><html><head><title>Hi</title></head><body><p>Hi<br></body></html>",
            "this is a web page, not a feed",
            id="html",
        ),
        pytest.param(
            b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
            "this is a web page, not a feed",
            id="xhtml",
        ),
        pytest.param(b"<urlset><url/></urlset>", "this is a sitemap, not a feed", id="sitemap"),
        pytest.param(
            b"<opml><body/></opml>", "this is a list of feeds (OPML), not a feed", id="opml"
        ),
        pytest.param(b"<note>x</note>", "this is not a feed", id="other xml"),
        pytest.param(b"%PDF-1.7 ...", "this is not a feed", id="pdf"),
        pytest.param(b"\x1f\x8b\x08\x00rest", "this is a compressed file, not a feed", id="gzip"),
        pytest.param(
            b'{"error": 404}',
            "this is JSON, but not a feed: it has no list of items",
            id="other json",
        ),
        pytest.param(
            b"[1, 2]", "this is JSON, but not a feed: it has no list of items", id="json list"
        ),
        pytest.param(
            b'{"items": [', "this JSON is not whole, so nothing of it could be read", id="cut json"
        ),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: bytes, problem: str) -> None:
    assert parse_feed(body, URL) == Feed(title="", entries=(), problem=problem)


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse_feed(rss(""), URL) == Feed(title="T", entries=())


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        pytest.param(b"\n\n " + RSS_2.encode(), ["Ferry & bridge"], id="blank lines before"),
        pytest.param(
            b"<br /><b>Warning</b>: in /x.php<br />" + RSS_2.encode(),
            ["Ferry & bridge"],
            id="a warning before",
        ),
        pytest.param(
            RSS_2.encode() + b"<script>track()</script>", ["Ferry & bridge"], id="a script after"
        ),
        pytest.param(rss("<item><title>A & B</title></item>"), ["A & B"], id="bare ampersand"),
        pytest.param(rss("<item><title>a&nbsp;b</title></item>"), ["a b"], id="html entity"),
        pytest.param(
            rss("<item><title>a\x0bb\x00c</title></item>"), ["abc"], id="control characters"
        ),
        pytest.param(
            rss("<item><title>one</title></item><item><title>two</title><link>http")[:-20],
            ["one", "two"],
            id="cut off",
        ),
        pytest.param(
            rss("<item><title>one</title><description><p>x<br>y</description></item>"),
            ["one"],
            id="unclosed html inside",
        ),
        pytest.param(
            rss("<item><title>one</title><nowhere:x/></item>"), ["one"], id="unknown prefix"
        ),
        pytest.param(
            b"<html><body>" + rss("<item><title>one</title></item>") + b"</body></html>",
            ["one"],
            id="wrapped in a page",
        ),
    ],
)
def test_damaged_feeds_are_read_all_the_same(body: bytes, titles: list[str]) -> None:
    feed = parse_feed(body, URL)
    assert feed.problem is None
    assert [entry.title for entry in feed.entries] == titles


def test_ampersands_in_cdata_and_links_survive_mending() -> None:
    body = rss(
        "<item><title><![CDATA[R&D & co]]></title><link>https://news.example/?a=1&b=2</link>"
        "<description>bare & here</description></item>"
    )
    (entry,) = parse_feed(body, URL).entries
    assert (entry.title, entry.link) == ("R&D & co", "https://news.example/?a=1&b=2")
    assert entry.summary == "bare & here"


@pytest.mark.parametrize(
    ("label", "encoding", "content_type"),
    [
        ("utf-8", "utf-8", ""),
        ("iso-8859-1", "utf-8", ""),
        ("us-ascii", "utf-8", ""),
        ("utf-8", "cp1252", ""),
        ("iso-8859-1", "cp1252", ""),
        ("windows-1252", "cp1252", ""),
        ("utf-16", "utf-8", ""),
        ("utf-16", "utf-16", ""),
        ("utf-16", "utf-16-le", ""),
        ("utf-16", "utf-16-be", ""),
        ("made-up", "utf-8", ""),
        (None, "utf-8-sig", ""),
        (None, "utf-8", "text/xml; charset=iso-8859-1"),
        (None, "cp1252", 'text/xml; charset="windows-1252"'),
        (None, "cp1252", ""),
    ],
)
def test_wrong_or_missing_charset_labels_do_no_harm(
    label: str | None, encoding: str, content_type: str
) -> None:
    head = f'<?xml version="1.0" encoding="{label}"?>' if label else ""
    text = head + rss("<item><title>Größe “groß”</title></item>").decode()
    (entry,) = parse_feed(text.encode(encoding), URL, content_type).entries
    assert entry.title == "Größe “groß”"


@pytest.mark.parametrize(
    ("label", "title"),
    [("koi8-r", "Привет"), ("euc-kr", "안녕하세요"), ("gb2312", "你好"), ("shift_jis", "新聞")],
)
def test_other_charsets_are_read(label: str, title: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{label}"?>'
        + rss(f"<item><title>{title}</title></item>").decode()
    )
    (entry,) = parse_feed(text.encode(label), URL).entries
    assert entry.title == title


def test_one_broken_letter_does_not_scramble_the_rest() -> None:
    body = rss("<item><title>Größe, Bäume, Öl, Übung, süß, März, Hände, für, x!</title></item>")
    (entry,) = parse_feed(body.replace(b"x!", b"\xff!"), URL).entries
    assert entry.title == "Größe, Bäume, Öl, Übung, süß, März, Hände, für, \ufffd!"


def link_of(item: str, head: str = "") -> str:
    return parse_feed(rss(f"<item>{item}</item>", head), URL).entries[0].link


ATOM_NS = 'xmlns:a="http://www.w3.org/2005/Atom"'
FB_NS = 'xmlns:fb="http://rssnamespace.org/feedburner/ext/1.0"'


@pytest.mark.parametrize(
    ("item", "link"),
    [
        pytest.param("<link>https://a.example/x</link>", "https://a.example/x", id="link"),
        pytest.param("<link>/x</link>", "https://news.example/x", id="relative"),
        pytest.param("<link>x?y</link>", "https://news.example/feeds/x?y", id="relative to feed"),
        pytest.param("<link>//a.example/x</link>", "https://a.example/x", id="no scheme"),
        pytest.param("<guid>https://a.example/x</guid>", "https://a.example/x", id="guid"),
        pytest.param('<guid isPermaLink="false">https://a.example/x</guid>', "", id="plain guid"),
        pytest.param("<guid>tag:a.example,2026:1</guid>", "", id="guid is no address"),
        pytest.param(
            "<link>https://a.example/x</link><guid>https://a.example/y</guid>",
            "https://a.example/x",
            id="link before guid",
        ),
        pytest.param(
            f'<a:link {ATOM_NS} rel="self" href="/s"/><a:link {ATOM_NS} href="/x"/>',
            "https://news.example/x",
            id="atom link in rss",
        ),
        pytest.param(
            f"<fb:origLink {FB_NS}>https://a.example/o</fb:origLink>",
            "https://a.example/o",
            id="original link alone",
        ),
        pytest.param(
            '<link xmlns="">x</link>', "https://news.example/feeds/x", id="explicit namespace"
        ),
        pytest.param("<link>javascript:alert(1)</link>", "", id="javascript"),
        pytest.param("<link>mailto:a@a.example</link>", "", id="mailto"),
        pytest.param("<link>ftp://a.example/x</link>", "", id="ftp"),
        pytest.param("<link>http://[bad/x</link>", "", id="no host"),
        pytest.param("<link>https://</link>", "", id="empty host"),
        pytest.param("<link>https://a.example/a b</link>", "https://a.example/a%20b", id="space"),
        pytest.param(
            "<link>https://a.example/\n x</link>", "https://a.example/%20x", id="line break"
        ),
        pytest.param(
            "<link>https://a.example/?q=&quot;&gt;&lt;b</link>",
            "https://a.example/?q=%22%3E%3Cb",
            id="markup",
        ),
        pytest.param("<link>https://a.example/größe</link>", "https://a.example/größe", id="iri"),
        pytest.param(f"<link>https://a.example/{'x' * 3000}</link>", "", id="far too long"),
    ],
)
def test_links_are_absolute_web_addresses_or_nothing(item: str, link: str) -> None:
    assert link_of(item) == link


def test_xml_base_counts_for_relative_links() -> None:
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/blog/">'
        b'<entry xml:base="2026/"><link href="x"/></entry><entry><link href="y"/></entry></feed>'
    )
    links = [entry.link for entry in parse_feed(body, URL).entries]
    assert links == ["https://a.example/blog/2026/x", "https://a.example/blog/y"]


def test_an_entry_speaks_its_own_language() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
    <entry xml:lang="fr"><title>a</title></entry><entry><title>b</title></entry></feed>"""
    feed = parse_feed(body, URL)
    assert (feed.language, [entry.language for entry in feed.entries]) == ("en", ["fr", None])


def text_of(item: str) -> str:
    namespaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:media="http://search.yahoo.com/mrss/"'
    )
    return parse_feed(rss(f"<item {namespaces}>{item}</item>"), URL).entries[0].summary


LONG = "The council voted on Monday to keep the ferry for one more year, officials said."


@pytest.mark.parametrize(
    ("item", "text"),
    [
        pytest.param(
            f"<description>A lead.</description><content:encoded>{LONG}</content:encoded>",
            f"A lead.\n{LONG}",
            id="summary leads, content follows",
        ),
        pytest.param(
            f"<description>{LONG[:40]}…</description><content:encoded>{LONG}</content:encoded>",
            LONG,
            id="the beginning is not told twice",
        ),
        pytest.param(
            f"<description>Council votes. Read more</description><content:encoded>{LONG}"
            "</content:encoded>",
            LONG,
            id="a cut-off summary gives way",
        ),
        pytest.param(
            "<media:group><media:description>A film.</media:description></media:group>",
            "A film.",
            id="a film's description stands in",
        ),
        pytest.param("", "", id="nothing"),
    ],
)
def test_summary_and_content_become_one_text(item: str, text: str) -> None:
    assert text_of(item) == text


def test_at_most_so_many_entries_are_read() -> None:
    item = "<item><title>T</title></item>"
    assert len(parse_feed(rss(item * 50_000), URL).entries) == MAX_ENTRIES
    assert len(parse_feed(rss(item * 50_000)[:-9], URL).entries) == MAX_ENTRIES


def test_json_members_of_the_wrong_type_count_as_missing() -> None:
    items = [{"title": 7, "url": 1.2, "summary": True, "date_published": {}}, "x", {"title": "ok"}]
    body = json.dumps({"title": ["x"], "language": {}, "items": items}).encode()
    feed = parse_feed(body, URL)
    assert feed.title == ""
    assert [entry.title for entry in feed.entries] == ["", "ok"]
    assert feed.entries[0] == Entry(title="", link="", summary="", published=None)
