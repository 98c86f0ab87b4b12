"""/api/v1/subscribers: who gets a newsletter, who wants none, and lists of people in and out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StringConstraints

from autopilot.domain.access import Right
from autopilot.domain.subscriber import SubscriberStatus
from autopilot.errors import InputRefused, Problem
from autopilot.http.api.answers import Given
from autopilot.http.api.caller import Caller
from autopilot.http.api.inside import Inside, workspace_in
from autopilot.http.api.paging import Cursor, Limit, Page, cursor_of, place_of
from autopilot.service.subscriber_lists import csv_parts, import_csv
from autopilot.service.subscribers import (
    add_subscriber,
    allow_address,
    count_subscribers,
    list_subscribers,
    list_suppressions,
    remove_subscriber,
    subscriber_with,
    suppress_address,
)

if TYPE_CHECKING:
    from autopilot.domain.subscriber import Subscriber

router = APIRouter(prefix="/subscribers", tags=["subscribers"])
CSV = "text/csv"
Of = Annotated[UUID, Query(description="Of which specification.")]
Email = Annotated[str, StringConstraints(max_length=320), Field(examples=["ann@example.org"])]


CSV_EXAMPLE = "email,name\nann@example.org,Ann\n"


class SubscriberIn(Given):
    """Somebody who asked for a newsletter."""

    specification_id: UUID
    email: Email
    name: Annotated[str, StringConstraints(max_length=500)] = ""


class AddressIn(Given):
    """An address that wants no mail: of one newsletter, or of none of the workspace."""

    email: Email
    specification_id: UUID | None = Field(default=None, description="None for all of them.")
    detail: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = ""


class SubscriberOut(BaseModel):
    """Somebody on a list."""

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    email: str
    name: str
    status: SubscriberStatus
    source: str
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None


class SuppressionOut(BaseModel):
    """An address that gets no mail."""

    email: str
    specification_id: UUID | None
    reason: str
    at: datetime


class ImportedOut(BaseModel):
    """What an import did, row by row in numbers."""

    added: int
    activated: int
    known: int
    repeated: int
    suppressed: int
    faulty: int
    problems: list[str]


class ChangedOut(BaseModel):
    """Whether anything was different before."""

    changed: bool


@router.get("")
def list_all(
    caller: Caller,
    specification_id: Of,
    status: SubscriberStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SubscriberOut]:
    """List the people of a specification by address."""
    row = caller.specification(specification_id)
    place = place_of(cursor, parts=1)
    after = "" if place is None else str(place[0]).replace("\0", "")
    found = list_subscribers(caller.app, row.id, status=status, after=after, limit=limit + 1)
    shown = found[:limit]
    return Page(
        items=[_out(it) for it in shown],
        next=cursor_of([shown[-1].email]) if len(found) > limit else None,
    )


@router.get("/counts")
def count(caller: Caller, specification_id: Of) -> dict[SubscriberStatus, int]:
    """Count the people of a specification by status."""
    row = caller.specification(specification_id)
    counted = count_subscribers(caller.app, row.id)
    return {status: counted.get(status, 0) for status in SubscriberStatus}


@router.get("/suppressions")
def list_suppressed(
    caller: Caller, workspace_id: Inside = None, limit: Limit = 50
) -> list[SuppressionOut]:
    """List the addresses that get no mail, the newest first."""
    inside = workspace_in(caller, workspace_id, Right.READ)
    return [
        SuppressionOut(
            email=it.mailbox,
            specification_id=it.specification_id,
            reason=it.reason.value,
            at=it.at,
        )
        for it in list_suppressions(caller.app, inside, limit=limit)
    ]


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {CSV: {}}, "description": "A CSV file."}},
)
def export_list(caller: Caller, specification_id: Of) -> StreamingResponse:
    """Write all of a list as CSV; no cell of it can become a formula."""
    row = caller.specification(specification_id)
    headers = {"Content-Disposition": f'attachment; filename="{row.slug}-subscribers.csv"'}
    parts = csv_parts(caller.app, row)
    return StreamingResponse(_encoded(parts), media_type=CSV, headers=headers)


@router.post(
    "/import",
    openapi_extra={
        "requestBody": {"content": {CSV: {"schema": {"type": "string"}, "example": CSV_EXAMPLE}}}
    },
)
def import_list(
    caller: Caller,
    specification_id: Of,
    body: Annotated[bytes, Body(media_type=CSV, description="A CSV file with a column `email`.")],
    skip_faulty: Annotated[
        bool, Query(description="Import the others where some cannot be used.")
    ] = False,
) -> ImportedOut:
    """Add the people of a CSV file: all of them, or with a faulty row none."""
    row = caller.specification(specification_id, Right.EDIT)
    done = import_csv(
        caller.app, row, io.BytesIO(body), actor=caller.actor, skip_faulty=skip_faulty
    )
    return ImportedOut(
        added=done.added,
        activated=done.activated,
        known=done.known,
        repeated=done.repeated,
        suppressed=done.suppressed,
        faulty=done.faulty,
        problems=[str(problem) for problem in done.problems],
    )


@router.post("", status_code=201, responses={200: {"model": SubscriberOut}})
def add(caller: Caller, given: SubscriberIn, response: Response) -> SubscriberOut:
    """Put somebody who asked for it on a list; 200 where they are there already."""
    row = caller.specification(given.specification_id, Right.EDIT)
    is_new = add_subscriber(caller.app, row, given.email, name=given.name, actor=caller.actor)
    if not is_new:
        response.status_code = 200
    return _out(subscriber_with(caller.app, row, given.email))


@router.post("/suppress")
def suppress(caller: Caller, given: AddressIn, workspace_id: Inside = None) -> ChangedOut:
    """Send an address no more mail."""
    inside = _meant(caller, given, workspace_id)
    changed = suppress_address(
        caller.app,
        inside,
        given.email,
        specification_id=given.specification_id,
        actor=caller.actor,
        detail=given.detail,
    )
    return ChangedOut(changed=changed)


@router.post("/allow")
def allow(caller: Caller, given: AddressIn, workspace_id: Inside = None) -> ChangedOut:
    """Take back that an address gets no mail; it is on no list again by that."""
    inside = _meant(caller, given, workspace_id)
    allow_address(
        caller.app,
        inside,
        given.email,
        specification_id=given.specification_id,
        actor=caller.actor,
    )
    return ChangedOut(changed=True)


@router.get("/{subscriber_id}")
def get_subscriber(caller: Caller, subscriber_id: UUID) -> SubscriberOut:
    """Show one person of a list."""
    return _out(caller.subscriber(subscriber_id))


@router.delete("/{subscriber_id}", status_code=204)
def delete_subscriber(caller: Caller, subscriber_id: UUID) -> None:
    """Delete somebody from a list, with all that is known of them there."""
    seen = caller.subscriber(subscriber_id, Right.EDIT)
    row = caller.specification(seen.specification_id, Right.EDIT)
    remove_subscriber(caller.app, row, seen.email, actor=caller.actor)


def _meant(caller: Caller, given: AddressIn, workspace_id: UUID | None) -> UUID:
    """The workspace of an address: that of its specification where one is named."""
    if given.specification_id is None:
        return workspace_in(caller, workspace_id, Right.EDIT)
    owner = caller.specification(given.specification_id, Right.EDIT).workspace_id
    if workspace_id is not None and caller.workspace(workspace_id, Right.EDIT).id != owner:
        message = "is another one than the specification's"
        raise InputRefused("It is not clear:", [Problem(path="workspace_id", message=message)])
    return owner


def _encoded(parts: Iterator[str]) -> Iterator[bytes]:
    for part in parts:
        yield part.encode("utf-8")


def _out(it: Subscriber) -> SubscriberOut:
    return SubscriberOut(
        id=it.id,
        workspace_id=it.workspace_id,
        specification_id=it.specification_id,
        email=it.email,
        name=it.name,
        status=it.status,
        source=it.source,
        created_at=it.created_at,
        confirmed_at=it.confirmed_at,
        ended_at=it.ended_at,
    )
