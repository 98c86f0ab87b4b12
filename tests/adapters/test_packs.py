"""The starter packs are complete, and their samples come over HTTP as a real feed would."""

from __future__ import annotations

import calendar
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import feedparser
import pytest
import yaml

from autopilot.adapters.outgoing import Outgoing
from autopilot.adapters.packs import (
    DEFAULT_PACK,
    pack_names,
    pack_text,
    sample_sources,
    sample_text,
)
from autopilot.adapters.sample_dates import with_dates
from autopilot.adapters.sample_server import SampleServer
from autopilot.domain.specification import Cadence, WorkspaceDocument
from autopilot.errors import NotFound

NOW = datetime(2026, 11, 23, 9, 41, 17, tzinfo=UTC)
RESERVED = ("example.org", "example.com", "example.net", ".example")
packs = pytest.mark.parametrize("pack", pack_names())

Item = tuple[str, str, str, datetime | None]


def items(pack: str, file: str, now: datetime = NOW) -> list[Item]:
    """Return a sample's items as (title, link, words, date)."""
    text = with_dates(sample_text(pack, file), now=now)
    if file.endswith(".json"):
        return [
            (
                item["title"],
                item["url"],
                item["content_text"],
                datetime.fromisoformat(item["date_published"]),
            )
            for item in json.loads(text)["items"]
        ]
    parsed = feedparser.parse(text)
    assert not parsed.bozo, parsed.bozo_exception
    return [(entry.title, entry.link, entry.summary, _moment(entry)) for entry in parsed.entries]


def _moment(entry: feedparser.FeedParserDict) -> datetime | None:
    # The parser files RDF's only date under "updated".
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    return None if parsed is None else datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def every_item(pack: str) -> list[Item]:
    return [item for source in sample_sources(pack) for item in items(pack, source.file)]


def test_there_are_packs_and_one_of_them_is_the_default() -> None:
    assert pack_names() == (
        "climate-policy",
        "cybersecurity",
        "energy",
        "food-agriculture",
        "health-tech",
    )
    assert DEFAULT_PACK in pack_names()


@packs
def test_a_pack_is_a_whole_configuration(pack: str) -> None:
    document = WorkspaceDocument.model_validate(yaml.safe_load(pack_text(pack)))
    (specification,) = document.specifications
    assert specification.cadence is Cadence.WEEKLY
    assert 3 <= len(specification.categories) <= 4
    assert all(len(set(category.keywords)) >= 10 for category in specification.categories)
    assert 3 <= len(specification.regions) <= 5
    assert 6 <= len(specification.sources) <= 10
    assert all(source.url.startswith("https://") for source in specification.sources)
    assert [schedule.name for schedule in specification.schedules] == ["Monday nine"]
    assert pack_text(pack).count("#") > 10


@packs
def test_samples_name_reserved_domains_only(pack: str) -> None:
    for source in sample_sources(pack):
        text = sample_text(pack, source.file)
        hosts = {urlsplit(url).hostname or "" for url in re.findall(r"https?://[^\s\"'<>]+", text)}
        hosts -= {"www.w3.org", "purl.org", "jsonfeed.org"}
        assert hosts
        assert all(host.endswith(RESERVED) for host in hosts)


@packs
def test_sample_sources_fit_the_pack(pack: str) -> None:
    document = WorkspaceDocument.model_validate(yaml.safe_load(pack_text(pack)))
    regions = {region.id for region in document.specifications[0].regions}
    sources = sample_sources(pack)
    assert 4 <= len(sources) <= 6
    assert {source.region for source in sources} - {None} <= regions
    assert len({source.name for source in sources}) == len(sources)


@packs
def test_samples_mix_dialects_and_lengths_of_news(pack: str) -> None:
    texts = [sample_text(pack, source.file) for source in sample_sources(pack)]
    marks = Counter(
        mark
        for text in texts
        for mark in ("<rss", "<feed", "<rdf:RDF", "jsonfeed.org")
        if mark in text
    )
    assert set(marks) == {"<rss", "<feed", "<rdf:RDF", "jsonfeed.org"}
    for source in sample_sources(pack):
        assert 8 <= len(items(pack, source.file)) <= 15
    for title, _, words, _ in every_item(pack):
        assert 30 <= len(words.split()) <= 72, title


@packs
def test_samples_hold_what_a_first_issue_has_to_cope_with(pack: str) -> None:
    found = every_item(pack)
    dates = [date for *_, date in found if date is not None]
    week = [date for date in dates if date > NOW - timedelta(days=7)]
    assert sum(date is None for *_, date in found) == 1
    assert any("utm_source=" in link for _, link, _, _ in found)
    assert max(dates) < NOW
    assert len(week) >= 35
    assert min(week) < NOW - timedelta(days=5)
    old = [date for date in dates if date <= NOW - timedelta(days=7)]
    assert 2 <= len(old) <= 5
    assert all(timedelta(days=20) <= NOW - date <= timedelta(days=29) for date in old)


@packs
def test_sample_dates_move_with_the_clock(pack: str) -> None:
    for source in sample_sources(pack):
        for title, _, _, date in items(pack, source.file, NOW + timedelta(days=400)):
            assert date is None or date > NOW + timedelta(days=370), title


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        ("<rss>{{hours:-5}}</rss>", "<rss>Mon, 23 Nov 2026 04:00:00 GMT</rss>"),
        ("<feed>{{hours:-5}}</feed>", "<feed>2026-11-23T04:00:00Z</feed>"),
        ('{"d": "{{days:-21}}"}', '{"d": "2026-11-02T09:00:00Z"}'),
        ("<feed>{{minutes:-90}}</feed>", "<feed>2026-11-23T07:30:00Z</feed>"),
        ("<feed>{{hours:-1.5}}</feed>", "<feed>2026-11-23T07:30:00Z</feed>"),
        ("<feed>{{ nothing }}</feed>", "<feed>{{ nothing }}</feed>"),
    ],
)
def test_a_placeholder_becomes_a_date_in_the_feeds_own_style(feed: str, expected: str) -> None:
    assert with_dates(feed, now=NOW) == expected


@pytest.mark.parametrize("name", ["nonsense", "", "../packs/energy", "energy/samples"])
def test_an_unknown_pack_is_told_with_the_known_ones(name: str) -> None:
    with pytest.raises(NotFound, match="no starter pack") as caught:
        pack_text(name)
    assert caught.value.hint == "packs: " + ", ".join(pack_names())


@packs
def test_the_server_gives_every_sample_over_the_real_fetch_path(pack: str) -> None:
    with SampleServer(pack, now=lambda: NOW) as server:
        outgoing = Outgoing(frozenset({server.place}))
        for source, listed in zip(server.sources, sample_sources(pack), strict=True):
            fetched = outgoing.fetch(source.url)
            assert fetched.error is None
            assert fetched.body.decode() == with_dates(sample_text(pack, listed.file), now=NOW)
            assert b"{{" not in fetched.body
            assert (source.name, source.region, source.local) == (
                listed.name,
                listed.region,
                listed.local,
            )
            again = outgoing.fetch(source.url, etag=fetched.etag)
            assert again.unchanged


def test_the_server_says_which_dialect_it_sends() -> None:
    with SampleServer("energy", now=lambda: NOW) as server:
        outgoing = Outgoing(frozenset({server.place}))
        types = [outgoing.fetch(source.url).content_type for source in server.sources]
    assert types == [
        "application/rss+xml; charset=utf-8",
        "application/atom+xml; charset=utf-8",
        "application/rdf+xml; charset=utf-8",
        "application/feed+json",
        "application/rss+xml; charset=utf-8",
    ]


def test_the_server_sends_new_dates_when_an_hour_has_passed() -> None:
    clock = [NOW]
    with SampleServer("energy", now=lambda: clock[0]) as server:
        outgoing = Outgoing(frozenset({server.place}))
        first = outgoing.fetch(server.sources[0].url)
        clock[0] += timedelta(hours=1)
        second = outgoing.fetch(server.sources[0].url, etag=first.etag)
    assert not second.unchanged
    assert second.body != first.body


@pytest.mark.parametrize("path", ["", "sources.yaml", "../pack.yaml", "%2e%2e/pack.yaml", "nope"])
def test_the_server_gives_nothing_but_the_listed_samples(path: str) -> None:
    with SampleServer("energy", now=lambda: NOW) as server:
        fetched = Outgoing(frozenset({server.place})).fetch(f"http://{server.place}/{path}")
    assert fetched.error == "answered 404 Not Found"
