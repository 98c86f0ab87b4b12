"""Users: people with an account, and what they are in which workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from autopilot.domain.access import Grant, Member, Role, User
from autopilot.store.inserting import insert_into
from autopilot.store.tables import members, users


def add_user(connection: Connection, user: User) -> None:
    """Insert a user; the address must be free."""
    connection.execute(insert(users).values(id=user.id, **_columns(user)))


def save_user(connection: Connection, user: User) -> None:
    """Write all of a user but the id."""
    connection.execute(update(users).where(users.c.id == user.id).values(**_columns(user)))


def remove_user(connection: Connection, user_id: UUID) -> None:
    """Delete a user with all memberships and sessions; what they did stays in the log."""
    connection.execute(delete(users).where(users.c.id == user_id))


def get_user(connection: Connection, user_id: UUID) -> User | None:
    """Return the user with this id."""
    row = connection.execute(select(users).where(users.c.id == user_id)).first()
    return None if row is None else _user(row)


def find_user(connection: Connection, email: str) -> User | None:
    """Return the user with this address, given as it is compared (lower case)."""
    row = connection.execute(select(users).where(users.c.email == email)).first()
    return None if row is None else _user(row)


def list_users(connection: Connection) -> Sequence[User]:
    """Return all users by address."""
    return [_user(row) for row in connection.execute(select(users).order_by(users.c.email))]


def count_users(connection: Connection) -> int:
    """Return how many users there are."""
    return connection.scalar(select(func.count()).select_from(users)) or 0


def put_member(connection: Connection, workspace_id: UUID, user_id: UUID, grant: Grant) -> None:
    """Make a user a member of a workspace, or change what they are there."""
    values = {"role": grant.role.value, "may_send": grant.may_send}
    connection.execute(
        insert_into(connection, members)
        .values(workspace_id=workspace_id, user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=values)
    )


def remove_member(connection: Connection, workspace_id: UUID, user_id: UUID) -> bool:
    """Take a user out of a workspace; False when they were not in it."""
    gone = connection.execute(
        delete(members).where(members.c.workspace_id == workspace_id, members.c.user_id == user_id)
    )
    return gone.rowcount == 1


def list_members(connection: Connection, workspace_id: UUID) -> Sequence[Member]:
    """Return who is in a workspace, by address."""
    query = (
        select(members, users.c.email)
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.workspace_id == workspace_id)
        .order_by(users.c.email)
    )
    return [
        Member(
            workspace_id=row.workspace_id, user_id=row.user_id, email=row.email, grant=grant_of(row)
        )
        for row in connection.execute(query)
    ]


def grants_of(connection: Connection, user_id: UUID) -> Mapping[UUID, Grant]:
    """Return what a user is in each workspace."""
    rows = connection.execute(select(members).where(members.c.user_id == user_id))
    return {row.workspace_id: grant_of(row) for row in rows}


def grant_of(row: Row[Any]) -> Grant:
    """Return the role and the sending right of a row that has both."""
    return Grant(role=Role(row.role), may_send=row.may_send)


def _columns(user: User) -> dict[str, object]:
    return {
        "email": user.email,
        "name": user.name,
        "password_hash": user.password_hash,
        "is_operator": user.is_operator,
        "is_disabled": user.is_disabled,
        "failed_logins": user.failed_logins,
        "locked_until": user.locked_until,
        "sessions_from": user.sessions_from,
        "last_login_at": user.last_login_at,
    }


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        password_hash=row.password_hash,
        is_operator=row.is_operator,
        is_disabled=row.is_disabled,
        failed_logins=row.failed_logins,
        locked_until=row.locked_until,
        sessions_from=row.sessions_from,
        last_login_at=row.last_login_at,
    )
