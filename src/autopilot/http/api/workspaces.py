"""/api/v1/workspaces: who newsletters belong to, their look, zone, budget, and who hears of failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field

from autopilot.domain.access import Right
from autopilot.domain.address import MailAddress
from autopilot.domain.document import Line, Slug, Zone
from autopilot.domain.editorial import Budget
from autopilot.domain.specification import Brand
from autopilot.http.api.answers import Given, IfMatch, Shown, etag_of
from autopilot.http.api.caller import Caller
from autopilot.http.api.paging import Page
from autopilot.service.workspace_editing import change_workspace, create_workspace, fingerprint

if TYPE_CHECKING:
    from autopilot.store.workspaces import Workspace

router = APIRouter(prefix="/workspaces", tags=["workspaces"])
CHANGE_EXAMPLE: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "brand": {"color": "#0f766e"},
    "owners": ["ann@example.org"],
}


class WorkspaceBrief(Shown):
    """A workspace in a list."""

    id: UUID
    slug: str
    name: str
    timezone: str


class WorkspaceOut(WorkspaceBrief):
    """A workspace in full; `owners` are the addresses of those who hear of failures."""

    brand: Brand
    budget: Budget
    owners: list[str]


class WorkspaceIn(Given):
    """A workspace to create."""

    slug: Slug = Field(examples=["acme"])
    name: Line = Field(examples=["Acme Research"])
    timezone: Zone = Field(default="UTC", examples=["Europe/Berlin"])
    brand: Brand = Brand()
    budget: Budget = Budget()
    owners: list[MailAddress] = Field(default=[], max_length=50)


class WorkspaceChange(Given):
    """What to change of a workspace; what is not named stays, in `brand` and `budget` too."""

    name: Line = Field(default_factory=str)
    timezone: Zone = Field(default_factory=str)
    brand: Brand = Field(default_factory=Brand)
    budget: Budget = Field(default_factory=Budget)
    owners: list[MailAddress] = Field(default_factory=list, max_length=50)


@router.get("", summary="List workspaces")
def list_workspaces(caller: Caller) -> Page[WorkspaceBrief]:
    """List the workspaces this token is for."""
    return Page(items=[_brief(it) for it in caller.workspaces()])


@router.post("", status_code=201, summary="Create a workspace")
def add_workspace(caller: Caller, wanted: WorkspaceIn, response: Response) -> WorkspaceOut:
    """Create a workspace. Only operators may, and tokens never are: it is done on the command line
    (`autopilot apply`) or in the web app.
    """
    caller.operate()
    values = wanted.model_dump(mode="json", exclude={"slug"})
    made = create_workspace(caller.app, wanted.slug, values, actor=caller.actor)
    response.headers["Location"] = f"/api/v1/workspaces/{made.id}"
    return _shown(made, response)


@router.get("/{workspace_id}", summary="Show a workspace")
def get_workspace(caller: Caller, workspace_id: UUID, response: Response) -> WorkspaceOut:
    """Show a workspace with its look, its budget and its owners."""
    return _shown(caller.workspace(workspace_id), response)


@router.patch("/{workspace_id}", summary="Edit a workspace")
def edit_workspace(
    caller: Caller,
    workspace_id: UUID,
    response: Response,
    change: Annotated[
        WorkspaceChange,
        Body(openapi_examples={"zone": {"summary": "Zone and owners", "value": CHANGE_EXAMPLE}}),
    ],
    if_match: IfMatch = None,
) -> WorkspaceOut:
    """Change some keys of a workspace. Needs the role admin."""
    seen = caller.workspace(workspace_id, Right.MANAGE)
    newer = change_workspace(
        caller.app,
        seen.id,
        change.model_dump(mode="json", exclude_unset=True),
        actor=caller.actor,
        seen=etag_of(if_match),
    )
    return _shown(newer, response)


def _brief(it: Workspace) -> WorkspaceBrief:
    return WorkspaceBrief(id=it.id, slug=it.slug, name=it.name, timezone=it.timezone)


def _shown(it: Workspace, response: Response) -> WorkspaceOut:
    response.headers["ETag"] = f'"{fingerprint(it)}"'
    return WorkspaceOut(
        id=it.id,
        slug=it.slug,
        name=it.name,
        timezone=it.timezone,
        brand=it.brand,
        budget=it.budget,
        owners=list(it.owners),
    )
