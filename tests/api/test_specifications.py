"""/api/v1/specifications: the whole document, every problem at once, and nobody's edit is lost."""

from __future__ import annotations

from typing import Any

from api.conftest import Desk
from api.rooms import HIDDEN, Rooms, furnished
from service.asking import rows
from service.feeds import Feeds

from autopilot.domain.access import Grant, Role
from autopilot.http.api.specifications import EXAMPLE
from autopilot.service.context import App

AT = "/specifications"
HOOK = {"type": "webhook", "url": f"https://hooks.example.org/{HIDDEN}"}


def made(desk: Desk, **given: Any) -> dict[str, Any]:
    answer = desk.ask("POST", AT, EXAMPLE | given)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def paths(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return sorted(problem["path"] for problem in answer.json()["problems"])


def test_a_specification_is_created_shown_changed_and_cancelled(desk: Desk) -> None:
    one = made(desk)
    at = f"{AT}/{one['id']}"
    shown = desk.get(at)
    assert shown.json() == one
    assert shown.headers["etag"] == f'"{one["etag"]}"'
    assert one["document"]["sources"][0]["url"] == EXAMPLE["sources"][0]["url"]
    assert "schedules" not in one["document"]
    changed = desk.ask("PATCH", at, {"cadence": "daily"})
    assert changed.json()["document"]["cadence"] == "daily"
    assert changed.json()["document"]["categories"] == one["document"]["categories"]
    assert changed.json()["etag"] != one["etag"]
    assert desk.ask("DELETE", at).status_code == 204
    assert desk.get(at).json()["status"] == "cancelled"
    assert desk.ask("PATCH", at, {"cadence": "weekly"}).status_code == 409
    actors = {row.actor for row in rows(desk.app, "audit_log") if row.action.startswith("spec")}
    assert actors == {"token:desk"}


def test_put_gives_defaults_to_what_it_leaves_out_but_for_sources_and_channels(desk: Desk) -> None:
    one = made(desk, language="de", template="magazine", channels=[{"type": "archive"}])
    whole = {key: EXAMPLE[key] for key in ("slug", "name", "categories", "regions")}
    after = desk.ask("PUT", f"{AT}/{one['id']}", whole).json()["document"]
    assert (after["language"], after["template"]) == ("en", "standard")
    assert after["sources"] == one["document"]["sources"]
    assert after["channels"] == [{"type": "archive"}]
    emptied = desk.ask("PUT", f"{AT}/{one['id']}", whole | {"sources": []}).json()["document"]
    assert emptied["sources"] == []
    assert paths(desk.ask("PUT", f"{AT}/{one['id']}", {"slug": "x"})) == ["categories", "name"]


def test_every_problem_is_told_at_once_with_its_path(desk: Desk) -> None:
    before = rows(desk.app, "newsletter_specifications")
    wrong = EXAMPLE | {
        "color": "red",
        "cadence": "hourly",
        "categories": [{"id": "a", "name": "A", "min_stories": 9, "max_stories": 1}, {"id": "a"}],
        "sources": [{"url": "ftp://x"}, {"url": "https://example.org/a", "region": "XX"}],
    }
    told = paths(desk.ask("POST", AT, wrong))
    assert told == [
        "cadence", "categories[0]", "categories[1].id", "categories[1].name", "color",
        "sources[0].url", "sources[1].region",
    ]  # fmt: skip
    assert rows(desk.app, "newsletter_specifications") == before


def test_the_second_of_two_editors_is_told(desk: Desk) -> None:
    at = f"{AT}/{made(desk)['id']}"
    seen = desk.get(at).headers["etag"]
    assert desk.ask("PATCH", at, {"name": "First"}, if_match=seen).status_code == 200
    second = desk.ask("PATCH", at, {"name": "Second"}, if_match=seen)
    assert (second.status_code, "Somebody else" in second.json()["detail"]) == (409, True)
    assert desk.get(at).json()["document"]["name"] == "First"
    assert desk.ask("PUT", at, EXAMPLE, if_match=seen).status_code == 409
    assert desk.ask("PATCH", at, {"name": "Third"}, if_match="*").status_code == 200


def test_lists_are_paged_and_filtered(desk: Desk) -> None:
    for number in range(3):
        made(desk, slug=f"grid-{number}", name=f"100% {number}", sources=[])
    first = desk.get(AT, limit=2).json()
    assert [it["slug"] for it in first["items"]] == ["energy", "grid-0"]
    second = desk.get(AT, limit=2, cursor=first["next"]).json()
    assert ([it["slug"] for it in second["items"]], second["next"]) == (["grid-1", "grid-2"], None)
    assert [it["slug"] for it in desk.get(AT, text="00% 1").json()["items"]] == ["grid-1"]
    assert desk.get(AT, text="0_%").json()["items"] == []
    gone = desk.get(AT, text="grid-2").json()["items"][0]["id"]
    desk.ask("DELETE", f"{AT}/{gone}")
    assert [it["id"] for it in desk.get(AT, status="cancelled").json()["items"]] == [gone]
    assert len(desk.get(AT, status="any").json()["items"]) == 4
    assert len(desk.get(AT).json()["items"]) == 3
    assert desk.get(AT, cursor="bm9uZQ").status_code == 422


def test_channels_are_for_admins_and_their_addresses_for_nobody_else(desk: Desk) -> None:
    one = made(desk, channels=[HOOK])
    at = f"{AT}/{one['id']}"
    key = desk.token(Grant(role=Role.EDITOR, may_send=True))
    desk.client.headers["Authorization"] = f"Bearer {key}"
    seen = desk.get(at)
    assert HIDDEN not in seen.text
    document = seen.json()["document"]
    assert document["channels"][0]["url"] == "https://hooks.example.org/***"
    kept = desk.ask("PUT", at, document | {"name": "Mended"}, if_match=seen.headers["etag"])
    assert (kept.status_code, kept.json()["document"]["name"]) == (200, "Mended")
    assert desk.ask("PATCH", at, {"channels": []}).status_code == 403
    assert desk.ask("PATCH", at, {"channels": [{"type": "email"}]}).status_code == 403
    other = EXAMPLE | {"slug": "b", "channels": [HOOK]}
    assert desk.ask("POST", AT, other).status_code == 403
    stored = [row.document for row in rows(desk.app, "newsletter_specifications")]
    assert HIDDEN in str(stored)


def test_a_folder_of_the_machine_is_for_operators(desk: Desk) -> None:
    at = f"{AT}/{desk.specification_id}"
    for channel in (
        {"type": "folder", "path": "/etc/cron.d"},
        {"type": "folder", "path": "issues"},
        HOOK | {"secret_env": "AUTOPILOT_SECRET_KEY"},
    ):
        refused = desk.ask("PATCH", at, {"channels": [channel]})
        assert (refused.status_code, "operator" in refused.json()["detail"]) == (403, True)


def test_a_simulation_writes_nothing_and_tries_changes(desk: Desk) -> None:
    desk.ask("POST", "/sources/check", {"specification_id": desk.specification_id})
    before = [rows(desk.app, name) for name in ("newsletter_specifications", "newsletter_runs")]
    at = f"{AT}/{desk.specification_id}/simulate?weeks=2"
    tried = desk.ask("POST", at)
    assert tried.status_code == 200
    assert [it["schedule"] for it in tried.json()["issues"]]
    refused = desk.ask("POST", at, {"categories": []})
    assert "categories" in paths(refused)
    assert desk.ask("POST", at, {"cadence": "daily"}).status_code == 200
    after = [rows(desk.app, name) for name in ("newsletter_specifications", "newsletter_runs")]
    assert after == before
    assert desk.ask("POST", at.replace("=2", "=53")).status_code == 422


def test_a_specification_is_made_in_the_tokens_own_workspace(app: App, feeds: Feeds) -> None:
    rooms: Rooms = furnished(app, feeds)
    with rooms.client("stranger") as client:
        answer = client.post("/api/v1/specifications", json=EXAMPLE)
        assert answer.status_code == 201
        assert answer.json()["workspace_id"] == str(rooms.other["workspace_id"])
        taken = client.post("/api/v1/specifications", json=EXAMPLE)
        assert taken.status_code == 409


def test_script_in_every_text_comes_back_as_text(desk: Desk) -> None:
    script = "<script>alert(1)</script>"
    one = made(
        desk,
        name=script,
        categories=[{"id": "a", "name": script, "description": script, "keywords": [script]}],
        regions=[{"id": "DE", "name": script}],
    )
    answer = desk.get(f"{AT}/{one['id']}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["document"]["categories"][0]["description"] == script
