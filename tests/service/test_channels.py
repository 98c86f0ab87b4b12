"""An issue over webhook, Slack, folder and archive: real servers, real files."""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from service.conftest import SUNDAY, Clock
from werkzeug import Request, Response

from autopilot.domain.channel import (
    ArchiveChannel,
    ChannelKind,
    FolderChannel,
    SlackChannel,
    WebhookChannel,
)
from autopilot.domain.letter import Answer, Parcel, Verdict
from autopilot.service.channels import SENDERS
from autopilot.service.channels.slack import message_of
from autopilot.service.context import App

NewApp = Callable[..., App]
KEY = base64.b64encode(b"k" * 24).decode()
PARCEL = Parcel(
    delivery_id=UUID(int=7),
    issue_id=UUID(int=0xABCDEF0123456789ABCDEF0123456789),
    name="energy-2026-11-23",
    subject="Grids & storage: <b>two</b> stories",
    html="<!doctype html><p>Grüße</p>",
    text="Grüße\n",
    document={
        "status": "succeeded",
        "stories": [
            {
                "title": "Grid <operator> & friends | more",
                "url": "https://example.org/a?b=1&c=2|x",
                "summary": "First <!channel> summary.",
            },
            {"title": "No address", "url": "javascript:alert(1)", "summary": ""},
        ],
    },
    at=datetime(2026, 11, 23, 8, tzinfo=UTC),
    web_url="https://news.example.org/archive/acme/energy/1",
)


@pytest.fixture
def app(new_store: Callable[[str], str], new_app: NewApp, httpserver: HTTPServer) -> App:
    place = f"{httpserver.host}:{httpserver.port}"
    return new_app(new_store("sqlite"), AUTOPILOT_ALLOW_HOSTS=place)


def webhook(server: HTTPServer, secret_env: str | None = None) -> WebhookChannel:
    return WebhookChannel(type="webhook", url=server.url_for("/hook"), secret_env=secret_env)


def send(app: App, channel: Any, parcel: Parcel = PARCEL) -> Answer:
    return SENDERS[ChannelKind(channel.type)](app, channel, parcel)


def taken(server: HTTPServer) -> Request:
    return server.log[-1][0]


@pytest.mark.parametrize(
    ("secret", "key"),
    [(f"whsec_{KEY}", b"k" * 24), ("a plain secret of 29 letters..", None)],
    ids=["whsec_", "plain"],
)
def test_a_webhook_is_signed_so_that_its_receiver_can_check(
    app: App,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
    secret: str,
    key: bytes | None,
) -> None:
    monkeypatch.setenv("OUR_HOOK", secret)
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    assert send(app, webhook(httpserver, "OUR_HOOK")) == Answer(Verdict.ACCEPTED, "answered 200 OK")
    request = taken(httpserver)
    body = request.get_data()
    seconds = str(int(SUNDAY.timestamp()))
    assert request.headers["webhook-id"] == str(PARCEL.delivery_id)
    assert request.headers["webhook-timestamp"] == seconds
    signed = b".".join([str(PARCEL.delivery_id).encode(), seconds.encode(), body])
    mac = hmac.digest(key or secret.encode(), signed, "sha256")
    assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    told = json.loads(body)
    assert told["type"] == "issue.published"
    assert told["timestamp"] == "2026-11-23T08:00:00Z"
    assert told["data"]["subject"] == PARCEL.subject
    assert told["data"]["html"] == PARCEL.html
    assert told["data"]["stories"][0]["url"] == "https://example.org/a?b=1&c=2|x"


def test_a_later_try_has_the_same_id_and_body(
    app: App, httpserver: HTTPServer, clock: Clock
) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=503)
    assert send(app, webhook(httpserver)).verdict is Verdict.LATER
    clock.now = datetime(2026, 11, 24, tzinfo=UTC)
    assert send(app, webhook(httpserver)).verdict is Verdict.LATER
    first, second = (entry[0] for entry in httpserver.log)
    assert first.get_data() == second.get_data()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert "webhook-signature" not in first.headers


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (None, "it is not set"),
        ("tiny-one", "shorter than 16 bytes"),
        ("whsec_not base64!", "no base64"),
        ("whsec_c2hvcnQ=", "shorter than 16 bytes"),
    ],
)
def test_a_webhook_that_cannot_be_signed_is_refused_and_nothing_leaves(
    app: App,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    secret: str | None,
    why: str,
) -> None:
    if secret is not None:
        monkeypatch.setenv("OUR_HOOK", secret)
    answer = send(app, webhook(httpserver, "OUR_HOOK"))
    assert answer.verdict is Verdict.REFUSED
    assert "OUR_HOOK" in answer.words
    assert why in answer.words
    assert secret is None or secret not in answer.words
    assert httpserver.log == []


def test_a_secret_can_come_from_a_file(
    app: App, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hook").write_text(f"whsec_{KEY}\n")
    monkeypatch.setenv("OUR_HOOK_FILE", str(tmp_path / "hook"))
    httpserver.expect_request("/hook").respond_with_data("ok")
    assert send(app, webhook(httpserver, "OUR_HOOK")).verdict is Verdict.ACCEPTED
    assert "webhook-signature" in taken(httpserver).headers


@pytest.mark.parametrize(
    ("status", "verdict", "closes"),
    [
        (200, Verdict.ACCEPTED, False),
        (204, Verdict.ACCEPTED, False),
        (302, Verdict.REFUSED, False),
        (400, Verdict.REFUSED, False),
        (404, Verdict.REFUSED, False),
        (408, Verdict.LATER, False),
        (410, Verdict.REFUSED, True),
        (425, Verdict.LATER, False),
        (429, Verdict.LATER, False),
        (500, Verdict.LATER, False),
        (503, Verdict.LATER, False),
        (599, Verdict.LATER, False),
    ],
)
@pytest.mark.parametrize("kind", ["webhook", "slack"])
def test_what_a_status_means(
    app: App, httpserver: HTTPServer, kind: str, status: int, verdict: Verdict, closes: bool
) -> None:
    headers = {"Retry-After": "77", "Location": httpserver.url_for("/elsewhere")}
    answered = Response("why\x1b[31m not\r\n", status=status, headers=headers)
    httpserver.expect_request("/hook").respond_with_response(answered)
    url = httpserver.url_for("/hook")
    channel = webhook(httpserver) if kind == "webhook" else SlackChannel(type="slack", url=url)
    answer = send(app, channel)
    assert answer.verdict is verdict
    assert answer.closes is closes
    assert answer.wait_seconds == (77 if verdict is Verdict.LATER else None)
    assert str(status) in answer.words
    assert answer.words.isprintable()
    assert len(httpserver.log) == 1


def test_a_receiver_that_is_down_or_private_is_told_apart(app: App, new_app: NewApp) -> None:
    closed = WebhookChannel(type="webhook", url="http://127.0.0.1:9/hook")
    refused = send(app, closed)
    assert refused.verdict is Verdict.REFUSED
    assert "AUTOPILOT_ALLOW_HOSTS" in refused.words
    allowing = new_app(app.settings.database_url, AUTOPILOT_ALLOW_HOSTS="127.0.0.1:9")
    assert send(allowing, closed).verdict is Verdict.LATER


def test_slack_is_given_blocks_that_cannot_mention_anybody(
    app: App, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    channel = SlackChannel(type="slack", url=httpserver.url_for("/hook"))
    assert send(app, channel).verdict is Verdict.ACCEPTED
    told = json.loads(taken(httpserver).get_data())
    assert told["text"] == "Grids &amp; storage: &lt;b&gt;two&lt;/b&gt; stories"
    assert [block["type"] for block in told["blocks"]] == ["header", *["section"] * 3]
    first, second, last = (block["text"]["text"] for block in told["blocks"][1:])
    assert first == (
        "*<https://example.org/a?b=1&amp;c=2%7Cx|Grid &lt;operator&gt; &amp; friends | more>*\n"
        "First &lt;!channel&gt; summary."
    )
    assert second == "*No address*"
    assert last == f"<{PARCEL.web_url}|Read the whole issue>"


def test_slack_stays_within_its_limits_whatever_the_stories() -> None:
    story = {
        "title": "&" * 5_000,
        "url": "https://example.org/" + "&" * 5_000,
        "summary": "<" * 9_000,
    }
    message = message_of(
        replace(PARCEL, subject="S&" * 4_000, document={"stories": [story] * 300}, web_url=None)
    )
    assert len(message["blocks"]) <= 50
    assert len(message["blocks"][0]["text"]["text"]) <= 150
    assert all(len(block["text"]["text"]) <= 3_000 for block in message["blocks"][1:-1])
    assert message["blocks"][-1]["elements"][0]["text"] == "and 290 more"
    assert not any("&am|" in json.dumps(block) for block in message["blocks"])
    assert message_of(replace(PARCEL, document={}))["blocks"]


def test_a_folder_gets_page_text_and_json(app: App, tmp_path: Path) -> None:
    for path, folder in (
        ("out/energy", app.settings.data_dir / "out" / "energy"),
        (str(tmp_path / "elsewhere"), tmp_path / "elsewhere"),
    ):
        channel = FolderChannel(type="folder", path=path)
        assert send(app, channel).verdict is Verdict.ACCEPTED
        assert send(app, channel).verdict is Verdict.ACCEPTED  # again: the same three files
        assert sorted(file.name for file in folder.iterdir()) == [
            "energy-2026-11-23-abcdef01.html",
            "energy-2026-11-23-abcdef01.json",
            "energy-2026-11-23-abcdef01.txt",
        ]
        file = folder / "energy-2026-11-23-abcdef01.html"
        assert file.read_text(encoding="utf-8") == PARCEL.html
        assert json.loads(file.with_suffix(".json").read_bytes())["subject"] == PARCEL.subject


@pytest.mark.parametrize("path", ["../out", "a/../../out", "link/below"])
def test_a_folder_that_leads_out_of_the_data_folder_is_refused(
    app: App, tmp_path: Path, path: str
) -> None:
    app.settings.data_dir.mkdir(parents=True, exist_ok=True)
    (app.settings.data_dir / "link").symlink_to(tmp_path)
    answer = send(app, FolderChannel(type="folder", path=path))
    assert answer.verdict is Verdict.REFUSED
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "below").exists()


def test_no_name_leads_elsewhere_and_no_link_is_written_through(app: App, tmp_path: Path) -> None:
    folder, victim = tmp_path / "out", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("untouched")
    (folder / "etc-passwd-abcdef01.html").symlink_to(victim)
    channel = FolderChannel(type="folder", path=str(folder))
    answer = send(app, channel, replace(PARCEL, name="../../etc/passwd"))
    assert answer.verdict is Verdict.ACCEPTED
    assert victim.read_text() == "untouched"
    assert (folder / "etc-passwd-abcdef01.html").read_text(encoding="utf-8") == PARCEL.html
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert send(app, FolderChannel(type="folder", path=str(link))).verdict is Verdict.LATER


def test_a_folder_that_cannot_be_written_is_tried_again(app: App, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    answer = send(app, FolderChannel(type="folder", path=str(tmp_path / "file" / "below")))
    assert answer.verdict is Verdict.LATER
    assert os.listdir(tmp_path).count("file") == 1


def test_the_archive_takes_everything(app: App) -> None:
    assert send(app, ArchiveChannel(type="archive")).verdict is Verdict.ACCEPTED
