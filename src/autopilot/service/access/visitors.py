"""Visitors: who a browser belongs to, by whichever of the two ways it was signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autopilot.domain.access import Principal
from autopilot.errors import LoginRequired
from autopilot.service.access.elsewhere import bearer_of_login, end_login
from autopilot.service.access.sessions import bearer_of_session, sign_out
from autopilot.service.context import App
from autopilot.store import users


def bearer_of_visit(app: App, *, secret: str | None, claims: Mapping[str, Any] | None) -> Principal:
    """Return who is visiting: by the cookie of a session, else by the claims of a login elsewhere.

    Raises LoginRequired, which says why where somebody came who may not come in.
    """
    if secret:
        try:
            return bearer_of_session(app, secret)
        except LoginRequired:
            if claims is None:
                raise
    if claims is not None:
        return bearer_of_login(app, claims)
    raise LoginRequired("Nobody is signed in.")


def sign_visitor_out(app: App, *, secret: str | None, claims: Mapping[str, Any] | None) -> None:
    """End what a browser is signed in by, both ways; harmless where it is not."""
    if secret:
        sign_out(app, secret)
    if claims is not None:
        end_login(app, claims)


def has_passwords(app: App) -> bool:
    """Whether anybody signs in with a password here."""
    with app.database.read() as connection:
        return any(user.password_hash is not None for user in users.list_users(connection))
