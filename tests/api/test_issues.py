"""/api/v1/issues: what is in one, what its gate and its reviewers say, and what people do with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import httpx2
import pytest
from api.rooms import MARK, Rooms, furnished, serving
from service.asking import rows
from service.feeds import Feeds
from web.conftest import Box

from autopilot.domain.access import Grant, Role
from autopilot.domain.issue import IssueStatus
from autopilot.http.app import build_web
from autopilot.service.context import App

V1 = "/api/v1/issues"


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def rooms(app: App, feeds: Feeds, box: Box) -> Rooms:
    return furnished(replace(app, post=box), feeds)


@pytest.fixture
def client(rooms: Rooms) -> Iterator[httpx2.Client]:
    with serving(build_web(rooms.app)) as made:
        made.headers["Authorization"] = f"Bearer {rooms.keys['admin']}"
        yield made


def as_(client: httpx2.Client, rooms: Rooms, name: str) -> httpx2.Client:
    client.headers["Authorization"] = f"Bearer {rooms.keys[name]}"
    return client


def at(rooms: Rooms, act: str = "") -> str:
    return f"{V1}/{rooms.ids['issue_id']}{act and '/' + act}"


def version(client: httpx2.Client, rooms: Rooms) -> int:
    found: int = client.get(at(rooms)).json()["version"]
    return found


def test_an_issue_is_shown_with_reasons_gate_and_review(
    client: httpx2.Client, rooms: Rooms
) -> None:
    it = client.get(at(rooms)).json()
    assert (it["status"], it["mode"], it["specification"]) == (
        "waiting", "approve", "zanzibar-energy",
    )  # fmt: skip
    assert [story["number"] for story in it["stories"]] == [1, 2, 3]
    assert all(story["reason"] and story["url"] for story in it["stories"])
    assert 0 <= it["gate"]["score"] <= 100
    assert it["gate"]["checked"] > 0
    assert "Nothing is sent until somebody approves it" in it["state"]


def test_issues_are_listed_by_status_and_owner(client: httpx2.Client, rooms: Rooms) -> None:
    ids = {it["id"] for it in client.get(V1).json()["items"]}
    assert ids == {str(rooms.ids["issue_id"]), str(rooms.ids["sent_issue_id"])}
    waiting = client.get(V1, params={"status": ["waiting", "held"]}).json()["items"]
    assert [it["id"] for it in waiting] == [str(rooms.ids["issue_id"])]
    of = client.get(V1, params={"schedule_id": str(rooms.ids["schedule_id"])}).json()["items"]
    assert [it["id"] for it in of] == [str(rooms.ids["issue_id"])]
    first = client.get(V1, params={"limit": 1}).json()
    second = client.get(V1, params={"limit": 1, "cursor": first["next"]}).json()
    assert {first["items"][0]["id"], second["items"][0]["id"]} == ids
    assert client.get(V1, params={"status": "lost"}).status_code == 422


FORMS = {"html": "text/html", "text": "text/plain", "eml": "message/rfc822"}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_taken_away_as_a_file_that_can_do_nothing_here(
    client: httpx2.Client, rooms: Rooms, form: str
) -> None:
    answer = client.get(at(rooms, form))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(FORMS[form])
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="zanzibar-energy-'
    )
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert MARK in answer.text.lower()
    if form == "html":
        assert "<script" not in answer.text.lower()
    if form == "eml":
        mail = message_from_bytes(answer.content, policy=policy.default)
        assert mail["to"] == "reader@example.invalid"


def test_lost_content_is_said(client: httpx2.Client, rooms: Rooms) -> None:
    lost = f"{V1}/{rooms.ids['sent_issue_id']}/html"  # its page was never stored
    answer = client.get(lost)
    assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")


def test_an_issue_is_held_and_approved_once(client: httpx2.Client, rooms: Rooms) -> None:
    seen = version(client, rooms)
    held = client.post(at(rooms, "hold"), json={"version": seen}).json()
    assert held["status"] == "held"
    stale = client.post(at(rooms, "approve"), json={"version": seen})
    assert stale.status_code == 409
    assert rows(rooms.app, "deliveries")[0].issue_id == rooms.ids["sent_issue_id"]
    approved = client.post(at(rooms, "approve"), json={"version": held["version"]})
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    assert approved.json()["deliveries"] == 3  # a recipient, a subscriber, the webhook
    again = client.post(at(rooms, "approve"))
    assert again.status_code == 409
    assert len(rows(rooms.app, "deliveries")) == 5


def test_withdrawn_is_for_good(client: httpx2.Client, rooms: Rooms) -> None:
    assert client.post(at(rooms, "withdraw")).json()["status"] == "withdrawn"
    for act in ("approve", "hold", "withdraw"):
        assert client.post(at(rooms, act)).status_code == 409


def test_sending_is_a_right_of_its_own(client: httpx2.Client, rooms: Rooms) -> None:
    rooms.key("sender", Grant(role=Role.VIEWER, may_send=True))
    rooms.key("manager", Grant(role=Role.ADMIN))
    for name in ("editor", "manager"):
        as_(client, rooms, name)
        for act, body in (("approve", {}), ("test", {"to": "me@example.org"}), ("resend", {})):
            assert client.post(at(rooms, act), json=body).status_code == 403, (name, act)
        assert client.post(at(rooms, "pin-story"), json={"story": 2}).status_code == 200
    as_(client, rooms, "sender")
    assert client.post(at(rooms, "hold")).status_code == 403
    assert client.post(at(rooms, "approve")).status_code == 200


def test_stories_are_dropped_pinned_and_ordered(client: httpx2.Client, rooms: Rooms) -> None:
    titles = [story["title"] for story in client.get(at(rooms)).json()["stories"]]
    pinned = client.post(at(rooms, "pin-story"), json={"story": 3})
    assert pinned.status_code == 200, pinned.text
    now = [story["title"] for story in client.get(at(rooms)).json()["stories"]]
    assert now[0] == titles[2]
    dropped = client.post(
        at(rooms, "drop-story"), json={"story": 1, "version": pinned.json()["version"]}
    )
    assert dropped.json()["told"]
    left = client.get(at(rooms)).json()["stories"]
    assert titles[2] not in [story["title"] for story in left]
    ordered = client.patch(at(rooms), json={"order": [2, 1]})
    assert ordered.status_code == 200, ordered.text
    after = [story["title"] for story in client.get(at(rooms)).json()["stories"]]
    assert after == [left[1]["title"], left[0]["title"]]
    assert client.post(at(rooms, "drop-story"), json={"story": 9}).status_code == 404


EDITS: dict[str, tuple[dict[str, Any], int]] = {
    "nothing": ({}, 422),
    "an unknown key": ({"title": "x"}, 422),
    "an empty subject": ({"subject": " "}, 422),
    "a long subject": ({"subject": "x" * 501}, 422),
    "a header in the subject": ({"subject": "Grid\r\nBcc: all@example.org"}, 422),
    "a story twice": ({"order": [1, 1]}, 422),
    "a story that is none": ({"order": [99]}, 422),
    "another version": ({"subject": "Grid operator plans a line", "version": 99}, 409),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_that_cannot_be_is_refused(client: httpx2.Client, rooms: Rooms, name: str) -> None:
    given, status = EDITS[name]
    before = client.get(at(rooms)).json()
    assert client.patch(at(rooms), json=given).status_code == status
    assert client.get(at(rooms)).json() == before


def test_a_test_goes_to_one_address_and_counts_as_no_delivery(
    client: httpx2.Client, rooms: Rooms, box: Box
) -> None:
    before = rows(rooms.app, "deliveries")
    answer = client.post(at(rooms, "test"), json={"to": "me@example.org"})
    assert (answer.status_code, answer.json()["response"]) == (200, "250 2.0.0 kept")
    (letter,) = box.letters
    assert (letter.to, letter.subject[:6]) == ("me@example.org", "[Test]")
    assert rows(rooms.app, "deliveries") == before
    for wrong in ("me", "me@example.org, you@example.org", "me@example.org\r\nBcc: x@example.org"):
        assert client.post(at(rooms, "test"), json={"to": wrong}).status_code == 422


def test_what_failed_is_sent_again(client: httpx2.Client, rooms: Rooms) -> None:
    sent = f"{V1}/{rooms.ids['sent_issue_id']}/resend"
    assert client.post(sent).json() == {"again": 2, "at_once": 0, "new": 0}
    assert client.post(sent, json={"unknown": True}).json()["again"] == 0
    assert {row.status for row in rows(rooms.app, "deliveries")} == {"pending"}
    (issue,) = [it for it in rows(rooms.app, "issues") if it.id == rooms.ids["sent_issue_id"]]
    assert issue.status in (IssueStatus.SENDING, IssueStatus.APPROVED)
    assert client.post(at(rooms, "resend")).status_code == 409  # it waits for its reviewers
