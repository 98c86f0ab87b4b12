"""API tokens: programs' keys to a workspace. Of the key itself only its hash is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from autopilot.domain.access import ApiToken
from autopilot.store.tables import api_tokens
from autopilot.store.users import grant_of


def add_token(connection: Connection, token: ApiToken, token_hash: str) -> None:
    """Insert a token; no other good one of the workspace may have its name."""
    connection.execute(
        insert(api_tokens).values(
            id=token.id,
            workspace_id=token.workspace_id,
            name=token.name,
            role=token.grant.role.value,
            may_send=token.grant.may_send,
            token_hash=token_hash,
            hint=token.hint,
            created_by=token.created_by,
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )


def find_token(connection: Connection, token_hash: str) -> ApiToken | None:
    """Return the token with this hash, revoked and expired ones too."""
    row = connection.execute(
        select(api_tokens).where(api_tokens.c.token_hash == token_hash)
    ).first()
    return None if row is None else _token(row)


def get_token(connection: Connection, token_id: UUID) -> ApiToken | None:
    """Return the token with this id."""
    row = connection.execute(select(api_tokens).where(api_tokens.c.id == token_id)).first()
    return None if row is None else _token(row)


def list_tokens(connection: Connection, workspace_id: UUID) -> Sequence[ApiToken]:
    """Return the tokens of a workspace, newest first, revoked and expired ones too."""
    query = (
        select(api_tokens)
        .where(api_tokens.c.workspace_id == workspace_id)
        .order_by(api_tokens.c.created_at.desc(), api_tokens.c.id)
    )
    return [_token(row) for row in connection.execute(query)]


def revoke_token(connection: Connection, token_id: UUID, at: datetime) -> bool:
    """End a token at once; False when it was revoked before."""
    ended = connection.execute(
        update(api_tokens)
        .where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return ended.rowcount == 1


def touch_token(connection: Connection, token_id: UUID, at: datetime) -> None:
    """Note that a token was used."""
    connection.execute(
        update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_at=at)
    )


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        grant=grant_of(row),
        hint=row.hint,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
