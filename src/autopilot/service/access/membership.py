"""Membership: who is what in which workspace, given and taken at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from autopilot.domain.access import Grant, Member
from autopilot.errors import NotFound
from autopilot.service.access import sessions
from autopilot.service.context import App
from autopilot.store import audit, users


def list_members(app: App, workspace_id: UUID) -> Sequence[Member]:
    """Return who is in a workspace, by address; operators are in all and stand in no list."""
    with app.database.read() as connection:
        return users.list_members(connection, workspace_id)


def grant(app: App, workspace_id: UUID, email: str, given: Grant, *, actor: str) -> Member:
    """Make somebody with an account a member, or change what they are; it counts at their next click.

    Raises NotFound where the address has no account.
    """
    with app.database.begin() as connection:
        user = users.find_user(connection, sessions.as_kept(email))
        if user is None:
            raise NotFound(
                f"{email} has no account.",
                hint="An operator adds it: autopilot users add EMAIL",
            )
        users.put_member(connection, workspace_id, user.id, given)
        audit.note(
            connection,
            at=app.clock(),
            actor=actor,
            action="member.granted",
            subject=("user", user.id),
            workspace_id=workspace_id,
            detail={"email": user.email, "role": given.role.value, "may_send": given.may_send},
        )
    return Member(workspace_id=workspace_id, user_id=user.id, email=user.email, grant=given)


def revoke(app: App, workspace_id: UUID, email: str, *, actor: str) -> None:
    """Take somebody out of a workspace; raises NotFound where they are not in it."""
    with app.database.begin() as connection:
        user = users.find_user(connection, sessions.as_kept(email))
        if user is None or not users.remove_member(connection, workspace_id, user.id):
            raise NotFound(f"{email} is no member of this workspace.")
        audit.note(
            connection,
            at=app.clock(),
            actor=actor,
            action="member.revoked",
            subject=("user", user.id),
            workspace_id=workspace_id,
            detail={"email": user.email},
        )
