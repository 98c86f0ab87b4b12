"""POST /tick: an outside clock makes one pass, known by a secret or by a token of its service account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from issuer import EC, OTHER_RSA, RSA, WEAK_RSA, Provider, encoded, jwk, token
from service.asking import rows
from service.conftest import MONDAY_NINE, SUNDAY, apply, document, news
from service.feeds import Feeds
from web.conftest import clock_of, served

from autopilot.http.routes import tick as tick_route
from autopilot.service.context import App
from autopilot.service.tick_callers import ASK_PAUSE, KEYS_KEPT

SECRET = "a-secret-for-ticks-0123456789"
AUDIENCE = "https://news.example.org/tick"
ACCOUNT = "clock@project.iam.gserviceaccount.com"


def with_secret(**environ: str) -> dict[str, str]:
    return {"AUTOPILOT_TICK_SECRET": SECRET} | environ


def call(web: httpx2.Client, bearer: str | None = SECRET, **how: Any) -> httpx2.Response:
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}".encode()}
    return web.post("/tick", headers=headers, timeout=60, **how)


@pytest.fixture
def due(new_app: Callable[..., App], feeds: Feeds) -> App:
    """An App with a secret, whose one slot has come."""
    made = new_app(**with_secret())
    apply(made, document(feeds.serve("feed.xml", *news(SUNDAY - timedelta(days=2)))))
    clock_of(made).now = MONDAY_NINE
    return made


def test_a_tick_from_outside_makes_the_issue_and_says_so(due: App) -> None:
    with served(due) as web:
        answer = call(web)
        again = call(web)
    assert answer.status_code == 200
    told = answer.json()
    assert [run["status"] for run in told["runs"]] == ["succeeded"]
    assert set(told) == {
        "started_at", "rescued", "queued", "skipped", "released", "runs", "delivered",
    }  # fmt: skip
    assert again.json()["runs"] == []
    assert len(rows(due, "newsletter_runs")) == 1


def test_without_a_setting_there_is_no_such_address(web: httpx2.Client) -> None:
    assert call(web).status_code == 404
    assert web.get("/tick").status_code == 404


def test_only_post_ticks(due: App) -> None:
    with served(due) as web:
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
            headers = {"Authorization": f"Bearer {SECRET}"}
            answer = web.request(method, "/tick", headers=headers)
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert rows(due, "newsletter_runs") == []


WRONG = [
    None,
    "wrong",
    SECRET[:-1],
    SECRET + "x",
    SECRET.upper(),
    "é" * 30,
    "a.b.c",
    "x" * 9_000,
]


def test_a_wrong_secret_is_401_and_nothing_is_done(due: App) -> None:
    with served(due) as web:
        for wrong in WRONG:
            answer = call(web, wrong)
            assert answer.status_code == 401, wrong
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
        basic = web.post("/tick", headers={"Authorization": f"Basic {SECRET}"})
        assert basic.status_code == 401
        assert web.post(f"/tick?secret={SECRET}").status_code == 401
    assert rows(due, "newsletter_runs") == rows(due, "workers") == []


BODIES = {
    "no JSON": (b"{", 422),
    "another shape": (b"[]", 422),
    "an unknown key": (b'{"force": true}', 422),
    "no number": (b'{"limit": "many"}', 422),
    "too few": (b'{"limit": 0}', 422),
    "too long": (b'{"seconds": 100000}', 422),
    "not a time": (b'{"seconds": NaN}', 422),
    "deep": (b"[" * 4_000, 422),
    "large": (b" " * 5_000, 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_used_is_told(due: App, name: str) -> None:
    body, status = BODIES[name]
    with served(due) as web:
        assert call(web, content=body).status_code == status
    assert rows(due, "newsletter_runs") == []


def test_a_limit_and_a_deadline_are_kept(due: App) -> None:
    with served(due) as web:
        answer = call(web, content=b'{"limit": 1, "seconds": 5}')
    assert len(answer.json()["runs"]) == 1


def test_a_hundred_ticks_at_once_make_one_issue(due: App) -> None:
    began = threading.Barrier(100)
    with served(due) as web, ThreadPoolExecutor(100) as pool:

        def one(_number: int) -> httpx2.Response:
            began.wait(30)
            return call(web)

        answers = list(pool.map(one, range(100)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {200, 202}
    assert statuses.count(200) >= 1
    made = [run for it in answers if it.status_code == 200 for run in it.json()["runs"]]
    assert [run["status"] for run in made] == ["succeeded"]
    assert [run.status for run in rows(due, "newsletter_runs")] == ["succeeded"]


def test_at_most_a_few_passes_run_and_the_others_hear_at_once(
    due: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Semaphore(0), threading.Event()
    going: list[int] = []

    def wait(app: App, wish: tick_route.Wish) -> dict[str, Any]:
        going.append(1)
        inside.release()
        assert go_on.wait(30)
        return {}

    monkeypatch.setattr(tick_route, "_pass", wait)
    with served(due) as web, ThreadPoolExecutor(tick_route.AT_ONCE) as pool:
        held = [pool.submit(call, web) for _ in range(tick_route.AT_ONCE)]
        for _ in held:
            assert inside.acquire(timeout=30)
        started = time.monotonic()
        others = [call(web) for _ in range(20)]
        assert time.monotonic() - started < 10
        assert {it.status_code for it in others} == {202}
        assert {it.json()["status"] for it in others} == {"under way"}
        assert call(web, "wrong").status_code == 401
        assert web.get("/healthz").status_code in (200, 503)
        go_on.set()
        assert [it.result().status_code for it in held] == [200] * tick_route.AT_ONCE
        assert call(web).status_code == 200
    assert len(going) == tick_route.AT_ONCE + 1


def test_a_store_that_does_not_answer_is_503_and_the_turn_is_given_back(due: App) -> None:
    prefix = "autopilot." * due.database.is_postgres
    with due.database.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {prefix}workers RENAME TO gone")
    with served(due) as web:
        for _ in range(tick_route.AT_ONCE + 1):
            answer = call(web)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    with due.database.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {prefix}gone RENAME TO workers")


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider(keys=[jwk(RSA, "one"), jwk(EC, "two", use="sig", alg="ES256")])
    yield made
    made.close()


@pytest.fixture
def guarded(new_app: Callable[..., App], provider: Provider) -> App:
    """An App that takes the tokens of an issuer."""
    return new_app(
        AUTOPILOT_ALLOW_HOSTS=provider.host,
        AUTOPILOT_TICK_OIDC_ISSUER=provider.issuer,
        AUTOPILOT_TICK_OIDC_AUDIENCE=AUDIENCE,
        AUTOPILOT_TICK_OIDC_SERVICE_ACCOUNT=ACCOUNT,
    )


def good(app: App, provider: Provider, **changed: Any) -> dict[str, Any]:
    now = app.clock().timestamp()
    claims = {
        "iss": provider.issuer,
        "aud": AUDIENCE,
        "email": ACCOUNT,
        "email_verified": True,
        "sub": "1234567890",
        "iat": now,
        "exp": now + 3600,
    }
    return {key: value for key, value in (claims | changed).items() if value is not ...}


def test_a_token_of_the_account_ticks_whichever_key_signed_it(
    guarded: App, provider: Provider
) -> None:
    with served(guarded) as web:
        assert call(web, token(good(guarded, provider))).status_code == 200
        by_ec = token(good(guarded, provider), key=EC, kid="two")
        assert call(web, by_ec).status_code == 200
        several = token(good(guarded, provider, aud=["https://else.example.org", AUDIENCE]))
        assert call(web, several).status_code == 200
        assert call(web, SECRET).status_code == 401
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]


def bad_tokens(app: App, provider: Provider) -> dict[str, str]:
    now = app.clock().timestamp()
    claims = good(app, provider)
    head, body, signature = token(claims).split(".")
    return {
        "another issuer": token(good(app, provider, iss="https://evil.example")),
        "no issuer": token(good(app, provider, iss=...)),
        "another audience": token(good(app, provider, aud="https://else.example.org")),
        "no audience": token(good(app, provider, aud=...)),
        "an audience that is a part": token(good(app, provider, aud=AUDIENCE[:-1])),
        "an audience of another shape": token(good(app, provider, aud={AUDIENCE: 1})),
        "another account": token(good(app, provider, email="evil@example.org")),
        "no account": token(good(app, provider, email=...)),
        "an account of another shape": token(good(app, provider, email=[ACCOUNT])),
        "an account nobody verified": token(good(app, provider, email_verified=False)),
        "expired": token(good(app, provider, exp=now - 61)),
        "no expiry": token(good(app, provider, exp=...)),
        "an expiry that is no time": token(good(app, provider, exp="tomorrow")),
        "true for an expiry": token(good(app, provider, exp=True)),
        "too long a life": token(good(app, provider, exp=now + 90_000)),
        "from the future": token(good(app, provider, iat=now + 120)),
        "not yet": token(good(app, provider, nbf=now + 120)),
        "another key of the same name": token(claims, key=OTHER_RSA),
        "the other kind of key": token(claims, key=EC, kid="one"),
        "no algorithm": f"{encoded({'alg': 'none', 'kid': 'one'})}.{body}.",
        "a shared secret": f"{encoded({'alg': 'HS256', 'kid': 'one'})}.{body}.{signature}",
        "another algorithm": token(claims, alg="RS512"),
        "a critical header": token(claims, crit=["exp"]),
        "another body": f"{head}.{encoded(claims | {'x': 1})}.{signature}",
        "another head": f"{encoded({'alg': 'RS256', 'kid': 'one', 'x': 1})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "half a signature": f"{head}.{body}.{signature[:100]}",
        "no base64": f"{head}.{body}.###",
        "no JSON": f"{encoded(b'{')}.{encoded(b'[')}.{signature}",
        "deep JSON": f"{encoded(b'[' * 5000)}.{body}.{signature}",
        "a list for a head": f"{encoded(b'[]')}.{body}.{signature}",
    }


def test_any_other_token_is_401_and_the_answer_does_not_say_why(
    guarded: App, provider: Provider
) -> None:
    with served(guarded) as web:
        told = {name: call(web, bad) for name, bad in bad_tokens(guarded, provider).items()}
        assert {name: it.status_code for name, it in told.items()} == dict.fromkeys(told, 401)
        assert len({it.text for it in told.values()}) == 1
        assert call(web, token(good(guarded, provider))).status_code == 200
    assert len(rows(guarded, "workers")) == 1


def test_keys_that_are_too_weak_or_for_something_else_are_passed_over(
    guarded: App, provider: Provider
) -> None:
    provider.keys = [
        jwk(WEAK_RSA, "weak"),
        jwk(OTHER_RSA, "enc", use="enc"),
        {"kty": "oct", "kid": "shared", "k": encoded(b"x" * 32)},
        {"kty": "RSA", "kid": "half", "n": "###"},
        {"kty": "EC", "crv": "P-256", "kid": "off", "x": encoded(b"1"), "y": encoded(b"2")},
        *("text", None, 5),  # type: ignore[list-item]
        jwk(RSA, "one"),
    ]
    with served(guarded) as web:
        claims = good(guarded, provider)
        assert call(web, token(claims, key=WEAK_RSA, kid="weak")).status_code == 401
        assert call(web, token(claims, key=OTHER_RSA, kid="enc")).status_code == 401
        assert call(web, token(claims)).status_code == 200


def test_new_keys_are_found_and_strangers_cannot_make_us_ask(
    guarded: App, provider: Provider
) -> None:
    clock = clock_of(guarded)
    with served(guarded) as web:
        assert call(web, token(good(guarded, provider))).status_code == 200
        for number_ in range(20):
            stranger = token(good(guarded, provider), key=OTHER_RSA, kid=f"unknown-{number_}")
            assert call(web, stranger).status_code == 401
        assert len(provider.asked) == 2
        provider.keys = [jwk(OTHER_RSA, "new")]
        clock.pass_(ASK_PAUSE)
        fresh = token(good(guarded, provider), key=OTHER_RSA, kid="new")
        assert call(web, fresh).status_code == 200
        assert call(web, token(good(guarded, provider))).status_code == 401
        assert len(provider.asked) == 4


def test_an_issuer_that_is_away_does_not_end_what_works(guarded: App, provider: Provider) -> None:
    clock = clock_of(guarded)
    with served(guarded) as web:
        provider.is_down = True
        assert call(web, token(good(guarded, provider))).status_code == 401
        provider.is_down = False
        clock.pass_(ASK_PAUSE)
        assert call(web, token(good(guarded, provider))).status_code == 200
        provider.is_down = True
        clock.pass_(KEYS_KEPT)
        assert call(web, token(good(guarded, provider))).status_code == 200


LIES = {
    "another issuer's document": {"issuer": "https://evil.example"},
    "no place": {"jwks_uri": None},
    "a forbidden place": {"jwks_uri": "http://169.254.169.254/keys"},
    "no address": {"jwks_uri": "file:///etc/passwd"},
}


@pytest.mark.parametrize("name", LIES)
def test_a_document_that_does_not_hold_opens_nothing(
    guarded: App, provider: Provider, name: str
) -> None:
    provider.told = LIES[name]
    with served(guarded) as web:
        assert call(web, token(good(guarded, provider))).status_code == 401


def test_secret_and_token_may_both_be_set(guarded: App, provider: Provider) -> None:
    from pydantic import SecretStr

    settings = guarded.settings.model_copy(update={"tick_secret": SecretStr(SECRET)})
    both = replace(guarded, settings=settings)
    with served(both) as web:
        assert call(web, SECRET).status_code == 200
        assert call(web, token(good(guarded, provider))).status_code == 200
