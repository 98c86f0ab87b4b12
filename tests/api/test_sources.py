"""/api/v1/sources: how each is, added, changed, taken out, checked, and lists of them in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from api.conftest import V1, Desk
from service.asking import rows
from service.conftest import SUNDAY
from service.feeds import Feeds, Item

from autopilot.http.api import inside

AT = "/sources"
OPML = """<opml version="2.0"><body><outline text="Germany">
<outline type="rss" text="One" xmlUrl="https://example.org/one.xml"/>
<outline type="rss" text="Two" xmlUrl="https://example.org/two.xml"/>
</outline></body></opml>"""


def listed(desk: Desk, **params: object) -> list[dict[str, Any]]:
    answer = desk.get(AT, specification_id=desk.specification_id, **params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def add(desk: Desk, *urls: str) -> Any:
    given = {"specification_id": desk.specification_id, "sources": [{"url": it} for it in urls]}
    return desk.ask("POST", AT, given)


def test_sources_are_added_changed_and_taken_out(desk: Desk) -> None:
    added = add(desk, "https://example.org/a.xml", "https://example.org/b.xml")
    assert (added.status_code, len(added.json()["added"])) == (201, 2)
    assert add(desk, "https://example.org/a.xml").json()["known"] == ["https://example.org/a.xml"]
    (_, one, _) = listed(desk)
    at = f"{AT}/{one['id']}"
    changed = desk.ask("PATCH", at, {"name": "Example", "weight": 2, "region": "DE"})
    assert changed.json()["source"] == one["source"] | {
        "name": "Example", "weight": 2.0, "region": "DE",
    }  # fmt: skip
    assert [it["id"] for it in listed(desk)][1] == one["id"]
    assert desk.ask("DELETE", at).status_code == 204
    assert one["id"] not in [it["id"] for it in listed(desk)]
    assert desk.get(at).json()["status"] == "cancelled"
    assert desk.ask("PATCH", at, {"name": "x"}).status_code == 409


WRONG = {
    "an address": ({"url": "https://example.org/other.xml"}, "url"),
    "a region": ({"region": "XX"}, "region"),
    "a weight": ({"weight": 1_000}, "weight"),
    "a key": ({"wieght": 1}, "wieght"),
    "a kind": ({"kind": "podcast"}, "kind"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_said_of_a_source_is_refused(desk: Desk, name: str) -> None:
    changes, path = WRONG[name]
    before = rows(desk.app, "sources")
    answer = desk.ask("PATCH", f"{AT}/{listed(desk)[0]['id']}", changes)
    assert (answer.status_code, answer.json()["problems"][0]["path"]) == (422, path)
    assert rows(desk.app, "sources") == before


def test_a_check_asks_now_and_says_how_it_is(desk: Desk, feeds: Feeds) -> None:
    (one,) = listed(desk)
    assert (one["state"], one["last_looked_at"]) == ("new", None)
    checked = desk.ask("POST", f"{AT}/{one['id']}/check").json()
    assert (checked["state"], checked["stored"]) == ("ok", 1)
    dead = add(desk, feeds.url("gone.xml")).json()["added"][0]
    answer = desk.ask("POST", f"{AT}/check", {"specification_id": desk.specification_id})
    states = {it["source"]["url"]: it["state"] for it in answer.json()}
    assert states[dead] in ("dead", "unsteady")
    assert [it["source"]["url"] for it in listed(desk, state=states[dead])] == [dead]


def test_a_check_takes_no_sources_of_others(desk: Desk) -> None:
    given = {
        "specification_id": desk.specification_id,
        "source_ids": [desk.specification_id],
    }
    assert desk.ask("POST", f"{AT}/check", given).status_code == 404
    many = given | {"source_ids": [desk.specification_id] * 17}
    assert desk.ask("POST", f"{AT}/check", many).status_code == 422


def test_the_feeds_of_a_site_are_found(desk: Desk, feeds: Feeds) -> None:
    item = Item(title="News", published=SUNDAY - timedelta(days=1))
    feeds.serve("news.xml", item)
    page = '<link rel="alternate" type="application/rss+xml" href="/news.xml"><p>Hello</p>'
    feeds.put("", page.encode())
    found = desk.ask("POST", f"{AT}/find", {"address": feeds.url("")})
    assert [it["url"] for it in found.json()] == [feeds.url("news.xml")]
    refused = desk.ask("POST", f"{AT}/find", {"address": "http://169.254.169.254/"})
    assert refused.status_code == 422


def test_only_a_few_slow_things_go_on_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    full = inside.Turnstile(1)
    monkeypatch.setattr("autopilot.http.api.sources.SLOW", full)
    at = f"{AT}/{listed(desk)[0]['id']}/check"
    with full.passing():
        answer = desk.ask("POST", at)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    assert desk.ask("POST", at).status_code == 200


def test_lists_go_in_and_out_as_opml(desk: Desk) -> None:
    query = f"?specification_id={desk.specification_id}"
    sent = desk.client.post(
        f"{V1}{AT}/import{query}", content=OPML, headers={"Content-Type": "text/x-opml"}
    )
    assert sent.json()["added"] == ["https://example.org/one.xml", "https://example.org/two.xml"]
    regions = {it["source"]["url"]: it["source"]["region"] for it in listed(desk)}
    assert regions["https://example.org/one.xml"] == "DE"
    out = desk.client.get(f"{V1}{AT}/export{query}")
    assert out.headers["content-type"].startswith("text/x-opml")
    assert out.headers["content-disposition"] == 'attachment; filename="energy.opml"'
    assert "https://example.org/two.xml" in out.text
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><opml><body>&a;</body></opml>'
    for body in (bomb, "", "no xml", "\0"):
        answer = desk.client.post(f"{V1}{AT}/import{query}", content=body.encode())
        assert answer.status_code == 422, body


def test_pages_go_on_where_a_source_was_taken_out(desk: Desk) -> None:
    add(desk, *(f"https://example.org/{number}.xml" for number in range(5)))
    query = {"specification_id": desk.specification_id, "limit": 2}
    first = desk.get(AT, **query).json()
    desk.ask("DELETE", f"{AT}/{first['items'][1]['id']}")
    urls = [it["source"]["url"] for it in first["items"]]
    cursor = first["next"]
    while cursor:
        page = desk.get(AT, **query, cursor=cursor).json()
        urls += [it["source"]["url"] for it in page["items"]]
        cursor = page["next"]
    assert len(urls) == len(set(urls)) == 6
