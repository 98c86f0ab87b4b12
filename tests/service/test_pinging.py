"""An outside watcher is asked after each good tick, and can neither delay nor stop a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from service.conftest import Clock

from autopilot.drivers.pinging import Pinging
from autopilot.drivers.worker import run_worker
from autopilot.service.context import App
from autopilot.service.tick import TickReport

NewApp = Callable[..., App]


@pytest.fixture
def watched(new_store: Callable[[str], str], new_app: NewApp, httpserver: HTTPServer) -> App:
    return new_app(
        new_store("sqlite"),
        AUTOPILOT_ALLOW_HOSTS=f"{httpserver.host}:{httpserver.port}",
        AUTOPILOT_PING_URL=httpserver.url_for("/ping/abc"),
    )


def warnings(events: list[Any]) -> list[Any]:
    return [event for event in events if event["log_level"] != "info"]


def test_a_worker_asks_after_each_good_tick(
    watched: App, httpserver: HTTPServer, clock: Clock
) -> None:
    httpserver.expect_request("/ping/abc", method="GET").respond_with_data("ok")
    stop, ticks = threading.Event(), []

    def see(report: TickReport) -> None:
        ticks.append(report)
        stop.set()

    run_worker(watched, stop=stop, on_tick=see)
    deadline = time.monotonic() + 5
    while not httpserver.log and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(ticks) == len(httpserver.log) == 1


def test_a_watcher_that_fails_is_told_of_once_until_it_answers(
    watched: App, httpserver: HTTPServer, events: list[Any]
) -> None:
    for status in (500, 500, 200, 500):
        answer = httpserver.expect_ordered_request("/ping/abc")
        answer.respond_with_data("", status=status)
    watcher = Pinging(watched)
    for _ in range(4):
        watcher.note_good_tick()
        watcher.wait()
    assert [event["reason"] for event in warnings(events)] == ["it answered 500"] * 2


def test_a_slow_watcher_delays_nothing_and_is_not_asked_twice_at_once(
    watched: App, httpserver: HTTPServer
) -> None:
    answering = threading.Event()

    def wait(_request: object) -> Any:
        from werkzeug import Response

        answering.wait(5)
        return Response("ok")

    httpserver.expect_request("/ping/abc").respond_with_handler(wait)
    watcher, began = Pinging(watched), time.monotonic()
    for _ in range(20):
        watcher.note_good_tick()
    assert time.monotonic() - began < 1
    answering.set()
    watcher.wait()
    assert len(httpserver.log) == 1


def test_a_watcher_at_a_private_place_is_refused_without_a_trace_of_its_secret(
    new_store: Callable[[str], str], new_app: NewApp, events: list[Any]
) -> None:
    app = new_app(new_store("sqlite"), AUTOPILOT_PING_URL="http://10.0.0.1/ping/very-secret-token")
    watcher = Pinging(app)
    watcher.note_good_tick()
    watcher.wait()
    assert len(warnings(events)) == 1
    assert "very-secret-token" not in str(events)


def test_without_an_address_nobody_is_asked(app: App) -> None:
    watcher = Pinging(app)
    watcher.note_good_tick()
    watcher.wait()
    assert threading.active_count() >= 1
