"""Logins elsewhere: people whom a provider of OpenID Connect knows, and who have an account here.

What the provider says is checked by the web framework before it comes here: signature, issuer,
audience, nonce. Each login is kept as a session, so that it can be seen and ended like one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from autopilot.domain.access import Principal, User, WebSession
from autopilot.errors import LoginRequired
from autopilot.service.access import sessions
from autopilot.service.access.tokens import hashed
from autopilot.service.context import App
from autopilot.store import users, web_sessions

CLIENT = "single sign-on"
LATEST = 1e11  # seconds since 1970, in the year 5138
_NAMES_ONE_LOGIN = ("iss", "sub", "iat", "nonce")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One login at a provider: the verified address, when, and a hash that names this login alone."""

    email: str
    at: datetime
    hash: str


def login_of(claims: Mapping[str, Any]) -> Login:
    """Return the login that the claims of an ID token tell (OpenID Connect Core, section 2).

    Raises LoginRequired where they name no address, or one that the provider has not verified.
    """
    email, issued = claims.get("email"), claims.get("iat")
    if not isinstance(email, str) or "@" not in email:
        raise LoginRequired("The provider names no mail address for this login.")
    if claims.get("email_verified") not in (True, "true"):
        raise LoginRequired(
            f"The provider has not verified {email}.",
            hint="Verify the address there, and sign in again.",
        )
    if not isinstance(issued, int | float) or not 0 <= issued < LATEST:
        raise LoginRequired("The provider does not say when this login was.")
    named = json.dumps([claims.get(name) for name in _NAMES_ONE_LOGIN])
    return Login(email=email, at=datetime.fromtimestamp(issued, UTC), hash=hashed(named))


def bearer_of_login(app: App, claims: Mapping[str, Any]) -> Principal:
    """Return who came with this login; raises LoginRequired for an unknown address, one that may not
    come in, and a login that is over.
    """
    login, now = login_of(claims), app.clock()
    with app.database.read() as connection:
        user = users.find_user(connection, sessions.as_kept(login.email))
        session = web_sessions.find_session(connection, login.hash)
        grants = {} if user is None else users.grants_of(connection, user.id)
    if user is None or user.is_disabled:
        raise LoginRequired(
            f"{login.email} has no account here.",
            hint="An operator adds it: autopilot users add EMAIL",
        )
    if session is None:
        session = _first_seen(app, user, login, now)
    if session.user_id != user.id or not sessions.is_on(session, user, now):
        raise LoginRequired("This login is over.", hint="Sign in again.")
    if now - session.last_seen_at > sessions.NOTED_EVERY:
        with app.database.begin() as connection:
            web_sessions.touch_session(
                connection, session.id, now=now, expires_at=session.expires_at
            )
    return replace(sessions.principal_of(user), grants=grants, session_id=session.id)


def end_login(app: App, claims: Mapping[str, Any]) -> None:
    """End this login, wherever its cookie may be; harmless where it is nobody's."""
    try:
        came = bearer_of_login(app, claims)
    except LoginRequired:
        return
    if came.user_id is not None and came.session_id is not None:
        sessions.end_session(app, came.user_id, came.session_id)


def _first_seen(app: App, user: User, login: Login, now: datetime) -> WebSession:
    """Keep a login as a session that ends `STAYS` after it, used or not: until then its row says
    whether it was ended, after that it is too old.
    """
    began = min(login.at, now)  # a provider's clock that is ahead makes no login newer
    session = WebSession(
        id=uuid4(),
        user_id=user.id,
        created_at=began,
        last_seen_at=now,
        expires_at=began + sessions.STAYS,
        client=CLIENT,
    )
    if not sessions.is_on(session, user, now):
        return session
    with app.database.begin() as connection:
        web_sessions.forget_sessions(connection, now)
        if web_sessions.keep_session(connection, session, login.hash):
            users.note_login_elsewhere(connection, user.id, now)
            sessions.note(connection, "user.signed_in", user, actor=user.email, at=now)
            return session
        found = web_sessions.find_session(connection, login.hash)
    return found or session
