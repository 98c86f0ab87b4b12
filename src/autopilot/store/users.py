"""Users: people with an account, and what they are in which workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from autopilot.domain.access import Grant, Member, Role, User
from autopilot.store.inserting import insert_into
from autopilot.store.tables import members, users


def add_user(connection: Connection, user: User) -> None:
    """Insert a user; the address must be free."""
    connection.execute(insert(users).values(id=user.id, **_columns(user)))


def change_user(connection: Connection, user: User, *fields: str) -> None:
    """Write these fields of a user, and leave the others to whoever changes them meanwhile."""
    columns = _columns(user)
    values = {name: columns[name] for name in fields}
    connection.execute(update(users).where(users.c.id == user.id).values(values))


def change_password(
    connection: Connection, seen: User, *, password_hash: str, sessions_from: datetime
) -> bool:
    """Write a password and unlock the account; False where it is not as it was seen any more."""
    changed = connection.execute(
        update(users)
        .where(
            users.c.id == seen.id,
            users.c.password_hash.is_not_distinct_from(seen.password_hash),
            users.c.sessions_from.is_not_distinct_from(seen.sessions_from),
        )
        .values(
            password_hash=password_hash,
            sessions_from=sessions_from,
            failed_logins=0,
            locked_until=None,
        )
    )
    return changed.rowcount == 1


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


def count_operators(connection: Connection) -> int:
    """Return how many users run the installation and are not shut out; they stay so until the end
    of the transaction.
    """
    query = select(users.c.id).where(users.c.is_operator, users.c.is_disabled.is_(False))
    return len(connection.execute(query.with_for_update()).all())


def note_login(connection: Connection, user: User, now: datetime) -> bool:
    """Note that a user signed in with the password as seen; False where the account is locked, shut
    out or has another password by now.
    """
    noted = connection.execute(
        update(users)
        .where(
            and_(users.c.id == user.id, users.c.is_disabled.is_(False)),
            users.c.password_hash == user.password_hash,
            or_(users.c.locked_until.is_(None), users.c.locked_until <= now),
        )
        .values(failed_logins=0, locked_until=None, last_login_at=now)
    )
    return noted.rowcount == 1


def note_login_elsewhere(connection: Connection, user_id: UUID, now: datetime) -> None:
    """Note that a user came with a login of another provider."""
    connection.execute(update(users).where(users.c.id == user_id).values(last_login_at=now))


def count_wrong(
    connection: Connection, user_id: UUID, *, most: int, locked_until: datetime
) -> bool:
    """Count a wrong password; the one that makes `most` locks the account. True when it did.

    Counted by the database itself: guesses that come at once are all counted.
    """
    own = users.c.id == user_id
    counted = update(users).where(own).values(failed_logins=users.c.failed_logins + 1)
    connection.execute(counted)
    locked = connection.execute(
        update(users)
        .where(own, users.c.failed_logins >= most)
        .values(failed_logins=0, locked_until=locked_until)
    )
    return locked.rowcount == 1


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


def get_member(connection: Connection, workspace_id: UUID, user_id: UUID) -> Grant | None:
    """Return what a user is in a workspace, None where they are not in it."""
    row = connection.execute(
        select(members).where(members.c.workspace_id == workspace_id, members.c.user_id == user_id)
    ).first()
    return None if row is None else grant_of(row)


def all_grants(connection: Connection) -> Mapping[UUID, Mapping[UUID, Grant]]:
    """Return what each user is in each workspace."""
    found: dict[UUID, dict[UUID, Grant]] = {}
    for row in connection.execute(select(members)):
        found.setdefault(row.user_id, {})[row.workspace_id] = grant_of(row)
    return found


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
