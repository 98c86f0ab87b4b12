"""Runs over the API: asked for, listed, shown with what they took, tried again, called off."""

from __future__ import annotations

from uuid import UUID

import pytest
from api.conftest import Desk
from service.conftest import MONDAY_NINE

from autopilot.service.tick import tick
from autopilot.store import runs


def queued(desk: Desk, **given: object) -> str:
    answer = desk.ask("POST", "/runs", {"specification_id": desk.specification_id, **given})
    assert answer.status_code == 202
    return str(answer.json()["id"])


def test_an_issue_of_a_specification_is_queued_made_and_shown_in_full(desk: Desk) -> None:
    run_id = queued(desk, categories_override=["grid"])
    tick(desk.app)
    shown = desk.get(f"/runs/{run_id}").json()
    assert shown["status"] == "succeeded"
    assert list(shown["steps"]) == ["collect", "select", "write", "render", "check", "store"]
    assert shown["steps"]["collect"].keys() == {"in", "out", "seconds"}
    assert shown["categories_override"] == ["grid"]
    assert (shown["usage"], shown["tokens"], shown["usd"]) == ([], 0, 0)
    assert shown["sources"][0]["status"] == "ok"
    assert shown["error_id"] is None


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"categories_override": ["nothing"]}, "categories"),
        ({"from": "2026-11-22T00:00:00Z", "to": "2026-11-21T00:00:00Z"}, "from"),
        ({"from": "2026-11-22T00:00:00"}, "from"),
        ({"from": "0001-01-01T00:00:00Z"}, "from"),
        ({"deliver": True}, "deliver"),
    ],
)
def test_what_cannot_be_run_is_told(desk: Desk, wrong: dict[str, object], path: str) -> None:
    answer = desk.ask("POST", "/runs", {"specification_id": desk.specification_id, **wrong})
    assert answer.status_code == 422
    assert path in answer.json()["problems"][0]["path"]
    assert desk.get("/runs").json()["items"] == []


def test_runs_are_listed_newest_first_in_pages_and_filtered(desk: Desk) -> None:
    asked = [queued(desk) for _ in range(3)]
    desk.clock.now = MONDAY_NINE
    tick(desk.app)
    first = desk.get("/runs", limit=3).json()
    rest = desk.get("/runs", limit=3, cursor=first["next"]).json()
    assert first["items"][0]["trigger"] == "schedule"
    assert {it["id"] for it in [*first["items"][1:], *rest["items"]]} == set(asked)
    assert rest["next"] is None
    (slot,) = desk.get("/runs", trigger="schedule").json()["items"]
    assert slot["schedule_id"] == desk.schedule_id
    (same,) = desk.get("/runs", schedule_id=desk.schedule_id).json()["items"]
    assert same["id"] == slot["id"]
    since = slot["created_at"]
    assert [it["id"] for it in desk.get("/runs", since=since).json()["items"]] == [slot["id"]]
    assert len(desk.get("/runs", until=since).json()["items"]) == 3
    assert desk.get("/runs", status="failed").json()["items"] == []


@pytest.mark.parametrize("asked", [{"order": "1"}, {"status": "ended"}, {"since": "yesterday"}])
def test_an_unknown_filter_is_refused(desk: Desk, asked: dict[str, str]) -> None:
    assert desk.get("/runs", **asked).status_code == 422


def test_a_queued_run_is_called_off_once(desk: Desk) -> None:
    run_id = queued(desk)
    done = desk.ask("POST", f"/runs/{run_id}/cancel", {"reason": "not needed"})
    assert (done.json()["status"], done.json()["error"]) == ("cancelled", "not needed")
    assert desk.ask("POST", f"/runs/{run_id}/cancel").status_code == 409
    assert [it["id"] for it in desk.get("/runs", status="cancelled").json()["items"]] == [run_id]


def test_a_failed_run_is_tried_again_and_no_other(desk: Desk) -> None:
    run_id = queued(desk)
    assert desk.ask("POST", f"/runs/{run_id}/retry").status_code == 409
    fail(desk, run_id)
    failed = desk.get(f"/runs/{run_id}").json()
    assert (failed["status"], failed["error"], failed["error_id"]) == ("failed", "broken", run_id)
    again = desk.ask("POST", f"/runs/{run_id}/retry")
    assert (again.status_code, again.json()["status"]) == (202, "queued")
    tick(desk.app)
    assert desk.get(f"/runs/{run_id}").json()["status"] == "succeeded"


def fail(desk: Desk, run_id: str) -> None:
    with desk.app.database.begin() as connection:
        run = runs.get_run(connection, UUID(run_id))
        assert run is not None
        now = desk.clock.now
        claimed = run.claim(UUID(int=1), now, desk.app.settings.lease)
        runs.move_run(connection, run, claimed)
        runs.move_run(connection, claimed, claimed.fail("broken", now))
