"""Once: a POST with an Idempotency-Key is done once, and a secret is not kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from uuid import UUID

import httpx2
import pytest
from api.conftest import Desk
from sqlalchemy import select

from autopilot.domain.access import EVERYTHING, Right
from autopilot.service.access.tokens import bearer_of_token
from autopilot.service.repeats import key_of, take
from autopilot.store.tables import done_requests


def create(desk: Desk, key: str, **given: object) -> httpx2.Response:
    return desk.ask("POST", "/schedules", desk.schedule(**given), Idempotency_Key=key)


def kept(desk: Desk) -> list[bytes | None]:
    with desk.app.database.read() as connection:
        return list(connection.execute(select(done_requests.c.answer)).scalars())


def test_the_same_request_is_answered_as_the_first_time(desk: Desk) -> None:
    first, again = create(desk, "one"), create(desk, "one")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    for name in ("Location", "ETag", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert len(desk.get("/schedules").json()["items"]) == 2


def test_a_key_is_good_for_one_request(desk: Desk) -> None:
    create(desk, "one")
    other = create(desk, "one", name="Another")
    assert other.status_code == 422
    assert other.json()["problems"][0]["path"] == "Idempotency-Key"


def test_a_request_that_was_refused_may_be_mended_under_its_key(desk: Desk) -> None:
    assert create(desk, "one", config={}).status_code == 422
    assert kept(desk) == []
    assert create(desk, "one").status_code == 201


def test_a_key_is_another_one_for_another_token(desk: Desk) -> None:
    create(desk, "one")
    desk.client.headers["Authorization"] = f"Bearer {desk.token(EVERYTHING)}"
    assert create(desk, "one", name="Theirs").status_code == 201


def test_while_a_request_is_being_done_the_same_one_is_told_to_wait(desk: Desk) -> None:
    first = create(desk, "other")
    bearer = desk.client.headers["Authorization"].removeprefix("Bearer ")
    key_hash = key_of(bearer_of_token(desk.app, bearer), "one")
    request = first.request
    take(desk.app, key_hash, b"\n".join((b"POST /api/v1/schedules", b"", request.content)))
    assert create(desk, "one").status_code == 409


def test_of_many_at_once_one_is_done(desk: Desk) -> None:
    answers: list[httpx2.Response] = []
    threads = [Thread(target=lambda: answers.append(create(desk, "one"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {it.status_code for it in answers} <= {201, 409}
    assert len({it.content for it in answers if it.status_code == 201}) == 1
    assert len(desk.get("/schedules").json()["items"]) == 2


def test_a_day_later_it_is_forgotten(desk: Desk) -> None:
    create(desk, "one")
    desk.clock.pass_(timedelta(hours=24, seconds=1))
    create(desk, "two", name="Later")
    assert len(kept(desk)) == 1
    assert create(desk, "one").status_code == 409  # done again, and the name is taken


@pytest.mark.parametrize("key", ["", "x" * 201, "spaces within"])
def test_what_is_no_key_is_refused(desk: Desk, key: str) -> None:
    assert create(desk, key).status_code == 422
    assert len(desk.get("/schedules").json()["items"]) == 1


def test_a_new_token_is_shown_once_and_kept_nowhere(desk: Desk) -> None:
    def make() -> httpx2.Response:
        body = {"name": "job", "role": "viewer"}
        return desk.ask(
            "POST", f"/workspaces/{desk.workspace_id}/tokens", body, Idempotency_Key="one"
        )

    first, again = make().json(), make()
    assert again.status_code == 201
    assert again.json() == first | {"token": None}
    assert again.headers["Idempotency-Replayed"] == "true"
    (answer,) = kept(desk)
    assert answer is not None
    assert first["token"].encode() not in answer
    assert bearer_of_token(desk.app, first["token"]).may(Right.READ, UUID(desk.workspace_id))


def test_a_request_without_a_key_is_done_each_time(desk: Desk) -> None:
    run: Callable[[], httpx2.Response] = lambda: desk.ask(  # noqa: E731
        "POST", "/runs", {"specification_id": desk.specification_id}
    )
    assert run().json()["id"] != run().json()["id"]
    assert kept(desk) == []
