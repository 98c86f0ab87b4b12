"""subscribers: lists in and out, by hand and from files, as people and programs see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Autopilot = Callable[..., Any]
SPEC = "energy-weekly"
pytestmark = pytest.mark.usefixtures("applied")


def test_a_list_comes_in_and_goes_out(autopilot: Autopilot) -> None:
    assert "Nobody is on the list" in autopilot("subscribers", "list", SPEC).out
    Path("people.csv").write_text("email,name\nann@example.org,Ann\nbo@example.org,\n")
    told = autopilot("subscribers", "import", SPEC, "people.csv")
    assert "Added 2 to energy-weekly." in told.out
    assert "Next: autopilot subscribers list energy-weekly" in told.out
    again = autopilot("subscribers", "import", SPEC, "people.csv", "--json").json
    assert (again["added"], again["known"]) == (0, 2)
    assert autopilot("subscribers", "export", SPEC).out.startswith(
        "email,name,status,source,since\n"
    )
    listed = autopilot("subscribers", "list", SPEC, "--json").json
    assert listed["counts"] == {"active": 2}
    assert "2 active" in autopilot("subscribers", "list", SPEC).out


def test_a_faulty_list_is_refused_line_by_line(autopilot: Autopilot) -> None:
    Path("people.csv").write_text("email,name\nann,Ann\n")
    ended = autopilot("subscribers", "import", SPEC, "people.csv")
    assert ended.code == 2
    assert "line 2, email: 'ann' is not a mail address" in ended.err
    assert "--skip-faulty" in ended.err
    assert autopilot("subscribers", "import", SPEC, "none.csv").code == 2
    assert autopilot("subscribers", "import", "nope", "people.csv").code == 3


def test_one_address_by_hand(autopilot: Autopilot) -> None:
    assert autopilot("subscribers", "add", SPEC, "ann@example.org", "--name", "Ann").code == 0
    assert autopilot("subscribers", "add", SPEC, "ann").code == 2
    assert autopilot("subscribers", "list", SPEC, "--status", "nope").code == 2
    assert "gets no more mail" in autopilot("subscribers", "suppress", "ann@example.org").out
    assert "ann@example.org" in autopilot("subscribers", "suppressed").out
    refused = autopilot("subscribers", "add", SPEC, "ann@example.org")
    assert refused.code == 3
    assert "--undo" in refused.err
    assert autopilot("subscribers", "suppress", "ann@example.org", "--undo").code == 0
    assert "No address is suppressed" in autopilot("subscribers", "suppressed").out
    assert autopilot("subscribers", "remove", SPEC, "ann@example.org").code == 0
    assert autopilot("subscribers", "remove", SPEC, "ann@example.org").code == 3


def test_bounces_say_where_they_are_posted_or_read(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "AUTOPILOT_PUBLIC_URL" in autopilot("subscribers", "bounces").out
    monkeypatch.setenv("AUTOPILOT_PUBLIC_URL", "https://news.example.org")
    url = autopilot("subscribers", "bounces", "--json").json["url"]
    assert url.startswith("https://news.example.org/hooks/bounces/")
    Path("one.eml").write_text("Subject: hi\n\nhello\n")
    told = autopilot("subscribers", "bounces", "--mailbox", "one.eml")
    assert "1 other mails." in told.out
    assert autopilot("subscribers", "bounces", "--mailbox", "nothing").code == 2
    missing = autopilot(
        "subscribers", "bounces", "--mailbox", "imaps://a@h/", "--password-env", "NOPE"
    )
    assert missing.code == 2
    assert "NOPE" in missing.err
