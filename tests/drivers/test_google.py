"""The Google functions under `functions-framework`, called with signed tokens and with CloudEvents."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
from acceptance.processes import free_port
from drivers.conftest import SetScene
from drivers.google_functions import AUDIENCE, CLOCK, Function, command, function
from drivers.scene import Scene
from issuer import OTHER_RSA, RSA, token
from sqlalchemy import func, select

from autopilot.store.tables import newsletter_runs

PASSWORD = "s3cret-of-the-database"


@pytest.fixture
def scene(set_scene: SetScene) -> Scene:
    return set_scene(schedules=2)


@pytest.fixture
def http(scene: Scene) -> Iterator[Function]:
    with function(scene, "tick_http") as called:
        yield called


def count_runs(scene: Scene) -> int:
    with scene.app.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(newsletter_runs)) or 0)


def start_that_fails(scene: Scene, target: str, **settings: str) -> str:
    """Starts a function that cannot start; returns what it said."""
    ended = subprocess.run(
        command(target, free_port()),
        env={**os.environ, **scene.environment, **settings},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_the_clocks_token_makes_one_pass(http: Function, scene: Scene) -> None:
    answer, again = http.call(), http.call(content=b'{"seconds": 20, "limit": 5}')
    assert (answer.status_code, again.status_code) == (200, 200)
    assert [run["status"] for run in answer.json()["runs"]] == ["succeeded"] * 2
    assert (answer.json()["left"], again.json()["runs"]) == (0, [])
    assert count_runs(scene) == 2


def test_a_token_that_is_not_the_clocks_is_401_and_nothing_is_done(
    http: Function, scene: Scene
) -> None:
    head, body, _ = token(http.claims()).split(".")
    wrong = {
        "no token": "x",
        "no issuer of ours": token(http.claims(iss="https://accounts.example.org")),
        "another audience": token(http.claims(aud=AUDIENCE + "/other")),
        "another account": token(http.claims(email="eve@project.iam.gserviceaccount.com")),
        "an account nobody verified": token(http.claims(email_verified=False)),
        "expired": token(http.claims(exp=1)),
        "another key": token(http.claims(), key=OTHER_RSA),
        "no signature": f"{head}.{body}.SIGNATURE_REMOVED_BY_GOOGLE",
    }
    for name, bearer in wrong.items():
        answer = http.call(bearer)
        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"] == "Bearer"
        assert set(answer.json()) == {"error"}
    assert http.web.post("/").status_code == 401
    assert count_runs(scene) == 0
    assert http.call(token(http.claims(), key=RSA)).status_code == 200


def test_only_post_makes_a_pass_and_only_with_a_body_that_is_understood(
    http: Function, scene: Scene
) -> None:
    bearer = {"Authorization": f"Bearer {token(http.claims())}"}
    for method in ("GET", "PUT", "DELETE"):
        answer = http.web.request(method, "/", headers=bearer)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert http.call(content=b"{").status_code == 422
    assert http.call(content=b'{"seconds": 0}').status_code == 422
    assert http.call(content=b" " * 5_000).status_code == 413
    assert count_runs(scene) == 0


def test_a_limit_leaves_the_others_queued_and_says_so(http: Function) -> None:
    answer = http.call(content=b'{"limit": 1}').json()
    assert (len(answer["runs"]), answer["left"]) == (1, 1)


def test_a_store_that_fails_is_503_and_the_next_call_finds_it_well(
    http: Function, scene: Scene
) -> None:
    prefix = "autopilot." * scene.app.database.is_postgres
    assert http.call().status_code == 200
    with scene.app.database.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {prefix}workers RENAME TO gone")
    failed = http.call()
    with scene.app.database.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {prefix}gone RENAME TO workers")
    assert (failed.status_code, failed.headers["retry-after"]) == (503, "30")
    assert "autopilot migrate" in failed.json()["error"]
    assert http.call().status_code == 200


def test_an_event_makes_one_pass_whatever_it_says(scene: Scene) -> None:
    with function(scene, "tick_event") as called:
        assert called.send().status_code == 200
        assert called.send().status_code == 200
        assert called.web.post("/", json={"no": "event"}).status_code == 400
    assert count_runs(scene) == 2


def test_an_event_that_meets_a_fault_comes_again(scene: Scene) -> None:
    prefix = "autopilot." * scene.app.database.is_postgres
    with function(scene, "tick_event") as called:
        assert called.send().status_code == 200
        with scene.app.database.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {prefix}workers RENAME TO gone")
        failed = called.send()
        with scene.app.database.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {prefix}gone RENAME TO workers")
        assert failed.status_code == 503
        assert "autopilot migrate" in failed.text
        assert called.send().status_code == 200


def test_a_function_that_cannot_work_does_not_start(scene: Scene) -> None:
    bare = {"AUTOPILOT_TICK_OIDC_AUDIENCE": AUDIENCE}
    assert "AUTOPILOT_TICK_OIDC_ISSUER" in start_that_fails(scene, "tick_http", **bare)
    assert "nobody could call this function" in start_that_fails(scene, "tick_http")
    broken = start_that_fails(scene, "tick_event", AUTOPILOT_LEASE_SECONDS="soon")
    assert "AUTOPILOT_LEASE_SECONDS" in broken
    disk = {"K_SERVICE": "autopilot-tick", "AUTOPILOT_DATABASE_URL": ""}
    told = start_that_fails(scene, "tick_event", **disk)
    assert "AUTOPILOT_DATABASE_URL" in told
    assert "Google Cloud" in told


def test_a_password_is_not_told_to_a_caller(scene: Scene) -> None:
    address = f"postgresql://autopilot:{PASSWORD}@127.0.0.1:9/autopilot"
    away = replace(scene, environment={**scene.environment, "AUTOPILOT_DATABASE_URL": address})
    with function(away, "tick_http") as called:
        answer = called.call()
    assert answer.status_code == 503
    assert PASSWORD not in answer.text
    assert CLOCK not in answer.text
