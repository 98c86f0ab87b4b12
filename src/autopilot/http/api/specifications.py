"""/api/v1/specifications: what newsletters are about; the document is the one of a configuration file."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field

from autopilot.domain.access import Right
from autopilot.domain.specification import Specification
from autopilot.http.api.answers import IfMatch, etag_of, page_of
from autopilot.http.api.caller import Caller
from autopilot.http.api.inside import SLOW, Inside, SearchText, workspace_in
from autopilot.http.api.paging import Cursor, Limit, Page, place_of
from autopilot.service.specification_lists import specifications_page
from autopilot.service.specification_secrets import allow_channels, masked
from autopilot.service.specifying import (
    cancel_specification,
    change_specification,
    check_specification,
    create_specification,
    document_of,
    fingerprint,
    whole_document,
)

if TYPE_CHECKING:
    from autopilot.service.access.reach import Reach
    from autopilot.service.rows import SpecificationRow
    from autopilot.service.simulating import SimulatedIssue

router = APIRouter(prefix="/specifications", tags=["specifications"])
EXAMPLE: dict[str, Any] = {
    "slug": "energy-weekly",
    "name": "Energy Weekly",
    "language": "en",
    "cadence": "weekly",
    "categories": [{"id": "grid", "name": "Power grid", "keywords": ["grid", "transmission"]}],
    "regions": [{"id": "DE", "name": "Germany", "keywords": ["Germany", "Berlin"]}],
    "sources": [{"url": "https://example.org/feed.xml", "name": "Example", "region": "DE"}],
}
_SCHEMA = {"$ref": "#/components/schemas/Specification"}
WHOLE: dict[str, Any] = {"requestBody": {"content": {"application/json": {"schema": _SCHEMA}}}}
"""A body that is a whole specification: checked by the verb, which tells every problem at once."""

Document = Annotated[
    dict[str, Any],
    Body(
        openapi_examples={"energy": {"summary": "A weekly newsletter", "value": EXAMPLE}},
        description="The specification as it stands in a configuration file, without schedules.",
    ),
]
Changes = Annotated[
    dict[str, Any],
    Body(
        openapi_examples={
            "cadence": {"summary": "Daily from now on", "value": {"cadence": "daily"}}
        },
        description="Keys of the specification; those not given keep what they have.",
    ),
]


class SpecificationBrief(BaseModel):
    """A specification in a list."""

    id: UUID
    workspace_id: UUID
    slug: str
    name: str
    status: Literal["active", "cancelled"]
    cadence: str
    language: str
    categories: list[str] = Field(description="The ids of its categories.")
    regions: list[str] = Field(description="The ids of its regions.")


class SpecificationOut(BaseModel):
    """A specification in full. Addresses of webhooks are masked for who may not manage them."""

    id: UUID
    workspace_id: UUID
    slug: str
    status: Literal["active", "cancelled"]
    etag: str = Field(description="Names this state of the document, for `If-Match`.")
    document: Specification


class SimulatedStory(BaseModel):
    """A story that would have been in."""

    title: str
    url: str
    category: str
    region: str | None
    score: float
    reason: str


class SimulatedIssueOut(BaseModel):
    """The issue one slot would have had, or why there is none."""

    schedule: str | None = Field(description="Null where slots follow the cadence.")
    slot: datetime
    timezone: str
    articles: int
    left_out: int
    skipped: str | None
    subject: str | None
    bytes: int
    usd: float | None = Field(description="What a model would usually take; null where unknown.")
    stories: list[SimulatedStory]


class SimulationOut(BaseModel):
    """Settings tried on the stored articles of the last weeks."""

    since: datetime
    until: datetime
    sent: int
    unknown_sources: list[str]
    issues: list[SimulatedIssueOut]


@router.get("")
def list_specifications(
    caller: Caller,
    workspace_id: Inside = None,
    status: Literal["active", "cancelled", "any"] = "active",
    text: SearchText = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SpecificationBrief]:
    """List specifications by slug; `text` is looked for in name and slug."""
    found = specifications_page(
        caller,
        workspace_id=workspace_id,
        status=None if status == "any" else status,
        text=text,
        after=place_of(cursor, parts=2),
        limit=limit,
    )
    return page_of(found, _brief)


@router.post("", status_code=201, openapi_extra=WHOLE)
def add_specification(
    caller: Caller, document: Document, response: Response, workspace_id: Inside = None
) -> SpecificationOut:
    """Create a specification. Channels need the role admin. Every problem is told at once."""
    inside = workspace_in(caller, workspace_id, Right.EDIT)
    allow_channels(caller, inside, None, check_specification(document))
    row = create_specification(caller.app, inside, document, actor=caller.actor)
    response.headers["Location"] = f"/api/v1/specifications/{row.id}"
    return _shown(caller, row, response)


@router.get("/{specification_id}")
def get_specification(
    caller: Caller, specification_id: UUID, response: Response
) -> SpecificationOut:
    """Show a specification with its whole document."""
    return _shown(caller, caller.specification(specification_id), response)


@router.put("/{specification_id}", openapi_extra=WHOLE)
def replace_specification(
    caller: Caller,
    specification_id: UUID,
    document: Document,
    response: Response,
    if_match: IfMatch = None,
) -> SpecificationOut:
    """Replace the document: keys not given get their default; `sources` and `channels` left out stay."""
    row = caller.specification(specification_id, Right.EDIT)
    return _changed(caller, row, whole_document(document), if_match, response)


@router.patch("/{specification_id}")
def edit_specification(
    caller: Caller,
    specification_id: UUID,
    changes: Changes,
    response: Response,
    if_match: IfMatch = None,
) -> SpecificationOut:
    """Change some keys of the document; lists are given whole. Checked as a whole."""
    row = caller.specification(specification_id, Right.EDIT)
    return _changed(caller, row, changes, if_match, response)


@router.delete("/{specification_id}", status_code=204)
def delete_specification(caller: Caller, specification_id: UUID) -> None:
    """Cancel a specification and its schedules; its runs and issues stay."""
    row = caller.specification(specification_id, Right.EDIT)
    cancel_specification(caller.app, row.id, actor=caller.actor)


@router.post("/{specification_id}/simulate")
def simulate_specification(
    caller: Caller,
    specification_id: UUID,
    weeks: Annotated[int, Query(ge=1, le=12, description="How far back.")] = 4,
    changes: Annotated[
        dict[str, Any] | None,
        Body(description="Keys of the specification to try; nothing is written."),
    ] = None,
) -> SimulationOut:
    """Show the issues that these settings would have made of the articles of the last weeks."""
    from autopilot.service.simulating import simulate  # late: it brings the whole pipeline

    row = caller.specification(specification_id)
    document = document_of(caller.app, row)
    if changes:
        tried = document.model_dump(mode="json", exclude={"schedules"}) | changes
        document = check_specification(tried | {"slug": row.slug})
    workspace = caller.workspace(row.workspace_id)
    with SLOW.passing():
        found = simulate(caller.app, document, workspace=workspace.slug, weeks=weeks)
    return SimulationOut(
        since=found.start,
        until=found.end,
        sent=len(found.sent),
        unknown_sources=list(found.unknown_sources),
        issues=[_simulated(issue) for issue in found.issues],
    )


def _changed(
    caller: Reach,
    row: SpecificationRow,
    changes: dict[str, Any],
    if_match: str | None,
    response: Response,
) -> SpecificationOut:
    if "channels" in changes:
        before = document_of(caller.app, row).model_dump(mode="json", exclude={"schedules"})
        wanted = check_specification(before | {"channels": changes["channels"]})
        allow_channels(caller, row.workspace_id, row.document, wanted)
    newer = change_specification(
        caller.app, row.id, changes, actor=caller.actor, seen=etag_of(if_match)
    )
    return _shown(caller, newer, response)


def _brief(row: SpecificationRow) -> SpecificationBrief:
    document = row.document
    return SpecificationBrief(
        id=row.id,
        workspace_id=row.workspace_id,
        slug=row.slug,
        name=document.name,
        status="active" if row.status == "active" else "cancelled",
        cadence=document.cadence.value,
        language=document.language,
        categories=[category.id for category in document.categories],
        regions=[region.id for region in document.regions],
    )


def _shown(caller: Reach, row: SpecificationRow, response: Response) -> SpecificationOut:
    document = document_of(caller.app, row)
    etag = fingerprint(document)
    response.headers["ETag"] = f'"{etag}"'
    if not caller.may(Right.MANAGE, row.workspace_id):
        document = masked(document)
    return SpecificationOut(
        id=row.id,
        workspace_id=row.workspace_id,
        slug=row.slug,
        status="active" if row.status == "active" else "cancelled",
        etag=etag,
        document=document,
    )


def _simulated(issue: SimulatedIssue) -> SimulatedIssueOut:
    return SimulatedIssueOut(
        schedule=issue.schedule or None,
        slot=issue.slot,
        timezone=issue.zone,
        articles=issue.articles,
        left_out=issue.left_out,
        skipped=issue.skipped,
        subject=issue.subject or None,
        bytes=issue.size,
        usd=issue.cost and issue.cost.usd,
        stories=[
            SimulatedStory(
                title=story.lead.title,
                url=story.lead.url,
                category=story.category,
                region=story.region,
                score=story.score,
                reason=story.reason,
            )
            for story in issue.stories
        ],
    )
