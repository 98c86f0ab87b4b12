"""The entrance: when nobody needs to sign in, what keeps the web app from being served, who is first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from service.conftest import Clock

from autopilot.errors import SettingsInvalid
from autopilot.service.access import people, sessions
from autopilot.service.access.entrance import check_entrance, is_open, prepare_entrance
from autopilot.service.access.setup import set_up
from autopilot.service.context import App

KEY = {"AUTOPILOT_SECRET_KEY": "a key of the tests, long enough to be one"}
ADMIN = {"AUTOPILOT_ADMIN_EMAIL": "ann@example.org"}
PASSWORD = "correct horse battery staple"
OIDC = {
    "AUTOPILOT_OIDC_ISSUER": "https://login.example.org",
    "AUTOPILOT_OIDC_CLIENT_ID": "autopilot",
    "AUTOPILOT_OIDC_CLIENT_SECRET": "from the provider",
}
HERE, EVERYWHERE = "127.0.0.1", "0.0.0.0"
BASE = "http://127.0.0.1:8501"
NewApp = Callable[..., App]


@pytest.mark.parametrize(
    ("address", "open_"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("localhost.example.org", False),
    ],
)
def test_without_a_login_only_this_machine_is_let_in(
    new_app: NewApp, address: str, open_: bool
) -> None:
    assert is_open(new_app(), address) is open_


@pytest.mark.parametrize("given", [ADMIN, OIDC], ids=["first admin", "provider"])
def test_with_a_login_in_the_settings_everybody_signs_in(
    new_app: NewApp, given: dict[str, str]
) -> None:
    assert not is_open(new_app(**given), HERE)


def test_with_the_first_account_everybody_signs_in_from_then_on(new_app: NewApp) -> None:
    app = new_app()
    assert is_open(app, HERE)
    people.add_user(app, "ann@example.org", actor="test", is_operator=True)
    assert not is_open(app, HERE)


@pytest.mark.parametrize(
    ("address", "given", "missing"),
    [
        (HERE, {}, None),
        (EVERYWHERE, KEY, ["AUTOPILOT_ADMIN_EMAIL"]),
        (EVERYWHERE, KEY | ADMIN, None),
        (EVERYWHERE, KEY | OIDC, None),
        ("192.168.1.5", KEY, ["AUTOPILOT_ADMIN_EMAIL"]),
    ],
    ids=["here", "no login", "first admin", "provider", "a network"],
)
def test_the_web_app_is_served_where_people_can_sign_in(
    new_app: NewApp, address: str, given: dict[str, str], missing: list[str] | None
) -> None:
    app = new_app(**given)
    if missing is None:
        check_entrance(app, address)
        return
    with pytest.raises(SettingsInvalid) as caught:
        check_entrance(app, address)
    assert [problem.path for problem in caught.value.problems] == missing
    assert "--no-ui" in (caught.value.hint or "")


def test_a_store_of_several_machines_needs_the_key_too_and_both_are_told(new_app: NewApp) -> None:
    app = new_app()
    if not app.database.is_postgres:
        pytest.skip("SQLite keeps a key of its own")
    with pytest.raises(SettingsInvalid) as caught:
        check_entrance(app, EVERYWHERE)
    assert [it.path for it in caught.value.problems] == [
        "AUTOPILOT_ADMIN_EMAIL",
        "AUTOPILOT_SECRET_KEY",
    ]


def test_somebody_with_an_account_is_login_enough(new_app: NewApp) -> None:
    app = new_app(**KEY)
    people.add_user(app, "ann@example.org", actor="test", is_operator=True)
    check_entrance(app, EVERYWHERE)


def test_the_first_admin_becomes_an_operator_with_the_password_given(new_app: NewApp) -> None:
    app = new_app(**KEY, **ADMIN, AUTOPILOT_ADMIN_PASSWORD=PASSWORD)
    assert prepare_entrance(app, base=BASE) is None
    assert prepare_entrance(app, base=BASE) is None
    came = sessions.bearer_of_session(app, sessions.sign_in(app, "ann@example.org", PASSWORD))
    assert came.is_operator
    assert len(people.list_users(app)) == 1


def test_without_a_password_the_first_admin_gets_a_link_until_it_was_used(
    new_app: NewApp, clock: Clock
) -> None:
    app = new_app(**KEY, **ADMIN)
    assert prepare_entrance(app, base=BASE)
    clock.pass_(7 * sessions.LOCKED)
    link = prepare_entrance(app, base=BASE)
    assert link is not None
    assert link.url.startswith(f"{BASE}/setup/")
    set_up(app, link.url.rpartition("/")[2], PASSWORD)
    assert prepare_entrance(app, base=BASE) is None


def test_later_starts_make_nobody_an_operator(new_app: NewApp) -> None:
    app = new_app(**KEY, AUTOPILOT_ADMIN_EMAIL="eve@example.org")
    people.add_user(app, "ann@example.org", actor="test", is_operator=True)
    assert prepare_entrance(app, base=BASE) is None
    assert [user.email for user in people.list_users(app)] == ["ann@example.org"]


def test_with_a_provider_the_first_admin_needs_no_password(new_app: NewApp) -> None:
    app = new_app(**KEY, **ADMIN, **OIDC)
    assert prepare_entrance(app, base=BASE) is None
    assert people.user_named(app, "ann@example.org").is_operator


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AUTOPILOT_SECRET_KEY", "k" * 40, "over and over"),
        ("AUTOPILOT_SECRET_KEY", "changeme" * 5, "placeholder"),
        ("AUTOPILOT_SECRET_KEY", "CHANGE-ME-before-you-go-to-production", "placeholder"),
        ("AUTOPILOT_SECRET_KEY", "too few", "shorter than 32"),
        ("AUTOPILOT_TICK_SECRET", "tick", "shorter than 16"),
        ("AUTOPILOT_TICK_SECRET", "x" * 32, "over and over"),
        ("AUTOPILOT_ADMIN_PASSWORD", "admin", "12 to 200"),
        ("AUTOPILOT_ADMIN_EMAIL", "Ann <ann@example.org>", "not a mail address alone"),
        ("AUTOPILOT_TRUSTED_PROXIES", "10.0.0.0/8, proxy", "network: proxy"),
    ],
)
def test_a_setting_that_protects_nothing_is_refused(
    new_app: NewApp, name: str, value: str, told: str
) -> None:
    with pytest.raises(SettingsInvalid, match=told) as caught:
        new_app(**{name: value})
    assert [problem.path for problem in caught.value.problems] == [name]
    assert name.endswith(("EMAIL", "PROXIES")) or value not in repr(caught.value.problems)


@pytest.mark.parametrize("missing", OIDC)
def test_a_provider_named_in_part_is_refused_by_what_is_missing(
    new_app: NewApp, missing: str
) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        new_app(**{name: value for name, value in OIDC.items() if name != missing})
    assert [problem.path for problem in caught.value.problems] == [missing]


@pytest.mark.parametrize(
    ("issuer", "fine"),
    [
        ("https://login.example.org/realms/news/", True),
        ("http://127.0.0.1:9999", True),
        ("http://localhost:9999", True),
        ("http://login.example.org", False),
        ("ftp://login.example.org", False),
    ],
)
def test_a_provider_is_asked_by_https_unless_it_is_on_this_machine(
    new_app: NewApp, issuer: str, fine: bool
) -> None:
    if fine:
        assert new_app(**OIDC | {"AUTOPILOT_OIDC_ISSUER": issuer}).settings.oidc_issuer
        return
    with pytest.raises(SettingsInvalid):
        new_app(**OIDC | {"AUTOPILOT_OIDC_ISSUER": issuer})
