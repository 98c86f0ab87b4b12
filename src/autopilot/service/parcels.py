"""Parcels: issues on their way over channels that are no mail, one after the other.

Programs can tell a parcel that comes twice by its id, so these are sent at least once: what was
under way when its sender died is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from autopilot.domain.channel import Channel, ChannelKind, channel_key
from autopilot.domain.delivery import Delivery
from autopilot.domain.instants import iso
from autopilot.domain.letter import Answer, Parcel, Verdict
from autopilot.errors import ArtifactLost, AutopilotError
from autopilot.service.bag import Bag
from autopilot.service.channel_faults import close_channel, recover_channel, why_closed
from autopilot.service.channels import SENDERS
from autopilot.service.context import App
from autopilot.service.ledger import Ledger
from autopilot.service.links import PLACEHOLDER, archive_url, public
from autopilot.store import issues, specifications, workspaces
from autopilot.store.issues import IssueRow, StoryRow
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace

log = structlog.get_logger(__name__)


def send_parcels(app: App, bag: Bag, ledger: Ledger) -> None:
    """Send what the bag gives until it is empty; what breaks is recorded, never raised."""
    try:
        while (held := bag.take()) is not None:
            _send(app, held, ledger)
    except AutopilotError as error:
        log.warning("A sender of parcels stopped.", action="deliver", error=str(error))
    except Exception:  # a fault of ours must not take the worker with it
        log.exception("A sender of parcels met a fault of Autopilot's own.", action="deliver")


def _send(app: App, held: Delivery, ledger: Ledger) -> None:
    found = _channel_of(app, held)
    if found is None:
        told = "the specification has this channel no more"
        ledger.end(held, held.refuse(told, app.clock()))
        return
    if (closed := why_closed(app, held.specification_id, held.channel)) is not None:
        ledger.end(held, held.refuse(f"the channel is closed: {closed}", app.clock()))
        return
    try:
        parcel = parcel_of(app, held)
    except ArtifactLost as error:
        ledger.end(held, held.refuse(f"its content is lost: {error}", app.clock()))
        return
    if ledger.begin(held):
        answer = SENDERS[ChannelKind(found.type)](app, found, parcel)
        ledger.end(held, _ended(app, held.send(), answer))
        ledger.flush()
        if answer.verdict is Verdict.ACCEPTED:
            recover_channel(app, held.specification_id, held.channel)
        if answer.closes:
            close_channel(app, held.specification_id, held.channel, answer.words)


def _ended(app: App, sending: Delivery, answer: Answer) -> Delivery:
    now = app.clock()
    match answer.verdict:
        case Verdict.ACCEPTED:
            return sending.accept(answer.words, now)
        case Verdict.REFUSED:
            return sending.refuse(answer.words, now)
        case Verdict.LATER | Verdict.LOST:
            return sending.put_off(answer.words, now, wait_seconds=answer.wait_seconds)


def _channel_of(app: App, held: Delivery) -> Channel | None:
    """The channel as the specification has it now."""
    with app.database.read() as connection:
        row = specifications.get_specification(connection, held.specification_id)
    listed = () if row is None else row.document.channels
    return next((each for each in listed if channel_key(each) == held.channel), None)


def parcel_of(app: App, held: Delivery) -> Parcel:
    """Return the issue of a delivery as programs get it; raises ArtifactLost."""
    with app.database.read() as connection:
        issue = issues.get_issue(connection, held.issue_id)
        stories = issues.stories_of(connection, held.issue_id)
        row = specifications.get_specification(connection, held.specification_id)
        owner = workspaces.get_workspace(connection, held.workspace_id)
    if issue is None or row is None or owner is None:
        raise ArtifactLost(f"the issue of delivery {held.id} is gone")
    html = app.artifacts.get(issue.html_sha256).decode()
    text = app.artifacts.get(issue.text_sha256).decode()
    page = public(app, f"/s/{owner.slug}/{row.slug}") or "about:blank"
    at = issue.scheduled_for or issue.created_at
    archived = any(channel.type == "archive" for channel in row.document.channels)
    return Parcel(
        delivery_id=held.id,
        issue_id=issue.id,
        name=f"{row.slug}-{at:%Y-%m-%d}",
        subject=issue.subject,
        html=html.replace(PLACEHOLDER, page),
        text=text.replace(PLACEHOLDER, page),
        document=_document(owner, row, issue, stories),
        at=at,
        web_url=archive_url(app, owner.slug, row.slug, issue) if archived else None,
    )


def _document(
    owner: Workspace, row: SpecificationRow, issue: IssueRow, stories: Sequence[StoryRow]
) -> dict[str, object]:
    return {
        "workspace": owner.slug,
        "specification": row.slug,
        "name": row.document.name,
        "run_id": str(issue.run_id),
        "scheduled_for": iso(issue.scheduled_for),
        "created_at": iso(issue.created_at),
        "preheader": issue.preheader,
        "writer": issue.writer,
        "intro": issue.intro,
        "notes": list(issue.notes),
        "stories": [story.document for story in stories],
    }
