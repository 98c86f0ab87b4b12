"""Schedules over the API: created, found, edited by two at once, acted on, and cancelled."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from api.conftest import Desk
from service.conftest import MONDAY_NINE, SUNDAY, WEEK

from autopilot.domain.access import Grant, Role
from autopilot.service.tick import tick


def test_a_schedule_is_created_with_the_keys_of_a_file_and_found_again(desk: Desk) -> None:
    made = desk.ask("POST", "/schedules", desk.schedule(retries=5, review={"mode": "hold"}))
    assert made.status_code == 201
    assert made.json()["description"] == "Every Tuesday at 10:00, Europe/Berlin time"
    assert made.json()["policies"]["retries"] == 5
    assert made.json()["given_policies"].keys() == {"retries", "review"}
    assert len(made.json()["next"]) == 5
    found = desk.client.get(made.headers["Location"])
    assert found.json() == made.json()
    assert found.headers["ETag"] == '"1"'


def test_everything_wrong_with_a_schedule_is_told_at_once(desk: Desk) -> None:
    wrong = desk.schedule(
        config={"days": ["moonday"], "times": ["25:00"]}, categories_override=["x"]
    )
    refused = desk.ask("POST", "/schedules", wrong)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert len({it["path"] for it in refused.json()["problems"]}) >= 3


@pytest.mark.parametrize("key", ["sort", "frequency", "next_run_at"])
def test_an_unknown_key_is_refused(desk: Desk, key: str) -> None:
    refused = desk.ask("POST", "/schedules", desk.schedule(**{key: 1}))
    assert refused.status_code == 422
    assert key in refused.json()["problems"][0]["path"]


def test_of_two_people_who_edit_one_schedule_the_second_is_told(desk: Desk) -> None:
    path = f"/schedules/{desk.schedule_id}"
    first = desk.ask("PATCH", path, {"notes": "mine", "version": 1})
    second = desk.ask("PATCH", path, {"notes": "theirs", "version": 1})
    by_header = desk.ask("PATCH", path, {"notes": "theirs"}, If_Match='"1"')
    assert [it.status_code for it in (first, second, by_header)] == [200, 409, 409]
    assert desk.get(path).json()["notes"] == "mine"
    assert (
        desk.ask("PATCH", path, {"notes": None}, If_Match=first.headers["ETag"]).status_code == 200
    )


def test_what_an_edit_does_not_name_stays(desk: Desk) -> None:
    path = f"/schedules/{desk.schedule_id}"
    before = desk.get(path).json()
    desk.ask("PATCH", path, {"retries": 7})
    after = desk.ask("PATCH", path, {"retries": None, "name": "Nine"}).json()
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"name", "version"}


def test_a_stale_version_cancels_nothing(desk: Desk) -> None:
    path = f"/schedules/{desk.schedule_id}"
    desk.ask("PATCH", path, {"notes": "x"})
    assert desk.ask("DELETE", path, If_Match='"1"').status_code == 409
    assert desk.ask("DELETE", path, If_Match='"2"').status_code == 204
    assert desk.get(path).json()["status"] == "cancelled"
    assert desk.get("/schedules").json()["items"] == []


def test_a_schedule_is_paused_with_a_reason_and_resumed(desk: Desk) -> None:
    path = f"/schedules/{desk.schedule_id}"
    desk.clock.pass_(timedelta(minutes=1))
    paused = desk.ask("POST", f"{path}/pause", {"reason": "  away  "}).json()
    assert (paused["status"], paused["reason"], paused["next_run_at"]) == ("paused", "away", None)
    assert desk.ask("POST", f"{path}/skip-next").status_code == 409
    desk.clock.pass_(timedelta(minutes=1))
    resumed = desk.ask("POST", f"{path}/resume").json()
    assert (resumed["status"], resumed["reason"]) == ("active", None)
    deeds = [it["action"] for it in desk.get(f"{path}/audit").json()["items"]]
    assert deeds[:2] == ["schedule.resumed", "schedule.paused"]


def test_the_next_slot_is_skipped_and_stands_in_the_history(desk: Desk) -> None:
    path = f"/schedules/{desk.schedule_id}"
    run = desk.ask("POST", f"{path}/skip-next", {"version": 1}).json()
    assert (run["status"], run["error"]) == ("skipped", "skipped by token:desk")
    (stands,) = desk.get(f"{path}/history").json()["items"]
    assert stands["id"] == run["id"]
    following = (MONDAY_NINE + WEEK).isoformat().replace("+00:00", "Z")
    assert desk.get(path).json()["next_run_at"] == following


@pytest.mark.parametrize("act", ["run", "test"])
def test_an_issue_asked_for_is_queued_and_made_by_a_worker(desk: Desk, act: str) -> None:
    queued = desk.ask("POST", f"/schedules/{desk.schedule_id}/{act}")
    assert (queued.status_code, queued.json()["status"]) == (202, "queued")
    tick(desk.app)
    made = desk.client.get(queued.headers["Location"]).json()
    assert (made["status"], made["issue_status"], made["trigger"]) == (
        "succeeded",
        "draft",
        "manual",
    )


def test_drafts_of_past_slots_are_queued(desk: Desk) -> None:
    path = f"/schedules/{desk.schedule_id}/backfill"
    start = (SUNDAY - 2 * WEEK).isoformat()
    drafts = desk.ask("POST", path, {"from": start}).json()["items"]
    assert len(drafts) == 2
    future = desk.ask("POST", path, {"from": start, "to": (SUNDAY + WEEK).isoformat()})
    assert (future.status_code, future.json()["problems"][0]["path"]) == (422, "to")
    naive = desk.ask("POST", path, {"from": "2026-11-01T00:00:00"})
    assert naive.status_code == 422


def test_rules_are_previewed_one_or_many_without_being_stored(desk: Desk) -> None:
    rule = {"type": "weekly", "config": {"days": ["mon"], "times": ["09:00"]}, "count": 2}
    one = desk.ask("POST", "/schedules/preview", rule | {"timezone": "Europe/Berlin"}).json()
    assert [slot["utc"] for slot in one["slots"]] == [
        "2026-11-23T08:00:00Z",
        "2026-11-30T08:00:00Z",
    ]
    many = desk.ask("POST", "/schedules/preview", [rule, {"type": "never", "config": {}}]).json()
    assert [len(it["slots"]) for it in many] == [2, 0]
    assert many[1]["error"]
    wrong = desk.ask("POST", "/schedules/preview", {"type": "never", "config": {}})
    assert wrong.status_code == 422
    assert desk.ask("POST", "/schedules/preview", [rule] * 101).status_code == 422
    assert desk.ask("POST", "/schedules/preview", [rule | {"count": 999}] * 3).status_code == 422
    assert len(desk.get("/schedules").json()["items"]) == 1


def test_pages_follow_each_other_without_a_gap_or_a_double(desk: Desk) -> None:
    for number in range(5):
        desk.ask("POST", "/schedules", desk.schedule(name=f"N {number}", enabled=number % 2 == 0))
    seen, cursor = [], None
    while True:
        asked = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        page = desk.get("/schedules", **asked).json()
        seen += [it["name"] for it in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["Monday nine", "N 0", "N 2", "N 4", "N 1", "N 3"]


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ({"enabled": "false"}, ["Tuesday ten"]),
        ({"status": "paused"}, ["Tuesday ten"]),
        ({"status": "cancelled"}, []),
        ({"owner": "token:desk"}, ["Tuesday ten"]),
        ({"text": "NINE"}, ["Monday nine"]),
        ({"text": "%"}, []),
    ],
)
def test_lists_are_filtered(desk: Desk, filter_: dict[str, str], names: list[str]) -> None:
    desk.ask("POST", "/schedules", desk.schedule(enabled=False))
    assert [it["name"] for it in desk.get("/schedules", **filter_).json()["items"]] == names


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": "name; DROP TABLE autopilot_schedules"},
        {"status": "' OR 1=1 --"},
        {"limit": "0"},
        {"limit": "1000000"},
        {"cursor": "bm90IG9uZQ"},
        {"cursor": "WyJ4IiwgInkiLCAieiJd"},
        {"specification_id": "1 OR 1=1"},
        {"text": "\0"},
    ],
    ids=str,
)
def test_what_is_no_filter_is_refused(desk: Desk, asked: dict[str, str]) -> None:
    refused = desk.get("/schedules", **asked)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.elapsed < timedelta(seconds=5)


def test_a_schedule_of_another_workspace_is_not_there(desk: Desk) -> None:
    unknown = uuid4()
    answers = [desk.get(f"/schedules/{unknown}"), desk.ask("DELETE", f"/schedules/{unknown}")]
    assert {it.status_code for it in answers} == {404}


def test_a_viewer_reads_and_changes_nothing(desk: Desk) -> None:
    viewer = {"Authorization": f"Bearer {desk.token(Grant(role=Role.VIEWER))}"}
    path = f"/schedules/{desk.schedule_id}"
    assert desk.ask("GET", path, **viewer).status_code == 200
    for method, below in (
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/pause"),
        ("POST", "/skip-next"),
    ):
        refused = desk.ask(method, path + below, {} if method == "PATCH" else None, **viewer)
        assert refused.status_code == 403
    assert desk.get(path).json()["version"] == 1
