"""Errands: done beside the worker's own work, and by whoever ticks from outside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from service.asking import count, rows
from service.conftest import SUNDAY, Clock, apply, document, news
from service.feeds import Feeds

from autopilot.drivers import spare_time
from autopilot.drivers.spare_time import SpareTime
from autopilot.errors import StoreUnavailable
from autopilot.service.context import App
from autopilot.service.errands import has_errands, run_errands

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def fed(app: App, feeds: Feeds) -> App:
    feeds.serve("feed.xml", *news(SUNDAY - HOUR))
    apply(app, document(feeds.url("feed.xml")))
    return app


def test_spare_time_looks_at_sources_that_are_due_and_then_rests(
    fed: App, feeds: Feeds, clock: Clock
) -> None:
    spare = SpareTime(fed)
    spare.use()
    spare.wait(10)
    assert count(fed, "articles") == len(news(None))
    asked = feeds.hits.total()
    spare.use()
    spare.wait(10)
    assert feeds.hits.total() == asked
    assert not has_errands(fed, clock.now)


def test_a_round_under_way_is_not_begun_again(fed: App, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, begun = threading.Event(), []

    def slowly(*given: Any, **named: Any) -> int:
        begun.append(given)
        go_on.wait(10)
        return 0

    monkeypatch.setattr(spare_time, "run_errands", slowly)
    spare = SpareTime(fed)
    spare.use()
    spare.use()
    go_on.set()
    spare.wait(10)
    assert len(begun) == 1


def test_errands_that_fail_are_told_and_end_nothing(
    fed: App, events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*given: Any, **named: Any) -> int:
        raise StoreUnavailable("The store cannot be reached: it sleeps")

    monkeypatch.setattr(spare_time, "run_errands", away)
    spare = SpareTime(fed)
    spare.use()
    spare.wait(10)
    assert [event["error"] for event in events if "error" in event] == [
        "The store cannot be reached: it sleeps"
    ]


def test_articles_past_their_keeping_are_forgotten(
    new_app: Callable[..., App], feeds: Feeds, clock: Clock
) -> None:
    app = new_app(AUTOPILOT_RETENTION_DAYS="31")
    feeds.serve("feed.xml", *news(SUNDAY - HOUR))
    apply(app, document(feeds.url("feed.xml")))
    assert run_errands(app, clock.now, limit=10) == 1
    before = {row.title for row in rows(app, "articles")}
    feeds.serve("feed.xml")
    clock.pass_(31 * DAY + HOUR)
    assert has_errands(app, clock.now)
    run_errands(app, clock.now, limit=10)
    assert before
    assert count(app, "articles") == 0
