"""The public archive: issues that readers had, as pages and feeds; of others nobody learns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree

import httpx2
import pytest
from service.conftest import MONDAY_NINE, SUNDAY, WEEK, Clock, apply, document, news
from service.feeds import Feeds
from sqlalchemy import update
from web.conftest import PUBLIC, clock_of, issue, served

from autopilot.domain.content import Entry, Feed
from autopilot.domain.issue import UNREAD, IssueStatus
from autopilot.pipeline.collect.feeds import parse_feed
from autopilot.service.context import App
from autopilot.service.tick import tick
from autopilot.store.tables import issues

ARCHIVE = "/archive/acme/energy/"
SECOND = """
workspace: zeta
name: Zeta
specifications:
  - {slug: energy, name: Other, categories: [{id: a, name: A}], channels: [{type: archive}]}
"""


@pytest.fixture
def published(new_app: Callable[..., App], feeds: Feeds, clock: Clock) -> App:
    """Two weeks of a newsletter with an archive."""
    app = new_app(AUTOPILOT_PUBLIC_URL=PUBLIC)
    text = document(feeds.serve("feed.xml", *news(SUNDAY - timedelta(days=2))))
    apply(app, text.replace("    categories:", "    channels: [{type: archive}]\n    categories:"))
    apply(app, SECOND)
    clock.now = MONDAY_NINE
    tick(app)
    return app


@pytest.fixture
def archive(published: App) -> Iterator[httpx2.Client]:
    with served(published) as client:
        yield client


def permalink(archive: httpx2.Client) -> str:
    item = archive.get(ARCHIVE + "feed.json").json()["items"][0]
    assert item["url"].startswith(PUBLIC + ARCHIVE)
    return str(item["url"].removeprefix(PUBLIC))


def test_an_issue_is_listed_and_has_a_page_with_its_sources(archive: httpx2.Client) -> None:
    listed = archive.get(ARCHIVE)
    assert listed.status_code == 200
    assert "Monday, November 23, 2026" in listed.text
    link = permalink(archive)
    assert f'href="{link.rpartition("/")[2]}"' in listed.text
    page = archive.get(link)
    assert page.status_code == 200
    assert "Grid operator plans new transmission line in Germany" in page.text
    assert f'href="{link}/sources"' in page.text
    assert "All issues" in page.text
    assert "unsubscribe" not in page.text.lower()
    sources = archive.get(f"{link}/sources")
    assert "<details" in sources.text
    assert " open>" in sources.text
    moved = archive.get(ARCHIVE[:-1])
    assert (moved.status_code, moved.headers["location"]) == (308, "energy/")
    assert archive.get("/archive/acme/nope").status_code == 404


def test_a_page_may_use_its_own_style_and_pictures_and_nothing_else(archive: httpx2.Client) -> None:
    headers = archive.get(permalink(archive)).headers
    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert any(rule.startswith("style-src 'sha256-") for rule in policy)
    assert not any("script" in rule or "unsafe" in rule for rule in policy)
    assert headers["cache-control"] == "public, max-age=300"
    assert headers["x-robots-tag"] == "all"


def test_whoever_has_a_page_is_told_that_it_is_the_same(archive: httpx2.Client) -> None:
    for path in (ARCHIVE, ARCHIVE + "feed.xml", ARCHIVE + "feed.json", permalink(archive)):
        tag = archive.get(path).headers["etag"]
        again = archive.get(path, headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert again.content == b""


def test_feeds_are_read_by_our_own_reader(archive: httpx2.Client) -> None:
    answer = archive.get(ARCHIVE + "feed.xml")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    root = ElementTree.fromstring(answer.content)
    assert root.findtext("channel/link") == PUBLIC + ARCHIVE
    feed: Feed = parse_feed(answer.content, PUBLIC)
    entry: Entry = feed.entries[0]
    assert entry.published == MONDAY_NINE
    assert entry.link.startswith(PUBLIC + ARCHIVE)
    document = archive.get(ARCHIVE + "feed.json").json()
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["items"][0]["date_published"].startswith("2026-11-23T08:00:00")
    assert "https://example.org/" in document["items"][0]["content_html"]


def test_what_is_not_there_looks_the_same_whatever_it_is(
    archive: httpx2.Client, published: App
) -> None:
    nowhere = archive.get("/nowhere").text
    identity = permalink(archive).rpartition("/")[2]
    for path in (
        "/archive/acme/nope/",
        "/archive/nope/energy/",
        f"/archive/zeta/energy/{identity}",
        f"{ARCHIVE}{uuid4()}",
        f"{ARCHIVE}{identity}/nope",
        f"{ARCHIVE}x",
        f"{ARCHIVE}feed.atom",
        f"{ARCHIVE}?page=2",
        f"{ARCHIVE}?page=0",
        f"{ARCHIVE}?page=x",
        f"{ARCHIVE}?page=" + "9" * 5_000,
        "/archive/acme/energy/%00/",
    ):
        answer = archive.get(path)
        assert (answer.status_code, answer.text) == (404, nowhere), path
    assert "no issue yet" in archive.get("/archive/zeta/energy/").text


@pytest.mark.parametrize("status", sorted({*UNREAD, IssueStatus.NOT_SENT}))
def test_an_issue_that_no_reader_had_is_not_there(
    archive: httpx2.Client, published: App, status: str
) -> None:
    link = permalink(archive)
    with published.database.begin() as connection:
        connection.execute(update(issues).values(status=status))
    assert archive.get(link).status_code == 404
    assert "no issue yet" in archive.get(ARCHIVE).text
    assert archive.get(ARCHIVE + "feed.json").json()["items"] == []


def test_an_issue_appears_at_its_time(archive: httpx2.Client, published: App) -> None:
    link = permalink(archive)
    clock_of(published).pass_(timedelta(hours=-1))
    assert archive.get(link).status_code == 404


def test_without_the_channel_there_is_no_archive(
    archive: httpx2.Client, published: App, feeds: Feeds
) -> None:
    link = permalink(archive)
    text = document(feeds.url("feed.xml"))
    apply(published, text.replace("    categories:", "    channels: []\n    categories:"))
    for path in (link, ARCHIVE, ARCHIVE + "feed.xml"):
        assert archive.get(path).status_code == 404


def test_a_long_archive_has_pages(archive: httpx2.Client, published: App) -> None:
    first: datetime = MONDAY_NINE - 60 * WEEK
    for week in range(60):
        issue(
            published,
            scheduled_for=first + week * WEEK,
            draft_sha256="0" * 64,
            subject=f"Issue & number {week}",
        )
    page = archive.get(ARCHIVE)
    assert page.text.count("<li ") == 50
    assert 'href="?page=2" rel="next"' in page.text
    assert "Issue &amp; number 59" in page.text
    older = archive.get(ARCHIVE + "?page=2")
    assert older.text.count("<li ") == 11
    assert "next" not in older.text
    assert len(archive.get(ARCHIVE + "feed.json").json()["items"]) == 20
    lost = json.loads(archive.get(ARCHIVE + "feed.json").text)["items"][1]["url"]
    assert archive.get(lost.removeprefix(PUBLIC)).status_code == 404, "its draft is lost"


def test_the_language_of_the_newsletter_is_that_of_its_dates(
    archive: httpx2.Client, published: App, feeds: Feeds
) -> None:
    text = document(feeds.url("feed.xml")).replace(
        "    categories:", "    language: de\n    channels: [{type: archive}]\n    categories:"
    )
    apply(published, text)
    listed = archive.get(ARCHIVE).text
    assert "Montag, 23. November 2026" in listed
    assert '<li lang="de"' in listed
    assert "Alle Ausgaben" in archive.get(permalink(archive)).text


def test_texts_that_no_feed_can_hold_are_held_without_them(
    archive: httpx2.Client, published: App
) -> None:
    with published.database.begin() as connection:
        connection.execute(update(issues).values(subject='A\x0b & <b>"B"</b>', intro="]]>\x1b"))
    root = ElementTree.fromstring(archive.get(ARCHIVE + "feed.xml").content)
    assert root.findtext("channel/item/title") == 'A & <b>"B"</b>'
    assert "&lt;b&gt;" in archive.get(ARCHIVE).text
