"""review: an issue looked at, changed, approved, held or dropped from the command line."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

Autopilot = Callable[..., Any]
CHANNELS = (
    "    channels: [{type: email, internal: true, recipients: [a@example.org, b@example.org]}]\n"
)


@pytest.fixture
def draft(autopilot: Autopilot, configuration: Path) -> str:
    """A draft of a newsletter with two readers; returns the first digits of its id."""
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(
        text.replace("    schedules:", f"{CHANNELS}    schedules:"), encoding="utf-8"
    )
    assert autopilot("apply", str(configuration)).code == 0
    assert autopilot("generate", "energy-weekly").code == 0
    (issue,) = autopilot("review", "list", "--json").json["issues"]
    assert (issue["status"], issue["specification"]) == ("draft", "energy-weekly")
    return str(issue["issue_id"][:8])


@dataclass
class Relay:
    """Keeps the mails that it is given."""

    mails: list[Any] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 2.0.0 kept"


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    kept = Relay()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("AUTOPILOT_SMTP_URL", f"smtp://127.0.0.1:{port}?tls=none")
    monkeypatch.setenv("AUTOPILOT_MAIL_FROM", "Acme <news@example.org>")
    yield kept
    controller.stop()


def test_show_tells_what_reviewers_need(autopilot: Autopilot, draft: str) -> None:
    shown = autopilot("review", "show", draft)
    assert shown.code == 0
    assert "sends it to 2 people now" in shown.out
    assert "It is a draft" in shown.out
    assert f"Next: autopilot review approve {draft}" in shown.out
    values = autopilot("review", "show", draft, "--json").json
    assert (values["people"], values["channels"], values["version"]) == (2, [], 1)
    assert [story["number"] for story in values["stories"]][:2] == [1, 2]


def test_an_issue_is_found_by_its_run_too(autopilot: Autopilot, draft: str) -> None:
    run = autopilot("review", "show", draft, "--json").json["run_id"]
    for name in (run, run[:8], "last"):
        assert autopilot("review", "show", name, "--json").json["issue_id"].startswith(draft)
    unknown = autopilot("review", "show", "ffffffff")
    assert (unknown.code, "There is no issue" in unknown.err) == (3, True)


def test_approve_says_how_many_people_get_it(autopilot: Autopilot, draft: str) -> None:
    ended = autopilot("review", "approve", draft)
    assert (ended.code, "Approved: sends it to 2 people now." in ended.out) == (0, True)
    again = autopilot("review", "approve", draft)
    assert again.code == 3
    assert "approved already" in again.err
    values = autopilot("review", "show", draft, "--json").json
    assert values["status"] == "approved"
    assert [deed["action"] for deed in values["deeds"]] == ["issue.approved"]


def test_hold_drop_and_who_did_it(autopilot: Autopilot, draft: str) -> None:
    assert autopilot("review", "approve", draft, "--json").json["deliveries"] == 2
    assert autopilot("review", "hold", draft, "--by", "Rita").code == 0
    dropped = autopilot("review", "drop", draft, "--by", "Sam", "--json").json
    assert dropped["status"] == "withdrawn"
    assert [deed["by"] for deed in dropped["deeds"]][1:] == ["Rita", "Sam"]
    assert autopilot("review", "list", "--json").json == {"issues": []}
    assert autopilot("review", "hold", draft).code == 3


def test_stories_are_pinned_and_dropped_by_number(autopilot: Autopilot, draft: str) -> None:
    before = autopilot("review", "show", draft, "--json").json["stories"]
    pinned = autopilot("review", "pin", draft, "--story", str(len(before)), "--json").json
    assert pinned["stories"][-1]["title"] == before[-1]["title"]  # alone in its section
    ended = autopilot("review", "drop", draft, "--story", "1", "--json").json
    assert before[0]["title"] not in [story["title"] for story in ended["stories"]]
    assert ended["told"][0] == "Dropped the story."
    assert [deed["action"] for deed in ended["deeds"]] == [
        "issue.story_pinned",
        "issue.story_dropped",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["drop", "--story", "99"], "not in the issue"),
        (["edit", "--order", "1,x"], "no list of numbers"),
        (["edit", "--order", "1,1"], "named twice"),
        (["edit", "--subject", "   "], "0 characters"),
        (["edit", "--subject", "x" * 300], "300 characters"),
        (["edit"], "Nothing to change"),
        (["test", "--to", "nobody"], "is not a mail address"),
        (["test", "--to", "me@example.org"], "no mail relay"),
    ],
)
def test_what_cannot_be_done_says_why(
    autopilot: Autopilot, draft: str, arguments: list[str], told: str
) -> None:
    command, *rest = arguments
    ended = autopilot("review", command, draft, *rest)
    assert ended.code != 0
    assert told in ended.err
    assert autopilot("review", "show", draft, "--json").json["version"] == 1


def test_an_edit_is_drawn_again(autopilot: Autopilot, draft: str, tmp_path: Path) -> None:
    title = autopilot("review", "show", draft, "--json").json["stories"][0]["title"]
    subject = f"{title[:39]} and more"
    edited = autopilot("review", "edit", draft, "--subject", subject, "--intro", "Dear all,")
    assert (edited.code, f"Subject: {subject}" in edited.out) == (0, True)
    run = autopilot("review", "show", draft, "--json").json["run_id"]
    report = autopilot("runs", "show", run, "--out", str(tmp_path / "out"), "--json").json
    page = Path(report["html_path"]).read_text(encoding="utf-8")
    assert "Dear all," in page
    assert report["subject"] == subject


def test_a_test_goes_to_one_address_and_is_no_delivery(
    autopilot: Autopilot, draft: str, relay: Relay
) -> None:
    ended = autopilot("review", "test", draft, "--to", "me@example.org")
    assert ended.code == 0, ended.err
    assert "A test went to me@example.org, and to nobody else" in ended.out
    (mail,) = relay.mails
    assert mail["To"] == "me@example.org"
    assert mail["Subject"].startswith("[Test] ")
    values = autopilot("review", "show", draft, "--json").json
    assert values["status"] == "draft"
    assert [deed["action"] for deed in values["deeds"]] == ["issue.tested"]


def test_with_nothing_to_review_the_list_says_so(autopilot: Autopilot, applied: Path) -> None:
    assert "No issue waits for anybody" in autopilot("review", "list").out
    assert autopilot("review", "show", "last").code == 3


def test_status_tells_how_many_issues_wait(
    autopilot: Autopilot, draft: str, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    from sqlalchemy import update

    from autopilot.store.database import open_database
    from autopilot.store.tables import issues

    assert "Review" not in autopilot("status").out
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'autopilot.db'}")
    moment = datetime(2030, 1, 7, 8, tzinfo=UTC)
    with database.begin() as connection:
        connection.execute(update(issues).values(status="waiting", release_at=moment))
    database.close()
    told = autopilot("status").out
    assert "1 issue to look at: autopilot review list; until 2030-01-07 08:00 UTC" in told
    review = autopilot("status", "--json").json["review"]
    assert review == {"waiting": 1, "next_release_at": "2030-01-07T08:00:00Z"}
