"""Tokens: programs' keys to one workspace, shown once, kept as a hash, ended at once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from autopilot.domain.access import ApiToken, Grant, Principal
from autopilot.errors import Conflict, InputRefused, LoginRequired, NotFound, Problem
from autopilot.service.context import App
from autopilot.store import api_tokens, audit

PREFIX = "ap_"
RANDOM_BYTES = 32
LONGEST_NAME = 100
NOTED_EVERY = timedelta(minutes=5)  # how exactly the time of the last use is kept


class NewToken(NamedTuple):
    """A token and, this once, the text that opens with it."""

    token: ApiToken
    secret: str


def hashed(secret: str) -> str:
    """Return what is kept of a secret of 256 random bits: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(
    app: App,
    workspace_id: UUID,
    name: str,
    grant: Grant,
    *,
    actor: str,
    expires_at: datetime | None = None,
) -> NewToken:
    """Make a token; raises InputRefused, or Conflict where a good one has this name."""
    now, name = app.clock(), name.strip()
    _check(name, expires_at, now)
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token = ApiToken(
        id=uuid4(),
        workspace_id=workspace_id,
        name=name,
        grant=grant,
        hint=secret[-4:],
        created_by=actor,
        created_at=now,
        expires_at=expires_at,
    )
    with app.database.begin() as connection:
        known = api_tokens.list_tokens(connection, workspace_id)
        if any(item.name == name and item.revoked_at is None for item in known):
            raise Conflict(
                f"There is a token {name!r} already.",
                hint="Revoke it first (autopilot tokens revoke), or take another name.",
            )
        api_tokens.add_token(connection, token, hashed(secret))
        audit.note(
            connection,
            at=now,
            actor=actor,
            action="token.created",
            subject=("token", token.id),
            workspace_id=workspace_id,
            detail={"name": name, "role": grant.role.value, "may_send": grant.may_send},
        )
    return NewToken(token, secret)


def list_tokens(app: App, workspace_id: UUID) -> Sequence[ApiToken]:
    """Return the tokens of a workspace, newest first, ended ones too."""
    with app.database.read() as connection:
        return api_tokens.list_tokens(connection, workspace_id)


def revoke_token(app: App, workspace_id: UUID, name: str, *, actor: str) -> ApiToken:
    """End the token with this id or name at once; raises NotFound where no good one has it."""
    now = app.clock()
    with app.database.begin() as connection:
        known = api_tokens.list_tokens(connection, workspace_id)
        found = next(
            (it for it in known if name in (it.name, str(it.id)) and it.revoked_at is None), None
        )
        if found is None:
            raise NotFound(f"There is no token {name!r}.", hint="See: autopilot tokens list")
        api_tokens.revoke_token(connection, found.id, now)
        audit.note(
            connection,
            at=now,
            actor=actor,
            action="token.revoked",
            subject=("token", found.id),
            workspace_id=workspace_id,
            detail={"name": found.name},
        )
    return found


def bearer_of_token(app: App, secret: str) -> Principal:
    """Return who comes with this token; raises LoginRequired for a wrong, revoked or expired one."""
    now = app.clock()
    with app.database.read() as connection:
        token = api_tokens.find_token(connection, hashed(secret))
    if token is None or not token.is_good(now):
        raise LoginRequired("The token is not known, revoked or expired.")
    if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
        with app.database.begin() as connection:
            api_tokens.touch_token(connection, token.id, now)
    return Principal(
        name=f"token:{token.name}",
        grants={token.workspace_id: token.grant},
        token_id=token.id,
    )


def _check(name: str, expires_at: datetime | None, now: datetime) -> None:
    problems = []
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        message = f"must have 1 to {LONGEST_NAME} printable characters"
        problems.append(Problem(path="name", message=message))
    if expires_at is not None and expires_at <= now:
        problems.append(Problem(path="expires", message="lies in the past"))
    if problems:
        raise InputRefused("The token cannot be made:", problems)
