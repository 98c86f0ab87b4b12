"""Inviting: somebody becomes a member; an operator makes the account where there is none yet.

Accounts belong to the installation, not to a workspace: whoever sets the first password of an
address is that person everywhere. So only operators are given the link that sets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from autopilot.domain.access import Grant, Member, Right
from autopilot.errors import Forbidden, NotFound
from autopilot.service.access.membership import grant
from autopilot.service.access.people import add_user, user_named
from autopilot.service.access.reach import Reach
from autopilot.service.access.setup import SetupLink, setup_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """The new member; `link` sets the password of an account that was made for it."""

    member: Member
    link: SetupLink | None = None


def invite(
    reach: Reach, workspace_id: UUID, email: str, given: Grant, *, base: str | None = None
) -> Invited:
    """Make somebody a member by address. `base` is where a browser finds the pages.

    Raises NotFound where there is no account and whoever asks is no operator, InputRefused for what
    is no address.
    """
    app = reach.app
    workspace = reach.workspace(workspace_id, Right.MANAGE)
    try:
        return Invited(member=grant(app, workspace.id, email, given, actor=reach.actor))
    except NotFound:
        if not reach.principal.is_operator:
            raise
    user = add_user(app, email, actor=reach.actor)
    member = grant(app, workspace.id, user.email, given, actor=reach.actor)
    return Invited(member=member, link=setup_link(app, user.email, base=base))


def new_link(reach: Reach, email: str, *, base: str | None = None) -> SetupLink:
    """Return a link by which somebody sets their password anew; for operators."""
    reach.operate()
    user = user_named(reach.app, email)
    if user.is_disabled:
        raise Forbidden(f"The account of {user.email} is shut.", hint="Open it first.")
    return setup_link(reach.app, user.email, base=base)
