"""Sessions: browsers that signed in with a password, or whose user signed in elsewhere (OIDC)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from autopilot.domain.access import Principal, User, WebSession
from autopilot.domain.address import same_mailbox
from autopilot.errors import LoginRequired
from autopilot.service.access.passwords import is_password
from autopilot.service.access.tokens import hashed
from autopilot.service.context import App
from autopilot.store import audit, users, web_sessions

COOKIE = "autopilot_session"  # what a browser keeps of its session
STAYS = timedelta(days=14)  # a browser may stay away this long
NOTED_EVERY = timedelta(minutes=5)
WRONG_BEFORE_LOCK = 5
LOCKED = timedelta(minutes=15)
RANDOM_BYTES = 32
LONGEST_CLIENT = 255


def sign_in(app: App, email: str, password: str, *, client: str = "") -> str:
    """Return the secret of a new session; raises LoginRequired, the same for every reason."""
    now = app.clock()
    with app.database.read() as connection:
        user = users.find_user(connection, same_mailbox(email.strip()))
    is_locked = user is not None and user.locked_until is not None and now < user.locked_until
    is_right = is_password(password, None if user is None else user.password_hash)
    if user is None or user.is_disabled or is_locked or not is_right:
        if user is not None and not is_locked and not is_right:
            _count_wrong(app, user, now)
        raise LoginRequired("Address or password is wrong, or the account is locked for a while.")
    return _begin(app, user, client, now)


def bearer_of_session(app: App, secret: str) -> Principal:
    """Return who this browser belongs to; raises LoginRequired where it is signed out."""
    now = app.clock()
    with app.database.read() as connection:
        session = web_sessions.find_session(connection, hashed(secret))
        user = None if session is None else users.get_user(connection, session.user_id)
        grants = {} if user is None else users.grants_of(connection, user.id)
    if session is None or user is None or not _is_on(session, user, now):
        raise LoginRequired("Nobody is signed in.")
    if now - session.last_seen_at > NOTED_EVERY:
        with app.database.begin() as connection:
            web_sessions.touch_session(connection, session.id, now=now, expires_at=now + STAYS)
    return replace(_principal(user), grants=grants, session_id=session.id)


def bearer_of_address(app: App, email: str, *, signed_in_at: datetime) -> Principal:
    """Return the user with an address that a login elsewhere (OIDC) has verified.

    Raises LoginRequired where there is none, or where they were signed out after that login.
    """
    with app.database.read() as connection:
        user = users.find_user(connection, same_mailbox(email.strip()))
        grants = {} if user is None else users.grants_of(connection, user.id)
    if user is None or user.is_disabled:
        raise LoginRequired(
            f"{email} has no account here.", hint="An operator adds it: autopilot users add EMAIL"
        )
    if user.sessions_from is not None and signed_in_at < user.sessions_from:
        raise LoginRequired("You were signed out.")
    return replace(_principal(user), grants=grants)


def sign_out(app: App, secret: str) -> None:
    """End a browser's session; harmless where there is none."""
    now = app.clock()
    with app.database.begin() as connection:
        session = web_sessions.find_session(connection, hashed(secret))
        if session is not None:
            web_sessions.revoke_sessions(connection, session.user_id, now, only=session.id)


def _principal(user: User) -> Principal:
    return Principal(name=user.email, is_operator=user.is_operator, user_id=user.id)


def _is_on(session: WebSession, user: User, now: datetime) -> bool:
    return (
        session.revoked_at is None
        and now < session.expires_at
        and not user.is_disabled
        and (user.sessions_from is None or session.created_at >= user.sessions_from)
    )


def _begin(app: App, user: User, client: str, now: datetime) -> str:
    secret = secrets.token_urlsafe(RANDOM_BYTES)
    session = WebSession(
        id=uuid4(),
        user_id=user.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + STAYS,
        client=client[:LONGEST_CLIENT],
    )
    with app.database.begin() as connection:
        web_sessions.add_session(connection, session, hashed(secret))
        users.save_user(
            connection, replace(user, failed_logins=0, locked_until=None, last_login_at=now)
        )
        audit.note(
            connection,
            at=now,
            actor=user.email,
            action="user.signed_in",
            subject=("user", user.id),
            workspace_id=None,
        )
    return secret


def _count_wrong(app: App, user: User, now: datetime) -> None:
    failed = user.failed_logins + 1
    is_enough = failed >= WRONG_BEFORE_LOCK
    counted = replace(
        user,
        failed_logins=0 if is_enough else failed,
        locked_until=now + LOCKED if is_enough else user.locked_until,
    )
    with app.database.begin() as connection:
        users.save_user(connection, counted)
        if is_enough:
            audit.note(
                connection,
                at=now,
                actor=user.email,
                action="user.locked",
                subject=("user", user.id),
                workspace_id=None,
            )
