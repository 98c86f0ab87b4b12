"""/api/v1/workspaces/{id}/members: who is what in a workspace. Needs the role admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from autopilot.domain.access import Grant, Right, Role
from autopilot.errors import NotFound
from autopilot.http.api.answers import Given, Shown
from autopilot.http.api.caller import Caller
from autopilot.http.api.paging import Page
from autopilot.service.access import membership
from autopilot.service.access.delegation import refuse_more

if TYPE_CHECKING:
    from autopilot.domain.access import Member
    from autopilot.service.access.reach import Reach

router = APIRouter(prefix="/workspaces/{workspace_id}/members", tags=["members"])


class GrantIn(Given):
    """What somebody is to be in the workspace; the right to send is given beside the role."""

    role: Role
    may_send: bool = False

    @property
    def grant(self) -> Grant:
        """As the rest of the program has it."""
        return Grant(role=self.role, may_send=self.may_send)


class MemberIn(GrantIn):
    """Who is to be a member: somebody with an account."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=320)] = Field(
        examples=["bob@example.org"]
    )


class MemberOut(Shown):
    """Somebody in a workspace. Operators are in all of them and in no list."""

    user_id: UUID
    email: str
    role: Role
    may_send: bool


@router.get("", summary="List members")
def list_members(caller: Caller, workspace_id: UUID) -> Page[MemberOut]:
    """List who is in the workspace, by address."""
    inside = caller.workspace(workspace_id, Right.MANAGE)
    return Page(items=[_out(it) for it in membership.list_members(caller.app, inside.id)])


@router.post("", status_code=201, summary="Add a member")
def add_member(
    caller: Caller, workspace_id: UUID, wanted: MemberIn, response: Response
) -> MemberOut:
    """Make somebody with an account a member; who is one already is what this says from now on."""
    inside = caller.workspace(workspace_id, Right.MANAGE)
    refuse_more(caller, inside.id, wanted.grant)
    made = membership.grant(caller.app, inside.id, wanted.email, wanted.grant, actor=caller.actor)
    response.headers["Location"] = f"/api/v1/workspaces/{inside.id}/members/{made.user_id}"
    return _out(made)


@router.get("/{user_id}", summary="Show a member")
def get_member(caller: Caller, workspace_id: UUID, user_id: UUID) -> MemberOut:
    """Show what somebody is in the workspace."""
    return _out(_member(caller, workspace_id, user_id))


@router.patch("/{user_id}", summary="Change a member")
def change_member(caller: Caller, workspace_id: UUID, user_id: UUID, wanted: GrantIn) -> MemberOut:
    """Change what a member is; it counts at their next click."""
    member = _member(caller, workspace_id, user_id)
    refuse_more(caller, member.workspace_id, wanted.grant)
    changed = membership.grant(
        caller.app, member.workspace_id, member.email, wanted.grant, actor=caller.actor
    )
    return _out(changed)


@router.delete("/{user_id}", status_code=204, summary="Remove a member")
def remove_member(caller: Caller, workspace_id: UUID, user_id: UUID) -> None:
    """Take somebody out of the workspace; their account stays."""
    member = _member(caller, workspace_id, user_id)
    membership.revoke(caller.app, member.workspace_id, member.email, actor=caller.actor)


def _member(caller: Reach, workspace_id: UUID, user_id: UUID) -> Member:
    inside = caller.workspace(workspace_id, Right.MANAGE)
    for member in membership.list_members(caller.app, inside.id):
        if member.user_id == user_id:
            return member
    raise NotFound(f"There is no member {user_id}.")


def _out(it: Member) -> MemberOut:
    return MemberOut(
        user_id=it.user_id, email=it.email, role=it.grant.role, may_send=it.grant.may_send
    )
