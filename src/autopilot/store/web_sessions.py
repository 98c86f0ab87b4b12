"""Web sessions: browsers that signed in. Of the cookie only its hash is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from autopilot.domain.access import WebSession
from autopilot.store.inserting import insert_into
from autopilot.store.tables import web_sessions


def add_session(connection: Connection, session: WebSession, token_hash: str) -> None:
    """Insert a session."""
    connection.execute(
        insert(web_sessions).values(
            id=session.id,
            user_id=session.user_id,
            token_hash=token_hash,
            client=session.client,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
        )
    )


def keep_session(connection: Connection, session: WebSession, token_hash: str) -> bool:
    """Insert a session unless there is one with this hash; False where there was, an ended one too."""
    kept = connection.execute(
        insert_into(connection, web_sessions)
        .values(
            id=session.id,
            user_id=session.user_id,
            token_hash=token_hash,
            client=session.client,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
        )
        .on_conflict_do_nothing(index_elements=["token_hash"])
        .returning(web_sessions.c.id)
    )
    return kept.first() is not None


def find_session(connection: Connection, token_hash: str) -> WebSession | None:
    """Return the session with this hash, ended ones too."""
    row = connection.execute(
        select(web_sessions).where(web_sessions.c.token_hash == token_hash)
    ).first()
    return None if row is None else _session(row)


def list_sessions(connection: Connection, user_id: UUID, now: datetime) -> Sequence[WebSession]:
    """Return where a user is signed in, last seen first."""
    query = (
        select(web_sessions)
        .where(
            web_sessions.c.user_id == user_id,
            web_sessions.c.revoked_at.is_(None),
            web_sessions.c.expires_at > now,
        )
        .order_by(web_sessions.c.last_seen_at.desc(), web_sessions.c.id)
    )
    return [_session(row) for row in connection.execute(query)]


def touch_session(
    connection: Connection, session_id: UUID, *, now: datetime, expires_at: datetime
) -> None:
    """Note that the browser is there, and until when it may stay away from now on."""
    connection.execute(
        update(web_sessions)
        .where(web_sessions.c.id == session_id)
        .values(last_seen_at=now, expires_at=expires_at)
    )


def revoke_sessions(
    connection: Connection, user_id: UUID, now: datetime, *, only: UUID | None = None
) -> int:
    """Sign a user out everywhere, or end `only` one session; returns how many ended."""
    query = update(web_sessions).where(
        web_sessions.c.user_id == user_id, web_sessions.c.revoked_at.is_(None)
    )
    if only is not None:
        query = query.where(web_sessions.c.id == only)
    return connection.execute(query.values(revoked_at=now)).rowcount


def forget_sessions(connection: Connection, before: datetime) -> int:
    """Delete sessions that were over before this instant; returns how many."""
    return connection.execute(
        delete(web_sessions).where(web_sessions.c.expires_at < before)
    ).rowcount


def _session(row: Row[Any]) -> WebSession:
    return WebSession(
        id=row.id,
        user_id=row.user_id,
        client=row.client,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
