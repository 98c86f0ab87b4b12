"""/api/v1/deliveries: the ledger, a page at a time; what failed is sent again, once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from api.rooms import HIDDEN, Rooms, furnished
from service.asking import rows
from service.feeds import Feeds

from autopilot.service.context import App

V1 = "/api/v1/deliveries"


@pytest.fixture
def rooms(app: App, feeds: Feeds) -> Rooms:
    return furnished(app, feeds)


@pytest.fixture
def client(rooms: Rooms) -> Iterator[httpx2.Client]:
    with rooms.client("admin") as made:
        yield made


def test_deliveries_are_listed_by_issue_status_and_channel(
    client: httpx2.Client, rooms: Rooms
) -> None:
    found = client.get(V1).json()["items"]
    assert sorted(it["channel"] for it in found) == ["email", "webhook at hooks.example.org"]
    assert {it["reason"] for it in found} == {"zanzibar said no"}
    (mail,) = client.get(V1, params={"channel": "email"}).json()["items"]
    assert mail["id"] == str(rooms.ids["delivery_id"])
    assert client.get(f"{V1}/{mail['id']}").json() == mail
    for query, count in (
        ({"status": ["failed", "unknown"]}, 2),
        ({"status": "sent"}, 0),
        ({"issue_id": str(rooms.ids["sent_issue_id"])}, 2),
        ({"issue_id": str(rooms.ids["issue_id"])}, 0),
        ({"channel": "fax"}, 0),
    ):
        assert len(client.get(V1, params=query).json()["items"]) == count, query
    first = client.get(V1, params={"limit": 1}).json()
    second = client.get(V1, params={"limit": 1, "cursor": first["next"]}).json()
    assert {first["items"][0]["id"], second["items"][0]["id"]} == {it["id"] for it in found}


def test_addresses_of_webhooks_are_shown_to_nobody(client: httpx2.Client) -> None:
    assert HIDDEN not in client.get(V1).text


def test_one_that_failed_is_sent_again_once(client: httpx2.Client, rooms: Rooms) -> None:
    at = f"{V1}/{rooms.ids['delivery_id']}/retry"
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(it.status_code for it in pool.map(lambda _: client.post(at), range(4)))
    assert statuses == [200, 409, 409, 409]
    by_id = {row.id: row for row in rows(rooms.app, "deliveries")}
    assert by_id[rooms.ids["delivery_id"]].status == "pending"
    assert sorted(row.status for row in by_id.values()) == ["failed", "pending"]
    noted = [row.actor for row in rows(rooms.app, "audit_log") if row.action == "delivery.retried"]
    assert noted == ["token:zanzibar-admin"]


def test_only_who_may_send_sends_again(client: httpx2.Client, rooms: Rooms) -> None:
    client.headers["Authorization"] = f"Bearer {rooms.keys['editor']}"
    assert client.post(f"{V1}/{rooms.ids['delivery_id']}/retry").status_code == 403
    assert {row.status for row in rows(rooms.app, "deliveries")} == {"failed"}
