"""/api/v1/workspaces: the workspaces a token is for."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from autopilot.http.api.caller import Caller
from autopilot.http.api.paging import Page

router = APIRouter(prefix="/workspaces", tags=["workspaces"])


class WorkspaceOut(BaseModel):
    """A workspace: who a newsletter belongs to, and its zone."""

    id: UUID
    slug: str
    name: str
    timezone: str


@router.get("")
def list_workspaces(caller: Caller) -> Page[WorkspaceOut]:
    """List the workspaces this token is for."""
    return Page(
        items=[
            WorkspaceOut(id=it.id, slug=it.slug, name=it.name, timezone=it.timezone)
            for it in caller.workspaces()
        ]
    )


@router.get("/{workspace_id}")
def get_workspace(caller: Caller, workspace_id: UUID) -> WorkspaceOut:
    """Show one workspace."""
    it = caller.workspace(workspace_id)
    return WorkspaceOut(id=it.id, slug=it.slug, name=it.name, timezone=it.timezone)
