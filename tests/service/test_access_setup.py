"""The link that sets a password: once, within the hour, for nobody but whom it was made for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from service.conftest import Clock

from autopilot.domain.signing import Purpose, signed
from autopilot.errors import InputRefused, LoginRequired, NotFound
from autopilot.service.access import people, sessions, setup
from autopilot.service.context import App
from autopilot.service.secret import secret_key

BOB = "bob@example.org"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def app(new_app: Callable[..., App]) -> App:
    made = new_app(AUTOPILOT_SECRET_KEY="a key of the tests, long enough to be one")
    people.add_user(made, "ann@example.org", actor="test", is_operator=True)
    people.add_user(made, BOB, actor="test")
    return made


def token(app: App, email: str = BOB) -> str:
    return setup.setup_link(app, email).url.rpartition("/")[2]


def test_a_link_sets_a_password_once(app: App) -> None:
    given = token(app)
    assert setup.user_of_setup(app, given).email == BOB
    setup.set_up(app, given, PASSWORD)
    assert sessions.sign_in(app, BOB, PASSWORD)
    with pytest.raises(NotFound):
        setup.set_up(app, given, "another password of Bob")
    assert sessions.sign_in(app, BOB, PASSWORD)


def test_a_password_that_is_refused_leaves_the_link_good(app: App) -> None:
    given = token(app)
    with pytest.raises(InputRefused):
        setup.set_up(app, given, "short")
    assert setup.set_up(app, given, PASSWORD)


def test_of_two_links_the_second_is_void_once_the_first_was_used(app: App) -> None:
    first, second = token(app), token(app)
    setup.set_up(app, first, PASSWORD)
    with pytest.raises(NotFound):
        setup.user_of_setup(app, second)


def test_a_link_is_good_for_an_hour(app: App, clock: Clock) -> None:
    given = token(app)
    clock.pass_(setup.LASTS - timedelta(seconds=2))
    assert setup.user_of_setup(app, given)
    clock.pass_(timedelta(seconds=2))
    with pytest.raises(NotFound):
        setup.user_of_setup(app, given)


def test_a_link_is_void_for_one_who_is_shut_out_or_gone(app: App) -> None:
    given = token(app)
    people.update_user(app, BOB, actor="test", is_disabled=True)
    with pytest.raises(NotFound):
        setup.user_of_setup(app, given)
    people.remove_user(app, BOB, actor="test")
    with pytest.raises(NotFound):
        setup.user_of_setup(app, given)


def test_setting_a_password_signs_out_whoever_came_with_the_old_one(app: App) -> None:
    people.set_password(app, BOB, PASSWORD, actor="test")
    secret = sessions.sign_in(app, BOB, PASSWORD)
    setup.set_up(app, token(app), "another password of Bob")
    with pytest.raises(LoginRequired):
        sessions.bearer_of_session(app, secret)


@pytest.mark.parametrize("purpose", [Purpose.REVIEW, Purpose.CONFIRM], ids=str)
def test_a_token_of_another_purpose_sets_nothing(app: App, purpose: Purpose) -> None:
    content = people.user_named(app, BOB).id.bytes + bytes(16)
    with pytest.raises(NotFound):
        setup.user_of_setup(app, signed(secret_key(app), purpose, content))


@pytest.mark.parametrize("text", ["", "x", "A" * 96, "ä", "A" * 5_000], ids=lambda it: it[:10])
def test_a_made_up_token_sets_nothing(app: App, text: str) -> None:
    with pytest.raises(NotFound):
        setup.user_of_setup(app, text)


def test_a_changed_link_sets_nothing(app: App) -> None:
    given, swap = token(app), {"A": "B"}
    for place in range(0, len(given), 7):
        forged = given[:place] + swap.get(given[place], "A") + given[place + 1 :]
        with pytest.raises(NotFound):
            setup.user_of_setup(app, forged)


def test_the_link_does_not_show_where_values_are_printed(app: App) -> None:
    made = setup.setup_link(app, BOB, base="http://127.0.0.1:9000")
    assert made.url.startswith("http://127.0.0.1:9000/setup/")
    assert made.url not in repr(made)
