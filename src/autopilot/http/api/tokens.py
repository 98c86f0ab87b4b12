"""/api/v1/workspaces/{id}/tokens: programs' keys to a workspace. Needs the role admin."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response
from pydantic import Field, StringConstraints

from autopilot.domain.access import Grant, Right, Role
from autopilot.errors import NotFound
from autopilot.http.api.answers import Given, Instant, Shown
from autopilot.http.api.caller import Caller
from autopilot.http.api.once import keep_instead
from autopilot.http.api.paging import Page
from autopilot.service.access import tokens
from autopilot.service.access.delegation import refuse_longer, refuse_more

if TYPE_CHECKING:
    from autopilot.domain.access import ApiToken
    from autopilot.service.access.reach import Reach

router = APIRouter(prefix="/workspaces/{workspace_id}/tokens", tags=["tokens"])
EXAMPLE: dict[str, Any] = {
    "name": "nightly job",
    "role": "editor",
    "expires_at": "2027-11-23T00:00:00Z",
}


class TokenIn(Given):
    """A token to make. It can have no right, and no time, that the one who makes it has not."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=tokens.LONGEST_NAME)
    ]
    role: Role
    may_send: bool = False
    expires_at: Instant | None = Field(default=None, description="Null: never.")


class TokenOut(Shown):
    """A token, without what opens with it; `hint` is its last characters."""

    id: UUID
    name: str
    role: Role
    may_send: bool
    hint: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To within five minutes.")


class NewTokenOut(TokenOut):
    """A new token, and this once the text that opens with it."""

    token: str | None = Field(
        description="Shown once; null where an answer is repeated (`Idempotency-Key`)."
    )


@router.get("", summary="List tokens")
def list_tokens(caller: Caller, workspace_id: UUID) -> Page[TokenOut]:
    """List the tokens of the workspace, the newest first, ended ones too."""
    inside = caller.workspace(workspace_id, Right.MANAGE)
    found = tokens.list_tokens(caller.app, inside.id)
    return Page(items=[TokenOut(**_values(it)) for it in found])


@router.post("", status_code=201, summary="Make a token")
def create_token(
    caller: Caller,
    workspace_id: UUID,
    request: Request,
    response: Response,
    wanted: Annotated[
        TokenIn, Body(openapi_examples={"editor": {"summary": "For a year", "value": EXAMPLE}})
    ],
) -> NewTokenOut:
    """Make a token. Only a hash of it is kept: nobody can show it again."""
    inside = caller.workspace(workspace_id, Right.MANAGE)
    grant = Grant(role=wanted.role, may_send=wanted.may_send)
    refuse_more(caller, inside.id, grant)
    refuse_longer(caller, inside.id, wanted.expires_at)
    made = tokens.create_token(
        caller.app, inside.id, wanted.name, grant, actor=caller.actor, expires_at=wanted.expires_at
    )
    response.headers["Location"] = f"/api/v1/workspaces/{inside.id}/tokens/{made.token.id}"
    values = _values(made.token)
    keep_instead(request, NewTokenOut(token=None, **values).model_dump_json().encode())
    return NewTokenOut(token=made.secret, **values)


@router.get("/{token_id}", summary="Show a token")
def get_token(caller: Caller, workspace_id: UUID, token_id: UUID) -> TokenOut:
    """Show a token, without what opens with it."""
    return TokenOut(**_values(_token(caller, workspace_id, token_id)))


@router.delete("/{token_id}", status_code=204, summary="Revoke a token")
def revoke_token(caller: Caller, workspace_id: UUID, token_id: UUID) -> None:
    """End a token at once; 404 where it has ended already."""
    inside = caller.workspace(workspace_id, Right.MANAGE)
    tokens.revoke_token(caller.app, inside.id, str(token_id), actor=caller.actor)


def _token(caller: Reach, workspace_id: UUID, token_id: UUID) -> ApiToken:
    inside = caller.workspace(workspace_id, Right.MANAGE)
    for token in tokens.list_tokens(caller.app, inside.id):
        if token.id == token_id:
            return token
    raise NotFound(f"There is no token {token_id}.")


def _values(it: ApiToken) -> dict[str, Any]:
    return {
        "id": it.id,
        "name": it.name,
        "role": it.grant.role,
        "may_send": it.grant.may_send,
        "hint": it.hint,
        "created_by": it.created_by,
        "created_at": it.created_at,
        "expires_at": it.expires_at,
        "revoked_at": it.revoked_at,
        "last_used_at": it.last_used_at,
    }
