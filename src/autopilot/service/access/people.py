"""People: accounts made, changed, shut out and removed, each act with its line in the audit log.

The first account is an operator's, and the last operator stays one: somebody has to be able to look
after the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from autopilot.domain.access import Grant, User
from autopilot.domain.address import mail_address, same_mailbox
from autopilot.errors import Conflict, InputRefused, NotFound, Problem
from autopilot.service.access import sessions
from autopilot.service.access.passwords import hash_password
from autopilot.service.context import App
from autopilot.store import users, web_sessions

LONGEST_NAME = 200


def add_user(
    app: App,
    email: str,
    *,
    actor: str,
    name: str = "",
    is_operator: bool = False,
    password: str | None = None,
) -> User:
    """Make an account; without a password its owner sets one by a link, or signs in elsewhere.

    Raises InputRefused with every problem, Conflict where the address has an account.
    """
    user = User(
        id=uuid4(),
        email=_checked(email, name),
        name=name.strip(),
        password_hash=None if password is None else hash_password(password),
        is_operator=is_operator,
    )
    with app.database.begin() as connection:
        if not is_operator and not users.count_users(connection):
            raise Conflict(
                "The first account has to be an operator's, who looks after the others.",
                hint="Make it one: autopilot users add EMAIL --operator",
            )
        if users.find_user(connection, user.email) is not None:
            raise _taken(user.email)
        try:
            users.add_user(connection, user)
        except IntegrityError as error:
            raise _taken(user.email) from error
        _note(app, connection, "user.added", user, actor)
    return user


def list_users(app: App) -> Sequence[User]:
    """Return all accounts by address."""
    with app.database.read() as connection:
        return users.list_users(connection)


def grants_by_user(app: App) -> Mapping[UUID, Mapping[UUID, Grant]]:
    """Return what each user is in which workspace, by their ids."""
    with app.database.read() as connection:
        return users.all_grants(connection)


def user_named(app: App, email: str) -> User:
    """Return the user with this address; raises NotFound."""
    with app.database.read() as connection:
        return _found(connection, email)


def update_user(
    app: App,
    email: str,
    *,
    actor: str,
    name: str | None = None,
    is_operator: bool | None = None,
    is_disabled: bool | None = None,
) -> User:
    """Change what is given and not None. One who is disabled is signed out everywhere at once."""
    with app.database.begin() as connection:
        before = _found(connection, email)
        _checked(before.email, name or "")
        after = replace(
            before,
            name=before.name if name is None else name.strip(),
            is_operator=before.is_operator if is_operator is None else is_operator,
            is_disabled=before.is_disabled if is_disabled is None else is_disabled,
        )
        if not after.is_operator or after.is_disabled:
            _keep_an_operator(connection, before)
        if after.is_disabled:
            web_sessions.revoke_sessions(connection, after.id, app.clock())
        users.change_user(connection, after, "name", "is_operator", "is_disabled")
        _note(app, connection, "user.updated", after, actor)
    return after


def remove_user(app: App, email: str, *, actor: str) -> User:
    """Delete an account with its memberships and sessions; what its owner did stays in the log."""
    with app.database.begin() as connection:
        user = _found(connection, email)
        _keep_an_operator(connection, user)
        users.remove_user(connection, user.id)
        _note(app, connection, "user.removed", user, actor)
    return user


def set_password(
    app: App, email: str, password: str, *, actor: str, seen: User | None = None
) -> User:
    """Give an account a password, unlock it and sign it out everywhere; raises InputRefused, and
    Conflict where the account is not as it was `seen`.
    """
    kept, now = hash_password(password), app.clock()
    with app.database.begin() as connection:
        user = seen or _found(connection, email)
        if not users.change_password(connection, user, password_hash=kept, sessions_from=now):
            raise Conflict(f"The password of {user.email} was set by somebody else just now.")
        web_sessions.revoke_sessions(connection, user.id, now)
        _note(app, connection, "user.password_set", user, actor)
    return replace(user, password_hash=kept, sessions_from=now, failed_logins=0, locked_until=None)


def sign_out_everywhere(app: App, email: str, *, actor: str) -> int:
    """End every session of a user, logins elsewhere too; returns how many of them were known."""
    now = app.clock()
    with app.database.begin() as connection:
        user = replace(_found(connection, email), sessions_from=now)
        ended = web_sessions.revoke_sessions(connection, user.id, now)
        users.change_user(connection, user, "sessions_from")
        _note(app, connection, "user.signed_out_everywhere", user, actor)
    return ended


def _found(connection: Connection, email: str) -> User:
    user = users.find_user(connection, sessions.as_kept(email))
    if user is None:
        raise NotFound(f"{email} has no account.", hint="See: autopilot users list")
    return user


def _checked(email: str, name: str) -> str:
    """The address as it is kept; raises InputRefused."""
    problems, kept = [], ""
    try:
        kept = same_mailbox(mail_address(email))
    except ValueError as error:
        problems.append(Problem(path="email", message=str(error), example="ann@example.org"))
    if len(name.strip()) > LONGEST_NAME or "\x00" in name:
        message = f"must have at most {LONGEST_NAME} characters"
        problems.append(Problem(path="name", message=message))
    if problems:
        raise InputRefused("The account cannot be kept like this:", problems)
    return kept


def _keep_an_operator(connection: Connection, user: User) -> None:
    if user.is_operator and not user.is_disabled and users.count_operators(connection) == 1:
        raise Conflict(
            f"{user.email} is the last operator, and nobody could make another one.",
            hint="Make somebody else one first: autopilot users update EMAIL --operator",
        )


def _taken(email: str) -> Conflict:
    return Conflict(
        f"{email} has an account already.", hint=f"Change it: autopilot users update {email}"
    )


def _note(app: App, connection: Connection, action: str, user: User, actor: str) -> None:
    sessions.note(connection, action, user, actor=actor, at=app.clock())
