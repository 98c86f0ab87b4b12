"""deliveries: who got an issue, and what a person sends again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from faces.test_cli_work import make_due
from service.sinks import Relay, Sink

Autopilot = Callable[..., Any]
READERS = [f"reader{number}@example.org" for number in range(3)]


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def relay(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    started = Relay(sink)
    monkeypatch.setenv("AUTOPILOT_SMTP_URL", started.url())
    monkeypatch.setenv("AUTOPILOT_MAIL_FROM", "Energy News <news@example.org>")
    monkeypatch.setenv("AUTOPILOT_PUBLIC_URL", "https://news.example.org")
    yield started
    started.stop()


@pytest.fixture
def mailed(autopilot: Autopilot, configuration: Path, relay: Relay, tmp_path: Path) -> Autopilot:
    """The newsletter with a mail channel and an issue that is due."""
    channel = f"    channels: [{{type: email, recipients: [{', '.join(READERS)}]}}]\n"
    minute = datetime.now(UTC).replace(second=0, microsecond=0)  # of each day: lately due
    daily = f'type: daily, timezone: UTC, config: {{times: ["{minute:%H:%M}"]}}'
    text = configuration.read_text().replace("    schedules:", channel + "    schedules:")
    text = text.replace('type: weekly, config: {days: [mon], times: ["09:00"]}', daily)
    configuration.write_text(text)
    assert autopilot("apply", str(configuration)).code == 0
    make_due(tmp_path / "data")
    return autopilot


def test_a_tick_sends_what_it_made_and_lists_show_it(mailed: Autopilot, sink: Sink) -> None:
    assert mailed("tick", "--json").json["delivered"] == 3
    assert sorted(sink.recipients) == READERS
    listed = mailed("deliveries", "list", "energy-weekly", "--json").json
    assert listed["issue_status"] == "sent"
    assert listed["counts"] == {"sent": 3}
    assert [each["address"] for each in listed["deliveries"]] == READERS
    assert "queued as" in listed["deliveries"][0]["response"]
    shown = mailed("deliveries", "list")
    assert "3 of 3 sent" in shown.out
    assert mailed("runs", "list", "--json").json["runs"][0]["outcome"] == "sent"
    assert "sent" in mailed("runs", "list").out
    assert "Delivered     3 of 3" in mailed("runs", "show", "last").out


def test_what_failed_is_sent_again_by_a_person(mailed: Autopilot, sink: Sink) -> None:
    sink.answer_rcpt = lambda address: "550 no such user" if address == READERS[1] else None
    mailed("tick")
    assert mailed("runs", "show", "last", "--json").json["outcome"] == "partly_sent"
    told = mailed("deliveries", "list", "--status", "failed")
    assert "550 no such user" in told.out
    assert "Next: autopilot deliveries retry --issue" in told.out
    sink.answer_rcpt = lambda _: None
    done = mailed("deliveries", "retry", "energy-weekly", "--json").json
    assert (done["again"], done["at_once"], done["new"]) == (1, 0, 0)
    assert mailed("tick", "--json").json["delivered"] == 1
    assert sorted(sink.recipients) == sorted(READERS)
    assert mailed("runs", "show", "last", "--json").json["outcome"] == "sent"


def test_unknown_mails_are_sent_again_only_when_asked_for(mailed: Autopilot, sink: Sink) -> None:
    sink.drop_after_dot = lambda address: address == READERS[0] and len(sink.taken) <= 3
    mailed("tick")
    assert mailed("deliveries", "list", "--json").json["counts"] == {"sent": 2, "unknown": 1}
    assert "Nothing to send again" in mailed("deliveries", "retry").out
    sink.drop_after_dot = lambda _: False
    assert "1 again" in mailed("deliveries", "retry", "--unknown").out
    mailed("tick")
    first, second = (mail.content for mail in sink.taken if mail.recipient == READERS[0])
    assert first == second
    assert mailed("deliveries", "list", "--json").json["counts"] == {"sent": 3}


def test_an_issue_that_never_went_out_has_nothing_to_list(
    autopilot: Autopilot, applied: Path
) -> None:
    ended = autopilot("deliveries", "list", "energy-weekly")
    assert ended.code != 0
    assert "No issue of energy-weekly has gone out yet." in ended.err


def test_status_names_a_channel_that_cannot_be_used(mailed: Autopilot, sink: Sink) -> None:
    sink.answer_mail = lambda _: "550 5.7.1 not from here"
    assert mailed("tick", "--json").json["delivered"] == 0
    found = mailed("status", "--json").json
    assert found["to_deliver"] == 3
    assert found["outcome"] == "sending"
    assert "550 5.7.1 not from here" in found["troubled_channels"][0]["reason"]
    told = mailed("status").out
    assert "To deliver    3" in told
    assert "energy-weekly, email paused until" in told
    sink.answer_mail = lambda _: None
    assert mailed("deliveries", "retry", "--json").json["at_once"] == 3
    assert mailed("tick", "--json").json["delivered"] == 3
    assert mailed("status", "--json").json["troubled_channels"] == []


def test_apply_says_what_mails_would_wait_for(
    autopilot: Autopilot, configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = configuration.read_text().replace(
        "    schedules:",
        "    channels: [{type: email, recipients: [a@example.org]}]\n    schedules:",
    )
    configuration.write_text(text)
    assert "no relay is set" in autopilot("apply", str(configuration)).out
    monkeypatch.setenv("AUTOPILOT_SMTP_URL", "smtp://localhost?tls=none")
    monkeypatch.setenv("AUTOPILOT_MAIL_FROM", "news@example.org")
    assert "AUTOPILOT_PUBLIC_URL is not set" in autopilot("apply", str(configuration)).out
    monkeypatch.setenv("AUTOPILOT_PUBLIC_URL", "https://news.example.org")
    assert "its mails wait" not in autopilot("apply", str(configuration)).out
