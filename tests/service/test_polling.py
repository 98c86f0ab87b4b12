"""Looking between issues: at the right time, by one worker only, at no cost when nothing is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from adapters.hostile_server import HostileServer
from service.conftest import SUNDAY, Clock, apply, document
from service.feeds import Feeds, Item
from service.sites import answer, conditional, feed
from service.test_looking import rows_of, stored
from sqlalchemy import event

from autopilot.service.context import App
from autopilot.service.polling import MOST, next_poll_at, poll_sources
from autopilot.service.retention import forget_old_articles
from autopilot.service.schedules import disable_schedule, enable_schedule
from autopilot.store import articles, schedules, sources

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TEXT = "A sentence that is long enough to be more than a teaser. " * 6


@pytest.fixture
def web() -> Iterator[HostileServer]:
    server = HostileServer()
    yield server
    server.close()


def polled(app: App, clock: Clock) -> int:
    return poll_sources(app, clock())


def test_what_a_feed_shows_for_a_day_is_there_at_the_end_of_the_week(
    energy: App, feeds: Feeds, clock: Clock
) -> None:
    for day in range(7):
        item = Item(title=f"Grid news of day {day}", published=clock() - HOUR, text=TEXT)
        feeds.serve("feed.xml", item)
        polled(energy, clock)
        clock.pass_(DAY + 3 * HOUR)
    assert len(stored(energy)) == 7


def test_nothing_due_costs_one_query(energy: App, clock: Clock) -> None:
    assert polled(energy, clock) == 1
    asked: list[str] = []
    event.listen(
        energy.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2])
    )
    assert polled(energy, clock) == 0
    assert [text.split()[0] for text in asked if text.split()[0] == "SELECT"] == ["SELECT"]
    assert len(asked) <= 2, "and at most the BEGIN before it"


def test_workers_at_once_never_ask_a_source_twice(
    new_app: Callable[..., App], feeds: Feeds, clock: Clock
) -> None:
    apps = [new_app() for _ in range(4)]
    item = Item(title="Grid news", published=SUNDAY - HOUR, text=TEXT)
    paths = [f"feed-{number}.xml" for number in range(12)]
    apply(apps[0], document(*[feeds.serve(path, item) for path in paths]))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda app: poll_sources(app, clock(), limit=5), apps))
        done += list(pool.map(lambda app: poll_sources(app, clock(), limit=5), apps))
    assert sum(done) == 12
    assert {feeds.hits[path] for path in paths} == {1}


def test_a_worker_that_died_with_sources_in_hand_leaves_them_to_others(
    energy: App, clock: Clock
) -> None:
    with energy.database.begin() as connection:
        assert len(sources.claim_due(connection, clock(), until=clock() + HOUR, limit=MOST)) == 1
    assert polled(energy, clock) == 0
    clock.pass_(HOUR)
    assert polled(energy, clock) == 1


def test_only_sources_of_an_enabled_schedule_are_looked_at(
    energy: App, feeds: Feeds, clock: Clock
) -> None:
    with energy.database.read() as connection:
        (schedule,) = schedules.list_schedules(connection)
    disable_schedule(schedule.id, actor="ann@example.org", app=energy)
    assert polled(energy, clock) == 0
    assert feeds.hits["feed.xml"] == 0
    assert (next_poll_at(energy) or clock()) > clock() + HOUR
    enable_schedule(schedule.id, actor="ann@example.org", app=energy)
    clock.pass_(7 * HOUR)
    assert polled(energy, clock) == 1


@pytest.mark.parametrize(
    ("step", "shortest", "longest"),
    [
        pytest.param(timedelta(minutes=4), 0.5, 0.55, id="busy"),
        pytest.param(timedelta(hours=1), 5, 8, id="hourly"),
        pytest.param(timedelta(days=3), 24, 26.5, id="slow"),
    ],
)
def test_a_feed_is_looked_at_by_its_own_pace(
    new_app: Callable[..., App],
    web: HostileServer,
    clock: Clock,
    step: timedelta,
    shortest: float,
    longest: float,
) -> None:
    app = new_app(AUTOPILOT_ALLOW_HOSTS=web.place)
    links = [f"https://example.org/{number}" for number in range(20)]
    body = feed(*links, newest=SUNDAY - step, step=step, text=TEXT)
    apply(app, document(web.on("/feed", conditional(body, '"a"'))))
    polled(app, clock)
    first = next_poll_at(app)
    assert first is not None
    assert shortest <= (first - SUNDAY) / HOUR <= longest
    clock.now = first
    polled(app, clock)
    second = next_poll_at(app)
    assert second is not None
    assert second - first >= first - SUNDAY, "an unchanged feed is asked less often"


def test_a_feed_is_not_asked_before_its_server_says(
    new_app: Callable[..., App], web: HostileServer, clock: Clock
) -> None:
    app = new_app(AUTOPILOT_ALLOW_HOSTS=web.place)
    links = [f"https://example.org/{number}" for number in range(20)]
    body = feed(*links, newest=SUNDAY, step=timedelta(minutes=1), text=TEXT)
    apply(app, document(web.on("/f", answer(body, "text/xml", "Cache-Control: max-age=10800"))))
    polled(app, clock)
    assert 3 <= ((next_poll_at(app) or SUNDAY) - SUNDAY) / HOUR < 3.4


def test_a_failing_source_is_asked_less_and_less_and_once_a_day_in_the_end(
    silent: App, feeds: Feeds, clock: Clock
) -> None:
    apply(silent, document(feeds.url("feed.xml")))
    waits = []
    for _ in range(9):
        before = clock()
        assert polled(silent, clock) == 1
        clock.now = next_poll_at(silent) or before
        waits.append((clock() - before) / HOUR)
    assert waits == sorted(waits)
    assert 0.5 <= waits[0] < 0.6
    assert 24 <= waits[-1] < 26.5


def test_articles_are_forgotten_after_their_time_in_pieces(
    new_app: Callable[..., App], feeds: Feeds, clock: Clock
) -> None:
    app = new_app(AUTOPILOT_RETENTION_DAYS="31")
    items = [
        Item(title=f"Grid {number}", published=SUNDAY - HOUR if number else None, text=TEXT)
        for number in range(6)
    ]
    apply(app, document(feeds.serve("feed.xml", *items)))
    polled(app, clock)
    clock.pass_(40 * DAY)
    assert [forget_old_articles(app, clock(), limit=4) for _ in range(3)] == [4, 2, 0]
    (undated,) = stored(app)
    assert (undated.dated, undated.text) == (False, "")
    polled(app, clock)
    with app.database.read() as connection:
        (row,) = rows_of(app)
        assert set(articles.first_seen(connection, row.id).values()) == {SUNDAY}
    assert len(stored(app)) == 1, "what its feed still lists is not taken up again"
