"""One article has one key, however its address is dressed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.pipeline.collect.canonical import canonical_url, clean_url

KEY = "news.example/2026/ferry"


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/2026/ferry",
        "http://news.example/2026/ferry",
        "https://www.news.example/2026/ferry/",
        "HTTPS://NEWS.example:443/2026/ferry#comments",
        "http://news.example:80/2026/ferry?",
        "https://news.example./2026/ferry",
        "https://news.example/2026/ferry?utm_source=rss&utm_medium=feed",
        "https://news.example/2026/ferry?fbclid=a&gclid=b&mc_cid=c&mc_eid=d",
        "https://news.example/2026/ferry?ref=rss&source=rss_main&at_medium=RSS",
        "https://news.example/2026/ferry#utm_source=rss",
        "https://news.example/2026/ferry/amp",
        "https://news.example/2026/ferry/amp/",
        "https://news.example/2026/ferry.amp",
        "https://news.example/2026/ferry?amp=1",
        "https://news.example/2026/ferry?outputType=amp",
        "https://www.google.com/amp/s/news.example/2026/ferry",
        "https://news.example/2026/%66erry",
        "  https://news.example/2026/ferry  ",
    ],
)
def test_dresses_of_one_address_share_a_key(url: str) -> None:
    assert canonical_url(url) == KEY


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://news.example/?p=2&a=1", "news.example?a=1&p=2"),
        ("https://news.example:8080/x", "news.example:8080/x"),
        ("https://news.example/amp", "news.example/amp"),
        ("https://news.example/x?ref=42&source=desk", "news.example/x?ref=42&source=desk"),
        ("https://news.example/Ferry", "news.example/Ferry"),
        ("https://news.example/größe", "news.example/gr%C3%B6%C3%9Fe"),
        ("https://news.example/a%2Fb", "news.example/a%2Fb"),
        ("https://m.news.example/x", "m.news.example/x"),
        ("http://[broken", "http://[broken"),
        ("mailto:a@news.example", "mailto:a@news.example"),
    ],
)
def test_what_makes_a_difference_stays(url: str, key: str) -> None:
    assert canonical_url(url) == key


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        (
            "https://www.news.example/x/?b=2&utm_source=rss&a=1#top",
            "https://www.news.example/x/?b=2&a=1#top",
        ),
        ("http://news.example/x?utm_source=rss", "http://news.example/x"),
        ("https://news.example/x#utm_medium=rss", "https://news.example/x"),
        ("https://news.example/x?q=a%20b&amp=1", "https://news.example/x?q=a%20b&amp=1"),
        ("https://news.example/x?", "https://news.example/x"),
    ],
)
def test_readers_get_the_link_without_trackers_and_otherwise_untouched(
    url: str, clean: str
) -> None:
    assert clean_url(url) == clean


@given(st.text(max_size=80).map("https://news.example/".__add__) | st.text(max_size=80))
def test_keys_and_links_are_stable(url: str) -> None:
    assert clean_url(clean_url(url)) == clean_url(url)
    canonical_url(url)
