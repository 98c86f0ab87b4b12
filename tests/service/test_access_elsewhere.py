"""Logins elsewhere: whom a provider's word lets in, and how such a login ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from service.conftest import Clock

from autopilot.errors import LoginRequired
from autopilot.service.access import people, sessions
from autopilot.service.access.elsewhere import bearer_of_login, end_login
from autopilot.service.access.visitors import bearer_of_visit, sign_visitor_out
from autopilot.service.context import App
from autopilot.store.tables import audit_log

ANN = "ann@example.org"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def app(new_app: Callable[..., App]) -> App:
    made = new_app()
    people.add_user(made, ANN, actor="test", is_operator=True)
    return made


def claims(app: App, **given: Any) -> dict[str, Any]:
    """What the ID token of a login now says."""
    return {
        "iss": "https://login.example.org",
        "sub": "u-1",
        "aud": "autopilot",
        "nonce": "n-1",
        "iat": int(app.clock().timestamp()),
        "email": "Ann@Example.org",
        "email_verified": True,
        **given,
    }


def test_a_verified_address_with_an_account_gets_in(app: App) -> None:
    came = bearer_of_login(app, claims(app))
    assert (came.name, came.is_operator) == (ANN, True)
    (session,) = sessions.list_sessions(app, people.user_named(app, ANN).id)
    assert came.session_id == session.id
    assert bearer_of_login(app, claims(app)).session_id == session.id
    with app.database.read() as connection:
        actions = list(connection.scalars(audit_log.select().with_only_columns(audit_log.c.action)))
    assert actions.count("user.signed_in") == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"email": "eve@example.org"}, "has no account here"),
        ({"email": None}, "names no mail address"),
        ({"email": 7}, "names no mail address"),
        ({"email_verified": False}, "has not verified"),
        ({"email_verified": "false"}, "has not verified"),
        ({"email_verified": None}, "has not verified"),
        ({"email_verified": 1.5}, "has not verified"),
        ({"iat": None}, "does not say when"),
        ({"iat": "today"}, "does not say when"),
        ({"iat": 1e30}, "does not say when"),
    ],
    ids=str,
)
def test_a_login_that_proves_too_little_is_refused(
    app: App, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(LoginRequired, match=told):
        bearer_of_login(app, claims(app, **given))


def test_a_login_ends_with_its_sign_out_and_does_not_come_back(app: App) -> None:
    login = claims(app)
    bearer_of_login(app, login)
    end_login(app, login)
    end_login(app, login)
    with pytest.raises(LoginRequired, match="over"):
        bearer_of_login(app, login)
    assert bearer_of_login(app, claims(app, nonce="n-2"))


def test_a_login_is_over_after_a_while_used_or_not(app: App, clock: Clock) -> None:
    login = claims(app)
    for _ in range(2):
        assert bearer_of_login(app, login)
        clock.pass_(sessions.STAYS / 2)
    with pytest.raises(LoginRequired, match="over"):
        bearer_of_login(app, login)
    bearer_of_login(app, claims(app, nonce="n-2"))  # which forgets the row of the first
    with pytest.raises(LoginRequired, match="over"):
        bearer_of_login(app, login)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1)], ids=["in time", "ahead"])
def test_signing_out_everywhere_ends_logins_elsewhere_too(
    app: App, clock: Clock, ahead: timedelta
) -> None:
    seen = claims(app, iat=(clock.now + ahead).timestamp())
    unseen = claims(app, nonce="n-2")
    bearer_of_login(app, seen)
    clock.pass_(timedelta(seconds=1))
    people.sign_out_everywhere(app, ANN, actor="test")
    for login in (seen, unseen):
        with pytest.raises(LoginRequired, match="over"):
            bearer_of_login(app, login)
    assert bearer_of_login(app, claims(app, nonce="n-3"))


def test_one_who_is_shut_out_stays_out(app: App) -> None:
    people.add_user(app, "bob@example.org", actor="test")
    login = claims(app, email="bob@example.org")
    assert bearer_of_login(app, login)
    people.update_user(app, "bob@example.org", actor="test", is_disabled=True)
    with pytest.raises(LoginRequired, match="has no account"):
        bearer_of_login(app, login)


def test_an_address_that_changed_hands_at_the_provider_takes_no_session_along(app: App) -> None:
    people.add_user(app, "bob@example.org", actor="test")
    bearer_of_login(app, claims(app))
    with pytest.raises(LoginRequired):
        bearer_of_login(app, claims(app, email="bob@example.org"))


def test_a_visitor_is_known_by_either_way_and_signed_out_of_both(app: App) -> None:
    people.set_password(app, ANN, PASSWORD, actor="test")
    secret, login = sessions.sign_in(app, ANN, PASSWORD), claims(app, iat=app.clock().timestamp())
    assert bearer_of_visit(app, secret=secret, claims=None).name == ANN
    assert bearer_of_visit(app, secret=None, claims=login).name == ANN
    assert bearer_of_visit(app, secret="void", claims=login).name == ANN
    sign_visitor_out(app, secret=secret, claims=login)
    for given in ((secret, None), (None, login), (secret, login), (None, None)):
        with pytest.raises(LoginRequired):
            bearer_of_visit(app, secret=given[0], claims=given[1])
