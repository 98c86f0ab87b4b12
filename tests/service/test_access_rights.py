"""Rights: what each role may do, in its own workspace and in none else; tokens, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from service.conftest import Clock, apply

from autopilot.domain.access import Grant, Principal, Right, Role
from autopilot.errors import Conflict, Forbidden, InputRefused, LoginRequired, NotFound
from autopilot.service.access import membership, people
from autopilot.service.access.reach import Reach
from autopilot.service.access.sessions import bearer_of_session, sign_in
from autopilot.service.access.tokens import bearer_of_token, create_token, revoke_token
from autopilot.service.context import App
from autopilot.service.lookup import workspace_named

BOB, PASSWORD = "bob@example.org", "correct horse battery staple"
RIGHTS = {
    (Role.VIEWER, False): {Right.READ},
    (Role.VIEWER, True): {Right.READ, Right.SEND},
    (Role.EDITOR, False): {Right.READ, Right.EDIT},
    (Role.EDITOR, True): {Right.READ, Right.EDIT, Right.SEND},
    (Role.ADMIN, False): {Right.READ, Right.EDIT, Right.MANAGE},
    (Role.ADMIN, True): {Right.READ, Right.EDIT, Right.MANAGE, Right.SEND},
}


@pytest.fixture
def app(new_app: Callable[..., App]) -> App:
    """Two workspaces, an operator, and Bob, who has a password."""
    made = new_app()
    for slug in ("acme", "other"):
        apply(made, f"workspace: {slug}\nname: {slug.title()}\ntimezone: UTC\n")
    people.add_user(made, "ann@example.org", actor="test", is_operator=True)
    people.add_user(made, BOB, actor="test", password=PASSWORD)
    return made


def acme(app: App) -> UUID:
    return workspace_named(app, "acme").id


@pytest.mark.parametrize("right", Right, ids=str)
@pytest.mark.parametrize(("role", "sends"), RIGHTS, ids=str)
def test_a_role_has_its_rights_here_and_elsewhere_none(
    app: App, role: Role, sends: bool, right: Right
) -> None:
    who = Principal(name="x", grants={acme(app): Grant(role=role, may_send=sends)})
    reach = Reach(app, who)
    if right in RIGHTS[role, sends]:
        assert reach.workspace("acme", right).slug == "acme"
    else:
        with pytest.raises(Forbidden):
            reach.workspace("acme", right)
    with pytest.raises(NotFound) as theirs:
        reach.workspace("other", right)
    with pytest.raises(NotFound) as nobodys:
        reach.workspace("never", right)
    assert theirs.value.message.replace("other", "never") == nobodys.value.message
    with pytest.raises(Forbidden):
        reach.operate()


def test_a_role_counts_from_the_next_click_and_ends_with_it(app: App) -> None:
    secret = sign_in(app, BOB, PASSWORD)

    def reach() -> Reach:
        return Reach(app, bearer_of_session(app, secret))

    assert reach().workspaces() == []
    membership.grant(app, acme(app), BOB, Grant(role=Role.EDITOR), actor="test")
    assert [it.slug for it in reach().workspaces()] == ["acme"]
    assert reach().may(Right.EDIT, acme(app))
    membership.grant(app, acme(app), BOB, Grant(role=Role.VIEWER), actor="test")
    assert not reach().may(Right.EDIT, acme(app))
    membership.revoke(app, acme(app), BOB, actor="test")
    assert reach().workspaces() == []
    with pytest.raises(NotFound):
        membership.revoke(app, acme(app), BOB, actor="test")
    with pytest.raises(NotFound, match="no account"):
        membership.grant(app, acme(app), "x@example.org", Grant(role=Role.ADMIN), actor="test")


def test_an_operator_reaches_every_workspace(app: App) -> None:
    people.set_password(app, "ann@example.org", PASSWORD, actor="test")
    reach = Reach(app, bearer_of_session(app, sign_in(app, "ann@example.org", PASSWORD)))
    reach.operate()
    assert [it.slug for it in reach.workspaces()] == ["acme", "other"]
    assert all(reach.may(right, uuid4()) for right in Right)


def test_a_token_opens_its_workspace_until_it_is_revoked(app: App) -> None:
    grant = Grant(role=Role.EDITOR)
    _, secret = create_token(app, acme(app), "ci", grant, actor="test")
    came = bearer_of_token(app, secret)
    assert (came.name, dict(came.grants), came.is_operator) == (
        "token:ci",
        {acme(app): grant},
        False,
    )
    with pytest.raises(NotFound):
        revoke_token(app, workspace_named(app, "other").id, "ci", actor="test")
    revoke_token(app, acme(app), "ci", actor="test")
    with pytest.raises(LoginRequired):
        bearer_of_token(app, secret)


def test_a_token_ends_when_it_was_to_end(app: App, clock: Clock) -> None:
    until = clock.now + timedelta(hours=1)
    _, secret = create_token(
        app, acme(app), "ci", Grant(role=Role.VIEWER), actor="test", expires_at=until
    )
    clock.pass_(timedelta(hours=1) - timedelta(seconds=1))
    assert bearer_of_token(app, secret)
    clock.pass_(timedelta(seconds=1))
    with pytest.raises(LoginRequired):
        bearer_of_token(app, secret)


@pytest.mark.parametrize("secret", ["", "ap_", "ap_x", "\x00", "ä" * 50, "x" * 10_000], ids=len)
def test_a_made_up_token_opens_nothing(app: App, secret: str) -> None:
    with pytest.raises(LoginRequired):
        bearer_of_token(app, secret)


def test_a_token_has_a_name_of_its_own_and_an_end_to_come(app: App, clock: Clock) -> None:
    grant = Grant(role=Role.VIEWER)
    create_token(app, acme(app), "ci", grant, actor="test")
    with pytest.raises(Conflict):
        create_token(app, acme(app), " ci ", grant, actor="test")
    for name, expires_at in (("", None), ("n" * 101, None), ("late", clock.now), ("nul\x00", None)):
        with pytest.raises(InputRefused):
            create_token(app, acme(app), name, grant, actor="test", expires_at=expires_at)
