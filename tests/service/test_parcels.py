"""Issues over channels that are no mail, from the slot to the other side."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from service.conftest import MONDAY_NINE, SUNDAY, WEEK, Clock, apply, document, news
from service.feeds import Feeds, Item

from autopilot.domain.delivery import Delivery
from autopilot.domain.issue import IssueStatus
from autopilot.service.context import App
from autopilot.service.deliver import deliver
from autopilot.service.redelivery import retry_deliveries
from autopilot.service.sending_guard import allow_sending, stop_sending
from autopilot.service.tick import tick
from autopilot.store import deliveries, issues, notices

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def channels(server: HTTPServer) -> str:
    hook, slack = server.url_for("/hook"), server.url_for("/slack/secret-path")
    return (
        f"    channels: [{{type: webhook, url: {hook}}}, {{type: slack, url: {slack}}},"
        " {type: folder, path: out}, {type: archive}]\n    schedules:"
    )


@pytest.fixture
def ready(new_app: Callable[..., App], feeds: Feeds, httpserver: HTTPServer, clock: Clock) -> App:
    """A newsletter with all four channels whose issue of Monday, nine o'clock, is made."""
    app = new_app(AUTOPILOT_ALLOW_HOSTS=f"{feeds.host},{httpserver.host}:{httpserver.port}")
    text = document(feeds.serve("feed.xml", *news(SUNDAY - timedelta(days=2))))
    apply(app, text.replace("    schedules:", channels(httpserver)))
    make(app, clock)
    return app


def make(app: App, clock: Clock) -> None:
    clock.now = max(clock.now, MONDAY_NINE)
    assert [run.status for run in tick(app).runs] == ["succeeded"]


def rows(app: App) -> dict[str, Delivery]:
    """The last issue's deliveries by kind."""
    with app.database.read() as connection:
        issue = issues.list_issues(connection, statuses=frozenset(IssueStatus), limit=1)[0]
        found = deliveries.list_deliveries(connection, issue_id=issue.id)
    return {row.channel.partition(":")[0]: row for row in found}


def statuses(app: App) -> dict[str, str]:
    return {kind: row.status.value for kind, row in rows(app).items()}


def test_an_issue_goes_out_over_every_channel_once(
    ready: App, httpserver: HTTPServer, clock: Clock
) -> None:
    httpserver.expect_request("/hook").respond_with_data("ok")
    httpserver.expect_request("/slack/secret-path").respond_with_data("ok")
    assert deliver(ready) == 4
    assert deliver(ready) == 0
    assert set(statuses(ready).values()) == {"sent"}
    hook, slack = sorted((entry[0] for entry in httpserver.log), key=lambda item: item.path)
    told = json.loads(hook.get_data())
    assert hook.headers["webhook-id"] == str(rows(ready)["webhook"].id)
    assert told["data"]["specification"] == "energy"
    assert "unsubscribe-placeholder" not in told["data"]["html"]
    assert len(json.loads(slack.get_data())["blocks"]) >= 2
    files = sorted(file.suffix for file in (ready.settings.data_dir / "out").iterdir())
    assert files == [".html", ".json", ".txt"]


def test_a_webhook_down_for_an_hour_gets_its_issue_afterwards(
    ready: App, httpserver: HTTPServer, clock: Clock
) -> None:
    httpserver.expect_request("/slack/secret-path").respond_with_data("ok")
    down = httpserver.expect_request("/hook")
    down.respond_with_data("", status=502)
    for _ in range(60):
        deliver(ready)
        clock.pass_(MINUTE)
    assert statuses(ready)["webhook"] == "pending"
    down.respond_with_data("ok")
    for _ in range(90):
        deliver(ready)
        clock.pass_(MINUTE)
    assert statuses(ready)["webhook"] == "sent"
    tries = [entry[0] for entry in httpserver.log if entry[0].path == "/hook"]
    assert len({(one.headers["webhook-id"], one.get_data()) for one in tries}) == 1
    assert 5 <= len(tries) <= 8


def test_retry_after_is_waited_for(ready: App, httpserver: HTTPServer, clock: Clock) -> None:
    httpserver.expect_request("/slack/secret-path").respond_with_data("ok")
    busy = httpserver.expect_oneshot_request("/hook")
    busy.respond_with_data("", status=503, headers={"Retry-After": "1800"})
    deliver(ready)
    row = rows(ready)["webhook"]
    assert row.status == "pending"
    assert row.due_at == clock.now + timedelta(minutes=30)
    clock.pass_(timedelta(minutes=29))
    assert deliver(ready) == 0
    httpserver.expect_request("/hook").respond_with_data("ok")
    clock.pass_(MINUTE)
    assert deliver(ready) == 1
    assert statuses(ready)["webhook"] == "sent"


def test_gone_closes_the_channel_until_a_person_opens_it(
    ready: App, feeds: Feeds, httpserver: HTTPServer, clock: Clock, events: list[Any]
) -> None:
    httpserver.expect_request("/hook").respond_with_data("ok")
    httpserver.expect_oneshot_request("/slack/secret-path").respond_with_data("", status=410)
    deliver(ready)
    assert statuses(ready) == dict.fromkeys(("webhook", "folder", "archive"), "sent") | {
        "slack": "failed"
    }
    with ready.database.read() as connection:
        told = [notice.message for notice in notices.list_notices(connection)]
    assert any(
        "slack at localhost wants no issues any more: answered 410 Gone" in one for one in told
    )
    assert "secret-path" not in str(told) + str(events)
    clock.now = MONDAY_NINE + WEEK
    fresh = Item(title="Battery storage for the grid in Berlin", published=MONDAY_NINE + 2 * DAY)
    feeds.serve("feed.xml", fresh)
    make(ready, clock)
    asked = len(httpserver.log)
    deliver(ready)
    assert statuses(ready)["slack"] == "failed"
    assert len(httpserver.log) == asked + 1  # the webhook alone
    with ready.database.read() as connection:
        issue = issues.list_issues(connection, statuses=frozenset(IssueStatus), limit=1)[0]
    retry_deliveries(ready, issue, actor="cli:ann")
    httpserver.expect_request("/slack/secret-path").respond_with_data("ok")
    deliver(ready)
    assert statuses(ready)["slack"] == "sent"


def test_nothing_leaves_a_store_that_may_not_send(
    ready: App, httpserver: HTTPServer, clock: Clock
) -> None:
    stop_sending(ready, reason="a drill", actor="cli:ann")
    assert deliver(ready) == 0
    assert set(statuses(ready).values()) == {"pending"}
    assert httpserver.log == []
    assert not (ready.settings.data_dir / "out").exists()
    allow_sending(ready, actor="cli:ann")
    httpserver.expect_request("/hook").respond_with_data("ok")
    httpserver.expect_request("/slack/secret-path").respond_with_data("ok")
    assert deliver(ready) == 4
