"""Setup: the link by which somebody sets the password of their account, once and within the hour."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from autopilot.domain.access import User
from autopilot.domain.signing import Purpose, read_token, signed
from autopilot.errors import NotFound
from autopilot.service.access.people import set_password, user_named
from autopilot.service.context import App
from autopilot.service.secret import secret_key
from autopilot.store import users

LASTS = timedelta(hours=1)
HERE = "http://127.0.0.1:8501"  # where `serve` is found unless somebody says otherwise
ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupLink:
    """A link to `/setup/...`; whoever has it sets the password, so it never shows in `repr`."""

    url: str = field(repr=False)
    until: datetime


def setup_link(app: App, email: str, *, base: str | None = None) -> SetupLink:
    """Return a link for an account; `base` is where a browser finds the pages, where no public
    address is set. It is void once a password was set, by it or otherwise.
    """
    user, until = user_named(app, email), app.clock() + LASTS
    content = user.id.bytes + _as_it_stands(user)
    token = signed(secret_key(app), Purpose.SETUP, content, until=until)
    return SetupLink(url=f"{app.settings.public_url or base or HERE}/setup/{token}", until=until)


def user_of_setup(app: App, token: str) -> User:
    """Return whose password a link sets; raises NotFound for a forged, old or used one."""
    content = read_token(secret_key(app), Purpose.SETUP, token, now=app.clock())
    if content is not None:
        with app.database.read() as connection:
            user = users.get_user(connection, UUID(bytes=content[:ID_BYTES]))
        if user is not None and not user.is_disabled and content[ID_BYTES:] == _as_it_stands(user):
            return user
    raise NotFound("This link is not good, or no longer.", hint="An operator makes another one.")


def set_up(app: App, token: str, password: str) -> User:
    """Set the password that somebody chose; raises NotFound, InputRefused for a bad one, and
    Conflict where the same link was used in the same moment.
    """
    user = user_of_setup(app, token)
    return set_password(app, user.email, password, actor=user.email, seen=user)


def _as_it_stands(user: User) -> bytes:
    """What changes whenever a password is set."""
    stands = f"{user.password_hash} {user.sessions_from}"
    return hashlib.sha256(stands.encode()).digest()[:ID_BYTES]
