"""Sources become articles and reports; the window decides what the issue may use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from autopilot.domain.content import (
    Article,
    Entry,
    Feed,
    Fetched,
    SourceReport,
    SourceStatus,
    Window,
)
from autopilot.domain.specification import Source
from autopilot.pipeline.collect.articles import articles_of, read_source
from autopilot.pipeline.collect.collection import gather, without_copies
from autopilot.pipeline.collect.window import span, within

NOW = datetime(2026, 11, 17, 6, tzinfo=UTC)
MONDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
WEEK = Window(start=datetime(2026, 11, 10, tzinfo=UTC), end=datetime(2026, 11, 17, tzinfo=UTC))
SOURCE = Source(url="https://www.news.example/feed", region="de", local=True)
ENTRY = Entry(
    title="Ferry",
    link="https://news.example/ferry?utm_source=rss",
    summary="It stays.",
    published=MONDAY,
)
ARTICLE = Article(
    key="news.example/ferry",
    url="https://news.example/ferry",
    title="Ferry",
    text="It stays.",
    published=MONDAY,
    dated=True,
    source="Harbour News",
    source_url="https://www.news.example/feed",
    region="de",
    local=True,
    language="en",
)
RSS = b"""<rss version="2.0"><channel><title>Harbour News</title><item><title>Ferry</title>
<link>/ferry</link><pubDate>Mon, 16 Nov 2026 12:00:00 GMT</pubDate></item></channel></rss>"""


def one(entry: Entry, **known: datetime) -> Article:
    feed = Feed(title="Harbour News", entries=(entry,), language="en")
    (article,) = articles_of(feed, SOURCE, NOW, known)
    return article


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("NYT > Home Page", "NYT"),
        ("The Verge -  Front Pages", "The Verge"),
        ("World – The Indian Express", "The Indian Express"),
        ("Reuters: World News", "Reuters"),
        ("Japan Times latest articles", "Japan Times"),
        ("Der Standard | Startseite", "Der Standard"),
        ("BBC News", "BBC News"),
        ("World News", "World News"),
        ("Jean-Luc: Notes on grids", "Jean-Luc: Notes on grids"),
        ("Cables - Ships - Ports", "Cables - Ships - Ports"),
        ("RSS", "RSS"),
    ],
)
def test_a_source_is_named_as_its_publication(title: str, name: str) -> None:
    (article,) = articles_of(Feed(title=title, entries=(ENTRY,)), SOURCE, NOW, {})
    assert article.source == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("It isnâ€™t new â€” or is it?", "It isn’t new — or is it?"),
        ("â€œAs soon as possible,â€ he said", "“As soon as possible,” he said"),
        ("ZÃ¼rich, 25Â°C, cafÃ©", "Zürich, 25°C, café"),
        ("Zürich, 25 °C, café", "Zürich, 25 °C, café"),
        ("„Menü“, «été», IRMÃ”, São Paulo, Âge d’or", "„Menü“, «été», IRMÃ”, São Paulo, Âge d’or"),
        ("日本語", "日本語"),
    ],
)
def test_text_that_was_encoded_twice_is_taken_back_and_no_other(written: str, meant: str) -> None:
    given = replace(ENTRY, title=written, summary=written)
    assert (one(given).title, one(given).text) == (meant, meant)


def test_an_entry_becomes_an_article_with_its_source_and_region() -> None:
    assert one(ENTRY) == ARTICLE


def test_a_missing_date_becomes_the_time_first_seen_and_says_so() -> None:
    undated = replace(ENTRY, published=None)
    assert (one(undated).published, one(undated).dated) == (NOW, False)
    yesterday = NOW - timedelta(days=1)
    feed = Feed(title="", entries=(undated,))
    (article,) = articles_of(feed, SOURCE, NOW, {"news.example/ferry": yesterday})
    assert (article.published, article.dated) == (yesterday, False)


def test_a_date_in_the_future_becomes_now() -> None:
    article = one(replace(ENTRY, published=NOW + timedelta(days=9)))
    assert (article.published, article.dated) == (NOW, True)


def test_an_entry_without_title_uses_its_first_words() -> None:
    text = "The council voted on Monday to keep the ferry running for one more year."
    assert one(replace(ENTRY, title="", summary=text)).title == (
        "The council voted on Monday to keep the ferry running for one…"
    )
    assert one(replace(ENTRY, title="", summary="")).title == "news.example/ferry"


def test_an_entry_without_link_is_no_article() -> None:
    feed = Feed(title="", entries=(replace(ENTRY, link=""), ENTRY))
    assert len(articles_of(feed, SOURCE, NOW, {})) == 1


def test_the_entry_s_language_goes_before_the_feed_s() -> None:
    assert one(replace(ENTRY, language="fr")).language == "fr"


@pytest.mark.parametrize(
    ("name", "title", "shown"),
    [("Given", "Feed", "Given"), (None, "Feed", "Feed"), (None, "", "news.example")],
)
def test_a_source_is_named_by_its_owner_its_feed_or_its_host(
    name: str | None, title: str, shown: str
) -> None:
    source = SOURCE.model_copy(update={"name": name})
    (article,) = articles_of(Feed(title=title, entries=(ENTRY,)), source, NOW, {})
    assert article.source == shown


def test_a_naive_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        articles_of(Feed(title="", entries=(ENTRY,)), SOURCE, datetime(2026, 1, 1), {})  # noqa: DTZ001


LINKLESS = b"<rss><channel><title>T</title><item><title>x</title></item></channel></rss>"


@pytest.mark.parametrize(
    ("fetched", "status", "entries", "error"),
    [
        pytest.param({"body": RSS}, SourceStatus.OK, 1, None, id="ok"),
        pytest.param({"unchanged": True}, SourceStatus.UNCHANGED, 0, None, id="unchanged"),
        pytest.param(
            {"error": "news.example did not answer"},
            SourceStatus.FAILED,
            0,
            "news.example did not answer",
            id="failed",
        ),
        pytest.param(
            {"body": b"<html><body/></html>"},
            SourceStatus.FAILED,
            0,
            "this is a web page that advertises no feed and lists no articles",
            id="a web page",
        ),
        pytest.param(
            {"body": b"<rss><channel><title>T</title></channel></rss>"},
            SourceStatus.EMPTY,
            0,
            "the feed is there, but holds no entries",
            id="empty",
        ),
        pytest.param(
            {"body": LINKLESS},
            SourceStatus.EMPTY,
            1,
            "none of the feed's 1 entries has a link to a web page",
            id="no links",
        ),
    ],
)
def test_every_answer_is_a_report(
    fetched: dict[str, object], status: SourceStatus, entries: int, error: str | None
) -> None:
    answer = Fetched(url=SOURCE.url, **fetched)  # type: ignore[arg-type]
    articles, report = read_source(SOURCE, answer, NOW, {})
    assert (report.status, report.entries, report.error) == (status, entries, error)
    assert report.url == SOURCE.url
    assert len(articles) == (status is SourceStatus.OK)


def test_relative_links_follow_the_address_that_answered() -> None:
    moved = Fetched(url="https://new.example/feed", body=RSS)
    ((article,), _) = read_source(SOURCE, moved, NOW, {})
    assert article.url == "https://new.example/ferry"


def test_the_window_is_half_open() -> None:
    edges = [
        WEEK.start - timedelta(seconds=1),
        WEEK.start,
        WEEK.end - timedelta(seconds=1),
        WEEK.end,
    ]
    inside, left_out = within([replace(ARTICLE, published=edge) for edge in edges], WEEK)
    assert [article.published for article in inside] == edges[1:3]
    assert [left.reason for left in left_out] == [
        "published 9 Nov 2026, before this issue's window (10-16 Nov)",
        "published 17 Nov 2026, after this issue's window (10-16 Nov)",
    ]


def test_an_undated_article_is_told_as_first_seen() -> None:
    _, (left,) = within([replace(ARTICLE, published=NOW, dated=False)], WEEK)
    assert left.reason == "first seen 17 Nov 2026, after this issue's window (10-16 Nov)"


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2026-11-15T23:00+00:00", "2026-11-16T23:00+00:00", "16 Nov"),
        ("2026-11-15T23:00+00:00", "2026-11-22T23:00+00:00", "16-22 Nov"),
        ("2026-11-27T23:00+00:00", "2026-12-04T23:00+00:00", "28 Nov-4 Dec"),
        ("2026-12-27T23:00+00:00", "2027-01-03T23:00+00:00", "28 Dec 2026-3 Jan 2027"),
    ],
)
def test_a_window_is_told_in_the_reader_s_days(start: str, end: str, told: str) -> None:
    window = Window(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end))
    assert span(window, zone=ZoneInfo("Europe/Berlin")) == told


def test_copies_inside_a_source_are_one_article() -> None:
    undated = replace(ARTICLE, dated=False, text="much longer text than the other")
    longer = replace(ARTICLE, text="It stays for one more year.")
    other = replace(ARTICLE, key="news.example/bridge")
    assert without_copies([undated, ARTICLE, other, longer]) == (longer, other)


def test_a_collection_holds_articles_reports_and_reasons() -> None:
    old = replace(ARTICLE, key="k", published=WEEK.start - timedelta(days=7))
    told = SourceReport(url="https://a.example/", name="A", status=SourceStatus.OK, entries=3)
    dead = replace(told, status=SourceStatus.FAILED, error="it did not answer")
    elsewhere = replace(ARTICLE, source="B")
    collection = gather([((ARTICLE, ARTICLE, old), told), ((), dead), ((elsewhere,), told)], WEEK)
    assert collection.articles == (ARTICLE, elsewhere)
    assert collection.reports == (told, dead, told)
    assert [left.url for left in collection.left_out] == [old.url]
