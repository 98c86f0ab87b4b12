"""Signing in with a password: who gets in, who does not and why nobody can tell, what locks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from time import process_time

import pytest
from service.conftest import Clock
from sqlalchemy import select

from autopilot.domain.access import User
from autopilot.errors import Conflict, InputRefused, LoginRequired, NotFound
from autopilot.service.access import people, sessions
from autopilot.service.access.passwords import LONGEST, is_password
from autopilot.service.access.sessions import bearer_of_session, sign_in
from autopilot.service.context import App
from autopilot.store import users
from autopilot.store.tables import audit_log
from autopilot.store.tables import web_sessions as web_sessions_table

PASSWORD = "correct horse battery staple"
ANN = "ann@example.org"


@pytest.fixture
def app(new_app: Callable[..., App]) -> App:
    """An App with one operator, Ann."""
    made = new_app()
    people.add_user(made, ANN, actor="test", is_operator=True, password=PASSWORD)
    return made


def ann(app: App) -> User:
    return people.user_named(app, ANN)


def log_of(app: App) -> list[tuple[str, str]]:
    with app.database.read() as connection:
        rows = connection.execute(audit_log.select().order_by(audit_log.c.at, audit_log.c.id))
        return [(row.actor, row.action) for row in rows]


def test_the_right_password_begins_a_session(app: App) -> None:
    came = bearer_of_session(app, sign_in(app, " Ann@Example.ORG ", PASSWORD, client="Firefox"))
    assert (came.name, came.is_operator, came.user_id) == (ANN, True, ann(app).id)
    (session,) = sessions.list_sessions(app, ann(app).id)
    assert (session.id, session.client) == (came.session_id, "Firefox")
    assert ann(app).last_login_at == app.clock()
    assert (ANN, "user.signed_in") in log_of(app)


def test_each_sign_in_has_a_secret_of_its_own_that_is_stored_nowhere(app: App) -> None:
    first, second = sign_in(app, ANN, PASSWORD), sign_in(app, ANN, PASSWORD)
    assert first != second
    assert len(first) >= 43  # 256 bits
    with app.database.read() as connection:
        stored = connection.scalars(select(web_sessions_table.c.token_hash)).all()
    assert len(stored) == 2
    assert not {first, second} & set(stored)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ANN, "correct horse battery stapl"),
        (ANN, ""),
        (ANN, "x" * (LONGEST + 1)),
        ("nobody@example.org", PASSWORD),
        ("", ""),
        ("ann@example.org\x00", PASSWORD),
        ("no address", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("a" * 5_000 + "@example.org", PASSWORD),
    ],
    ids=lambda it: repr(it)[:30],
)
def test_every_refusal_is_told_in_the_same_words(app: App, email: str, password: str) -> None:
    with pytest.raises(LoginRequired, match=sessions.NOT_IN):
        sign_in(app, email, password)


def test_somebody_without_a_password_cannot_sign_in_with_one(app: App) -> None:
    people.add_user(app, "bob@example.org", actor="test")
    for password in ("", PASSWORD, "nobody has this password"):
        with pytest.raises(LoginRequired):
            sign_in(app, "bob@example.org", password)


def test_nobodys_password_takes_as_long_as_a_wrong_one(app: App) -> None:
    is_password("to warm up", None)

    def seconds(kept: str | None) -> float:
        began = process_time()
        for _ in range(5):
            assert not is_password("a wrong password", kept)
        return process_time() - began

    theirs, nobodys = seconds(ann(app).password_hash), seconds(None)
    assert 0.4 < theirs / nobodys < 2.5


def test_wrong_passwords_lock_an_account_for_a_while(app: App, clock: Clock) -> None:
    for _ in range(sessions.WRONG_BEFORE_LOCK):
        with pytest.raises(LoginRequired):
            sign_in(app, ANN, "wrong")
    assert ann(app).locked_until == clock.now + sessions.LOCKED
    with pytest.raises(LoginRequired, match=sessions.NOT_IN):
        sign_in(app, ANN, PASSWORD)
    clock.pass_(sessions.LOCKED)
    assert sign_in(app, ANN, PASSWORD)
    assert ann(app).locked_until is None
    assert [action for _, action in log_of(app)].count("user.locked") == 1


def test_a_right_password_forgives_the_wrong_ones_before(app: App) -> None:
    for _ in range(2):
        for _ in range(sessions.WRONG_BEFORE_LOCK - 1):
            with pytest.raises(LoginRequired):
                sign_in(app, ANN, "wrong")
        assert sign_in(app, ANN, PASSWORD)


def test_guesses_at_once_are_all_counted(app: App) -> None:
    def guess() -> None:
        with pytest.raises(LoginRequired):
            sign_in(app, ANN, "wrong")

    threads = [threading.Thread(target=guess) for _ in range(sessions.WRONG_BEFORE_LOCK)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ann(app).locked_until is not None


def test_a_password_that_was_changed_meanwhile_lets_nobody_in(app: App) -> None:
    seen = ann(app)
    people.set_password(app, ANN, "another password of Ann", actor="test")
    with app.database.begin() as connection:
        assert not users.note_login(connection, seen, app.clock())


def test_a_session_ends_when_its_browser_signs_out(app: App) -> None:
    secret, other = sign_in(app, ANN, PASSWORD), sign_in(app, ANN, PASSWORD)
    sessions.sign_out(app, secret)
    sessions.sign_out(app, secret)
    sessions.sign_out(app, "no session")
    with pytest.raises(LoginRequired):
        bearer_of_session(app, secret)
    assert bearer_of_session(app, other)
    assert [action for _, action in log_of(app)].count("user.signed_out") == 1


def test_a_session_ends_when_its_browser_stays_away(app: App, clock: Clock) -> None:
    secret = sign_in(app, ANN, PASSWORD)
    for _ in range(3):
        clock.pass_(sessions.STAYS - timedelta(seconds=1))
        assert bearer_of_session(app, secret)
    clock.pass_(sessions.STAYS)
    with pytest.raises(LoginRequired):
        bearer_of_session(app, secret)


def test_sessions_that_are_long_over_are_forgotten(app: App, clock: Clock) -> None:
    sign_in(app, ANN, PASSWORD)
    clock.pass_(sessions.STAYS + timedelta(days=1))
    sign_in(app, ANN, PASSWORD)
    with app.database.read() as connection:
        left = connection.scalars(select(web_sessions_table.c.id)).all()
    assert len(left) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda app: people.set_password(app, ANN, "another password of Ann", actor="test"),
        lambda app: people.sign_out_everywhere(app, ANN, actor="test"),
        lambda app: people.update_user(app, ANN, actor="test", is_disabled=True),
        lambda app: people.remove_user(app, ANN, actor="test"),
    ],
    ids=["new password", "signed out everywhere", "disabled", "removed"],
)
def test_every_session_ends_at_once(app: App, act: Callable[[App], object]) -> None:
    people.add_user(app, "bob@example.org", actor="test", is_operator=True)
    secret = sign_in(app, ANN, PASSWORD)
    act(app)
    with pytest.raises(LoginRequired):
        bearer_of_session(app, secret)


@pytest.mark.parametrize("secret", ["", "x", "\x00", "a" * 100_000, "ä"], ids=repr)
def test_a_made_up_cookie_opens_nothing(app: App, secret: str) -> None:
    with pytest.raises(LoginRequired):
        bearer_of_session(app, secret)


@pytest.mark.parametrize("password", ["short", "x" * 11, "x" * (LONGEST + 1)], ids=len)
def test_a_password_of_the_wrong_length_is_refused(app: App, password: str) -> None:
    with pytest.raises(InputRefused, match="must have 12 to 200 characters"):
        people.set_password(app, ANN, password, actor="test")
    assert sign_in(app, ANN, PASSWORD)


def test_accounts_are_refused_with_every_problem(app: App) -> None:
    with pytest.raises(InputRefused) as caught:
        people.add_user(app, "no address", actor="test", name="n" * 201)
    assert [problem.path for problem in caught.value.problems] == ["email", "name"]
    with pytest.raises(Conflict, match="has an account already"):
        people.add_user(app, "ANN@example.org", actor="test")
    with pytest.raises(NotFound):
        people.update_user(app, "nobody@example.org", actor="test", name="x")


def test_the_first_account_is_an_operators_and_the_last_operator_stays(
    new_app: Callable[..., App],
) -> None:
    app = new_app()
    with pytest.raises(Conflict, match="has to be an operator's"):
        people.add_user(app, ANN, actor="test")
    people.add_user(app, ANN, actor="test", is_operator=True)
    people.add_user(app, "bob@example.org", actor="test")
    for refused in (
        lambda: people.remove_user(app, ANN, actor="test"),
        lambda: people.update_user(app, ANN, actor="test", is_disabled=True),
        lambda: people.update_user(app, ANN, actor="test", is_operator=False),
    ):
        with pytest.raises(Conflict, match="last operator"):
            refused()
    people.update_user(app, "bob@example.org", actor="test", is_operator=True)
    assert people.remove_user(app, ANN, actor="test").email == ANN


def test_the_log_has_every_act_and_no_secret(app: App) -> None:
    secret = sign_in(app, ANN, PASSWORD)
    people.update_user(app, ANN, actor="cli:root", name="Ann Lee")
    people.set_password(app, ANN, "another password of Ann", actor="cli:root")
    assert sorted(log_of(app)) == [
        (ANN, "user.signed_in"),
        ("cli:root", "user.password_set"),
        ("cli:root", "user.updated"),
        ("test", "user.added"),
    ]
    with app.database.read() as connection:
        told = str([tuple(row) for row in connection.execute(audit_log.select())])
    for hidden in (secret, PASSWORD, "another password", ann(app).password_hash or "?"):
        assert hidden not in told
    assert "password_hash" not in repr(ann(app))
