"""Access: who is asking, what they may do in a workspace, and the roles that give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a member or a token is in one workspace, from least to most."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


class Right(StrEnum):
    """What an act asks for. Sending comes with no role: it is given to a person or a token."""

    READ = "read"  # look at everything of a workspace but its secrets
    EDIT = "edit"  # specifications, sources, schedules, subscribers, runs, drafts
    SEND = "send"  # let an issue go to readers: approve, send again
    MANAGE = "manage"  # members, tokens, channels, budget, the workspace itself


_RIGHTS = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.EDITOR: frozenset({Right.READ, Right.EDIT}),
    Role.ADMIN: frozenset({Right.READ, Right.EDIT, Right.MANAGE}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody is in one workspace; `may_send` is given beside the role."""

    role: Role
    may_send: bool = False

    def allows(self, right: Right) -> bool:
        """Whether this grant is enough for a right."""
        return self.may_send if right is Right.SEND else right in _RIGHTS[self.role]


EVERYTHING = Grant(role=Role.ADMIN, may_send=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking. `name` stands in the audit log; an operator has every right everywhere.

    `session_id` is that of a browser, `user_id` is None for tokens and for local mode.
    """

    name: str
    grants: Mapping[UUID, Grant] = field(default_factory=dict)
    is_operator: bool = False
    user_id: UUID | None = None
    token_id: UUID | None = None
    session_id: UUID | None = None

    def grant_in(self, workspace_id: UUID | None) -> Grant | None:
        """Return what they are in this workspace, None where they are nobody."""
        if self.is_operator:
            return EVERYTHING
        return None if workspace_id is None else self.grants.get(workspace_id)

    def may(self, right: Right, workspace_id: UUID) -> bool:
        """Whether they have this right there."""
        grant = self.grant_in(workspace_id)
        return grant is not None and grant.allows(right)


LOCAL = Principal(name="local", is_operator=True)
"""Whoever sits at this machine, where the pages are bound to it alone and no login is set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with an account. `password_hash` is None for those who only sign in elsewhere (OIDC).

    Sessions that began before `sessions_from` are over; `locked_until` follows wrong passwords.
    """

    id: UUID
    email: str
    name: str = ""
    password_hash: str | None = field(default=None, repr=False)
    is_operator: bool = False
    is_disabled: bool = False
    failed_logins: int = 0
    locked_until: datetime | None = None
    sessions_from: datetime | None = None
    last_login_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user in one workspace."""

    workspace_id: UUID
    user_id: UUID
    email: str
    grant: Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A program's key to one workspace. Only a hash of it is kept; `hint` is its last characters."""

    id: UUID
    workspace_id: UUID
    name: str
    grant: Grant
    hint: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """A browser that signed in, until it signs out, is signed out, or stays away."""

    id: UUID
    user_id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    client: str = ""
    revoked_at: datetime | None = None
