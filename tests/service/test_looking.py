"""Looking at sources of every kind, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from adapters.hostile_server import HostileServer
from service.conftest import SUNDAY, Clock, apply, document
from service.sites import (
    PARAGRAPH,
    answer,
    article_page,
    conditional,
    feed,
    listing,
    refusal,
)

from autopilot.domain.content import Article, SourceStatus, Window
from autopilot.domain.notice import NoticeKind
from autopilot.service.context import App
from autopilot.service.looking import Looked, look_at
from autopilot.service.source_health import State, health_of
from autopilot.store import articles, notices, sources, specifications
from autopilot.store.sources import SourceRow

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TITLES = (
    "Grid operator plans new line",
    "Battery park opens near the coast",
    "Storage law passed by parliament",
)


@pytest.fixture
def web() -> Iterator[HostileServer]:
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture
def app(new_app: Callable[..., App], web: HostileServer) -> App:
    return new_app(AUTOPILOT_ALLOW_HOSTS=web.place)


def rows_of(app: App) -> Sequence[SourceRow]:
    with app.database.read() as connection:
        (specification,) = specifications.list_specifications(connection)
        return sources.list_sources(connection, specification.id)


def given(app: App, *urls: str, **fields: Any) -> Sequence[SourceRow]:
    apply(app, document(*urls))
    for row in rows_of(app):
        if fields:
            with app.database.begin() as connection:
                changed = row.source.model_copy(update=fields)
                sources.save_source(connection, row.id, changed, position=0)
    return rows_of(app)


def look(app: App) -> Looked:
    (looked,) = look_at(app, rows_of(app))
    return looked


def stored(app: App) -> tuple[Article, ...]:
    window = Window(start=SUNDAY - 400 * DAY, end=SUNDAY + 60 * DAY)
    with app.database.read() as connection:
        return articles.articles_in(connection, rows_of(app), window)


def told(app: App) -> list[str]:
    with app.database.read() as connection:
        found = notices.list_notices(connection)
    return [it.message for it in found if it.kind is NoticeKind.SOURCE]


def news(web: HostileServer, **how: Any) -> bytes:
    links = [web.url(f"/news/2026-line-{number}") for number in range(3)]
    return feed(*links, **{"newest": SUNDAY - HOUR, "step": DAY, "text": PARAGRAPH * 3} | how)


def test_a_page_that_advertises_a_feed_is_read_as_that_feed(app: App, web: HostileServer) -> None:
    head = "<link rel=alternate type='application/rss+xml' href='/comments/feed' title=Comments>"
    head += "<link rel=alternate type='application/rss+xml' href='/wire.xml'>"
    given(app, web.on("/", answer(listing(head=head))))
    url = web.on("/wire.xml", conditional(news(web), '"a"'))
    looked = look(app)
    assert looked.look.report.status is SourceStatus.OK
    assert len(stored(app)) == 3
    (row,) = rows_of(app)
    assert (row.state.found_kind, row.state.moved_to) == ("page_feed", url)
    assert health_of(row, SUNDAY).state is State.OK
    asked = len(web.asked)
    assert look(app).look.report.status is SourceStatus.UNCHANGED
    assert len(web.asked) == asked + 1, "the feed is asked, not its page"


def test_a_page_of_links_is_a_source_and_its_articles_are_read(
    app: App, web: HostileServer
) -> None:
    places = [
        (f"/news/2026-11-{n}-story", f"{title} in the north") for n, title in enumerate(TITLES, 18)
    ]
    given(app, web.on("/news", answer(listing(*places))))
    for place, title in places:
        page = article_page(title, published=f"2026-11-{place[14:16]}T08:00:00+01:00")
        web.on(place, answer(page))
    assert look(app).look.report.status is SourceStatus.OK
    found = {it.title: it for it in stored(app)}
    assert set(found) == {title for _, title in places}
    first = found[f"{TITLES[0]} in the north"]
    assert (first.published, first.dated, first.extracted) == (
        datetime(2026, 11, 18, 7, tzinfo=UTC),
        True,
        True,
    )
    assert "380 kilovolts" in first.text
    assert "rights reserved" not in first.text
    assert "Home" not in first.text
    assert rows_of(app)[0].state.found_kind == "page"
    asked = len(web.asked)
    look(app)
    assert len(web.asked) == asked + 1, "a page that was read is not asked again"


def test_a_page_without_dates_keeps_its_articles_in_their_first_week(
    app: App, web: HostileServer, clock: Clock
) -> None:
    given(
        app,
        web.on("/n", answer(listing(*[(f"/n/one-two-{t[:3]}", t) for t in TITLES]))),
        full_text=False,
    )
    look(app)
    first = {it.key: it.published for it in stored(app)}
    assert set(first.values()) == {SUNDAY}
    clock.pass_(7 * DAY)
    look(app)
    assert {it.key: it.published for it in stored(app)} == first


def test_an_index_of_sitemaps_leads_to_its_newest_and_titles_come_from_pages(
    app: App, web: HostileServer
) -> None:
    index = "".join(
        f"<sitemap><loc>{web.url(f'/map{n}.xml')}</loc><lastmod>2026-11-0{n}</lastmod></sitemap>"
        for n in range(1, 7)
    )
    given(
        app,
        web.on(
            "/sitemap.xml", answer(f"<sitemapindex>{index}</sitemapindex>".encode(), "text/xml")
        ),
    )
    for number in range(1, 7):
        place = f"/2026/story-of-{number}"
        entry = (
            f"<url><loc>{web.url(place)}</loc><lastmod>2026-11-1{number}T10:00:00Z</lastmod></url>"
        )
        web.on(f"/map{number}.xml", answer(f"<urlset>{entry}</urlset>".encode(), "text/xml"))
        web.on(place, answer(article_page(f"The whole story of number {number}")))
    look(app)
    assert [it.title for it in stored(app)] == [f"The whole story of number {n}" for n in (6, 5, 4)]
    assert rows_of(app)[0].state.found_kind == "sitemap"


@pytest.mark.parametrize(
    ("full_text", "text", "extracted"),
    [
        pytest.param(None, "Short and cut …", 3, id="a teaser"),
        pytest.param(None, PARAGRAPH * 3, 0, id="enough text"),
        pytest.param(False, "Short and cut …", 0, id="not wanted"),
        pytest.param(True, PARAGRAPH * 3, 3, id="wanted in any case"),
    ],
)
def test_pages_are_read_where_a_feed_has_only_teasers(
    app: App, web: HostileServer, full_text: bool | None, text: str, extracted: int
) -> None:
    for number in range(3):
        web.on(f"/news/2026-line-{number}", answer(article_page(f"Line {number}", paragraphs=9)))
    given(app, web.on("/feed", answer(news(web, text=text), "text/xml")), full_text=full_text)
    look(app)
    assert sum(it.extracted for it in stored(app)) == extracted
    assert {it.title for it in stored(app)} == {f"Grid operator plans line {n}" for n in range(3)}


def test_a_teaser_never_replaces_the_text_of_its_page(app: App, web: HostileServer) -> None:
    web.on("/news/2026-line-0", answer(article_page("Line")))
    given(app, web.on("/feed", answer(news(web, text="Cut …"), "text/xml")))
    look(app)
    web.on("/news/2026-line-0", refusal(500))
    look(app)
    texts = {it.key.rpartition("-")[2]: (it.extracted, len(it.text) > 500) for it in stored(app)}
    assert texts == {"0": (True, True), "1": (False, False), "2": (False, False)}


def test_links_to_other_sites_are_read_only_when_asked_for(app: App, web: HostileServer) -> None:
    links = [f"https://elsewhere.example/{number}" for number in range(3)]
    body = feed(*links, newest=SUNDAY - HOUR, step=DAY, text="Cut …")
    given(app, web.on("/feed", answer(body, "text/xml")))
    look(app)
    assert len(web.asked) == 1


def test_a_source_moved_for_good_is_asked_at_its_new_address(app: App, web: HostileServer) -> None:
    new = web.on("/new", answer(news(web), "application/rss+xml"))
    given(app, web.on("/old", refusal(301, "Location: /new")))
    look(app)
    (row,) = rows_of(app)
    assert row.state.moved_to == new
    assert health_of(row, SUNDAY).state is State.MOVED
    assert new in told(app)[0]
    look(app)
    assert [line.split()[1] for line in web.asked] == ["/old", "/new", "/new"]
    assert len(told(app)) == 1


def test_a_new_address_that_dies_leads_back_to_the_old_one(app: App, web: HostileServer) -> None:
    web.on("/new", answer(news(web), "application/rss+xml"))
    given(app, web.on("/old", refusal(308, "Location: /new")))
    look(app)
    web.on("/new", refusal(404))
    look(app)
    web.on("/old", answer(news(web), "application/rss+xml"))
    look(app)
    (row,) = rows_of(app)
    assert (row.state.moved_to, row.state.consecutive_failures) == (None, 0)


def test_a_redirect_for_now_is_not_remembered(app: App, web: HostileServer) -> None:
    web.on("/new", answer(news(web), "application/rss+xml"))
    given(app, web.on("/old", refusal(302, "Location: /new")))
    look(app)
    assert rows_of(app)[0].state.moved_to is None


def test_who_asks_to_wait_is_left_alone_until_then(
    app: App, web: HostileServer, clock: Clock
) -> None:
    given(app, web.on("/feed", refusal(429, "Retry-After: 7200")))
    look(app)
    waiting = look(app)
    assert len(web.asked) == 1
    state = rows_of(app)[0].state
    assert state.check_at is not None
    # Never sooner than asked, and spread by up to a tenth so that not all come back at once.
    assert timedelta(hours=2) <= state.check_at - clock() <= timedelta(hours=2.2)
    wanted = f"asked to wait until {state.check_at:%Y-%m-%d %H:%M} UTC"
    assert wanted in str(waiting.look.report.error)
    assert state.consecutive_failures == 1
    clock.pass_(3 * HOUR)
    web.on("/feed", answer(news(web), "text/xml"))
    assert look(app).look.report.status is SourceStatus.OK


def test_a_feed_that_became_a_page_to_log_in_is_told_once(
    app: App, web: HostileServer, clock: Clock
) -> None:
    given(app, web.on("/feed", answer(news(web), "text/xml")))
    look(app)
    login = b"<!doctype html><html><form><input type=password name=p></form></html>"
    web.on("/feed", answer(login))
    for _ in range(4):
        look(app)
        clock.pass_(HOUR)
    (row,) = rows_of(app)
    assert health_of(row, clock()).state is State.LOGIN
    assert len(told(app)) == 1
    assert "log in" in told(app)[0]


def test_a_feed_that_became_a_listing_is_a_fault_and_not_a_new_source(
    app: App, web: HostileServer
) -> None:
    given(app, web.on("/feed", answer(news(web), "text/xml")))
    look(app)
    web.on("/feed", answer(listing(*[(f"/n/one-two-{t[:3]}", t) for t in TITLES])))
    assert look(app).look.report.status is SourceStatus.FAILED
    assert health_of(rows_of(app)[0], SUNDAY).state is State.PAGE


def test_a_dead_source_is_told_once_until_it_lived_again(
    app: App, web: HostileServer, clock: Clock
) -> None:
    given(app, web.on("/feed", answer(news(web), "text/xml")))
    counts = []
    for body in (None, refusal(404), refusal(404), refusal(404), None, refusal(410), refusal(410)):
        web.on("/feed", body or answer(news(web), "text/xml"))
        look(app)
        clock.pass_(HOUR)
        counts.append(len(told(app)))
    assert counts == [0, 0, 1, 1, 1, 1, 2]
    assert health_of(rows_of(app)[0], clock()).state is State.DEAD


def test_a_source_silent_against_its_own_pace_is_told(
    app: App, web: HostileServer, clock: Clock
) -> None:
    given(app, web.on("/feed", answer(news(web), "text/xml")))
    states = []
    for _ in range(4):
        look(app)
        states.append(health_of(rows_of(app)[0], clock()).state)
        clock.pass_(6 * DAY)
    assert states == [State.OK, State.OK, State.SILENT, State.SILENT]
    assert len(told(app)) == 1
    assert "nothing for 12 days" in told(app)[0]


def test_a_feed_whose_articles_are_all_too_old_to_keep_is_silent(
    app: App, web: HostileServer, clock: Clock
) -> None:
    body = feed(web.url("/1"), newest=SUNDAY - 2000 * DAY, step=DAY, text=PARAGRAPH * 3)
    given(app, web.on("/feed", answer(body, "text/xml")))
    look(app)
    health = health_of(rows_of(app)[0], clock())
    assert health.state is State.SILENT
    assert health.sentence.startswith("nothing for 2000 days")


def test_a_slow_writer_is_not_called_silent(app: App, web: HostileServer, clock: Clock) -> None:
    links = [web.url(f"/{number}") for number in range(6)]
    body = feed(*links, newest=SUNDAY - DAY, step=10 * DAY, text=PARAGRAPH * 3)
    given(app, web.on("/feed", answer(body, "text/xml")))
    look(app)
    clock.pass_(20 * DAY)
    look(app)
    assert told(app) == []


def test_when_nothing_answers_at_all_it_is_our_own_line(
    app: App, web: HostileServer, clock: Clock
) -> None:
    apply(app, document(*[f"http://{web.place}/{number}" for number in range(6)]))
    web.close()
    look_at(app, rows_of(app))  # the server's thread still takes whoever was at the door
    clock.pass_(DAY)
    before = told(app)
    for _ in range(3):
        look_at(app, rows_of(app))
        clock.pass_(DAY)
    assert told(app) == before
    assert {row.state.consecutive_failures for row in rows_of(app)} == {4}


def test_articles_past_their_keeping_are_not_taken_up_again(app: App, web: HostileServer) -> None:
    links = [web.url(f"/{number}") for number in range(5)]
    body = feed(*links, newest=SUNDAY - DAY, step=200 * DAY, text=PARAGRAPH * 3)
    given(app, web.on("/feed", answer(body, "text/xml")))
    look(app)
    assert len(stored(app)) == 2
