"""/api/v1/deliveries: the ledger of what went to whom over which channel, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from autopilot.domain.access import Right
from autopilot.domain.channel import channel_name
from autopilot.domain.delivery import DeliveryStatus
from autopilot.http.api.answers import page_of
from autopilot.http.api.caller import Caller
from autopilot.http.api.inside import Inside
from autopilot.http.api.paging import Cursor, Limit, Page, place_of
from autopilot.service.listing import deliveries_page

if TYPE_CHECKING:
    from autopilot.domain.delivery import Delivery
    from autopilot.service.redelivery import Retried

router = APIRouter(prefix="/deliveries", tags=["deliveries"])


class DeliveryOut(BaseModel):
    """One issue to one address over one channel. Of webhooks only the host is shown."""

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    issue_id: UUID
    channel: str
    address: str
    name: str
    status: DeliveryStatus
    due_at: datetime
    created_at: datetime
    ended_at: datetime | None
    failures: int
    reason: str | None = Field(description="Why it failed, was suppressed or is unknown.")
    response: str | None = Field(description="What the other side said when it took it.")


class RetriedOut(BaseModel):
    """What leaves now: sent again, waited for a channel, and readers that it had not before."""

    again: int
    at_once: int
    new: int


@router.get("")
def list_deliveries(
    caller: Caller,
    workspace_id: Inside = None,
    issue_id: UUID | None = None,
    status: Annotated[list[DeliveryStatus] | None, Query(description="Any of these.")] = None,
    channel: Annotated[
        str | None,
        Query(
            max_length=2_100,
            pattern=r"^[^\x00]*$",
            description="A channel's key: email, archive, webhook:https://...",
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DeliveryOut]:
    """List deliveries, the newest first."""
    found = deliveries_page(
        caller,
        workspace_id=workspace_id,
        issue_id=issue_id,
        statuses=status or (),
        channel=channel,
        after=place_of(cursor, parts=2),
        limit=limit,
    )
    return page_of(found, _out)


@router.get("/{delivery_id}")
def get_delivery(caller: Caller, delivery_id: UUID) -> DeliveryOut:
    """Show one delivery."""
    return _out(caller.delivery(delivery_id))


@router.post("/{delivery_id}/retry")
def retry_delivery(caller: Caller, delivery_id: UUID) -> DeliveryOut:
    """Send a failed or unknown one again: the same mail once more. Needs the right to send."""
    from autopilot.service.redelivery import retry_delivery as again

    caller.delivery(delivery_id, Right.SEND)
    return _out(again(caller.app, delivery_id, actor=caller.actor))


def told_retry(done: Retried) -> RetriedOut:
    """Return what a retry of an issue did."""
    return RetriedOut(again=done.again, at_once=done.at_once, new=done.new)


def _out(it: Delivery) -> DeliveryOut:
    channel = channel_name(it.channel)
    is_masked = channel != it.channel
    return DeliveryOut(
        id=it.id,
        workspace_id=it.workspace_id,
        specification_id=it.specification_id,
        issue_id=it.issue_id,
        channel=channel,
        address=channel if is_masked else it.address,
        name=it.name,
        status=it.status,
        due_at=it.due_at,
        created_at=it.created_at,
        ended_at=it.ended_at,
        failures=it.failures,
        reason=it.reason,
        response=it.response,
    )
