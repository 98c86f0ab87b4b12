"""Sessions: browsers that signed in with a password; they end when they are ended, or stay away."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.access import Principal, User, WebSession
from autopilot.domain.address import mail_address, same_mailbox
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
NOT_IN = "Address or password is wrong, or the account is locked for a while."


def sign_in(app: App, email: str, password: str, *, client: str = "") -> str:
    """Return the secret of a new session; raises LoginRequired, the same for every reason."""
    now = app.clock()
    with app.database.read() as connection:
        user = users.find_user(connection, as_kept(email))
    is_locked = user is not None and user.locked_until is not None and now < user.locked_until
    is_right = is_password(password, None if user is None else user.password_hash)
    if user is not None and not is_locked and not is_right:
        _count_wrong(app, user, now)
    if user is None or user.is_disabled or is_locked or not is_right:
        raise LoginRequired(NOT_IN)
    return _begin(app, user, client, now)


def bearer_of_session(app: App, secret: str) -> Principal:
    """Return who this browser belongs to; raises LoginRequired where it is signed out."""
    now = app.clock()
    with app.database.read() as connection:
        session = web_sessions.find_session(connection, hashed(secret))
        user = None if session is None else users.get_user(connection, session.user_id)
        grants = {} if user is None else users.grants_of(connection, user.id)
    if session is None or user is None or not is_on(session, user, now):
        raise LoginRequired("Nobody is signed in.")
    if now - session.last_seen_at > NOTED_EVERY:
        with app.database.begin() as connection:
            web_sessions.touch_session(connection, session.id, now=now, expires_at=now + STAYS)
    return replace(principal_of(user), grants=grants, session_id=session.id)


def sign_out(app: App, secret: str) -> None:
    """End a browser's session; harmless where there is none."""
    with app.database.read() as connection:
        session = web_sessions.find_session(connection, hashed(secret))
    if session is not None:
        end_session(app, session.user_id, session.id)


def end_session(app: App, user_id: UUID, session_id: UUID) -> None:
    """End one session of a user; harmless where it is over."""
    now = app.clock()
    with app.database.begin() as connection:
        user = users.get_user(connection, user_id)
        ended = web_sessions.revoke_sessions(connection, user_id, now, only=session_id)
        if user is not None and ended:
            note(connection, "user.signed_out", user, actor=user.email, at=now)


def list_sessions(app: App, user_id: UUID) -> Sequence[WebSession]:
    """Return where a user is signed in, last seen first."""
    with app.database.read() as connection:
        return web_sessions.list_sessions(connection, user_id, app.clock())


def as_kept(email: str) -> str:
    """Return an address as accounts are compared by it, "" for what is none and nobody has."""
    try:
        return same_mailbox(mail_address(email))
    except ValueError:
        return ""


def principal_of(user: User) -> Principal:
    """Return a user as one who asks, without what they are in workspaces."""
    return Principal(name=user.email, is_operator=user.is_operator, user_id=user.id)


def is_on(session: WebSession, user: User, now: datetime) -> bool:
    """Whether a session still is what its user came with."""
    return (
        session.revoked_at is None
        and now < session.expires_at
        and not user.is_disabled
        and (user.sessions_from is None or session.created_at >= user.sessions_from)
    )


def note(connection: Connection, action: str, user: User, *, actor: str, at: datetime) -> None:
    """Add a line on a user to the audit log, which belongs to no workspace."""
    audit.note(
        connection,
        at=at,
        actor=actor,
        action=action,
        subject=("user", user.id),
        workspace_id=None,
        detail={"email": user.email},
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
        if not users.note_login(connection, user, now):
            raise LoginRequired(NOT_IN)
        web_sessions.forget_sessions(connection, now)
        web_sessions.add_session(connection, session, hashed(secret))
        note(connection, "user.signed_in", user, actor=user.email, at=now)
    return secret


def _count_wrong(app: App, user: User, now: datetime) -> None:
    with app.database.begin() as connection:
        if users.count_wrong(
            connection, user.id, most=WRONG_BEFORE_LOCK, locked_until=now + LOCKED
        ):
            note(connection, "user.locked", user, actor=user.email, at=now)
