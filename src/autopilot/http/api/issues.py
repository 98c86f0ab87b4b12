"""/api/v1/issues: finished newsletters; what people do with them before readers have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from autopilot.domain.access import Right
from autopilot.domain.issue import IssueStatus
from autopilot.http.api.answers import page_of
from autopilot.http.api.caller import Caller
from autopilot.http.api.deliveries import RetriedOut, told_retry
from autopilot.http.api.inside import Inside
from autopilot.http.api.paging import Cursor, Limit, Page, place_of
from autopilot.service.issue_in_full import as_mail, content_of, issue_in_full
from autopilot.service.listing import issues_page
from autopilot.service.review_view import told_audience, told_state
from autopilot.service.reviewing import approve, hold, withdraw

if TYPE_CHECKING:
    from autopilot.service.access.reach import Reach
    from autopilot.service.draft_edits import Edited
    from autopilot.service.issue_in_full import GateReport, IssueInFull
    from autopilot.service.reviewing import Moved
    from autopilot.service.rows import IssueRow

from autopilot.http.api.issue_models import (
    EditedOut,
    EditIn,
    FindingOut,
    GateOut,
    IssueBrief,
    IssueOut,
    MovedOut,
    RetryIn,
    SeenIn,
    StoryIn,
    StoryOut,
    TestedOut,
    TestIn,
)

router = APIRouter(prefix="/issues", tags=["issues"])
# A page that somebody opens from here can do nothing: it is of nowhere, and asks nobody.
NOTHING_RUNS = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; sandbox"
)


@router.get("")
def list_issues(
    caller: Caller,
    workspace_id: Inside = None,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    status: Annotated[list[IssueStatus] | None, Query(description="Any of these.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[IssueBrief]:
    """List issues, the newest first."""
    found = issues_page(
        caller,
        workspace_id=workspace_id,
        specification_id=specification_id,
        schedule_id=schedule_id,
        statuses=status or (),
        after=place_of(cursor, parts=2),
        limit=limit,
    )
    return page_of(found, _listed)


@router.get("/{issue_id}")
def get_issue(caller: Caller, issue_id: UUID) -> IssueOut:
    """Show an issue: its stories with their reasons, the gate's report, how its review stands."""
    caller.issue(issue_id)
    return _shown(issue_in_full(caller.app, issue_id))


@router.get(
    "/{issue_id}/html",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}, "description": "The page."}},
)
def get_html(caller: Caller, issue_id: UUID) -> Response:
    """Download the page."""
    shown = _full(caller, issue_id)
    return _file(content_of(caller.app, shown.view).html, "text/html", f"{shown.name}.html")


@router.get(
    "/{issue_id}/text",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "The text part."}},
)
def get_text(caller: Caller, issue_id: UUID) -> Response:
    """Download the text part."""
    shown = _full(caller, issue_id)
    return _file(content_of(caller.app, shown.view).text, "text/plain", f"{shown.name}.txt")


@router.get(
    "/{issue_id}/eml",
    response_class=Response,
    responses={200: {"content": {"message/rfc822": {}}, "description": "A mail file."}},
)
def get_eml(caller: Caller, issue_id: UUID) -> Response:
    """Download it as a mail, addressed to nobody: mail programs open it as a draft."""
    shown = _full(caller, issue_id)
    return _file(as_mail(caller.app, shown.view), "message/rfc822", f"{shown.name}.eml")


@router.post("/{issue_id}/approve")
def approve_issue(caller: Caller, issue_id: UUID, seen: SeenIn | None = None) -> MovedOut:
    """Let it go to its readers, at its slot where that is to come. Needs the right to send."""
    caller.issue(issue_id, Right.SEND)
    return _moved(approve(caller.app, issue_id, actor=caller.actor, version=_version(seen)))


@router.post("/{issue_id}/hold")
def hold_issue(caller: Caller, issue_id: UUID, seen: SeenIn | None = None) -> MovedOut:
    """Stop it until somebody approves or drops it."""
    caller.issue(issue_id, Right.EDIT)
    return _moved(hold(caller.app, issue_id, actor=caller.actor, version=_version(seen)))


@router.post("/{issue_id}/withdraw")
def withdraw_issue(caller: Caller, issue_id: UUID, seen: SeenIn | None = None) -> MovedOut:
    """Drop it for good: nobody gets it."""
    caller.issue(issue_id, Right.EDIT)
    return _moved(withdraw(caller.app, issue_id, actor=caller.actor, version=_version(seen)))


@router.patch("/{issue_id}")
def edit_issue(caller: Caller, issue_id: UUID, given: EditIn) -> EditedOut:
    """Change subject, introduction or order; it is drawn again and passes the gate again."""
    from autopilot.service.draft_edits import edit  # late: it brings the renderer and the gate

    caller.issue(issue_id, Right.EDIT)
    done = edit(
        caller.app,
        issue_id,
        actor=caller.actor,
        subject=given.subject,
        intro=given.intro,
        order=given.order,
        version=given.version,
    )
    return _edited(done)


@router.post("/{issue_id}/drop-story")
def drop_story_of(caller: Caller, issue_id: UUID, given: StoryIn) -> EditedOut:
    """Take a story out; the next best takes its place."""
    from autopilot.service.draft_edits import drop_story

    caller.issue(issue_id, Right.EDIT)
    return _edited(
        drop_story(caller.app, issue_id, given.story, actor=caller.actor, version=given.version)
    )


@router.post("/{issue_id}/pin-story")
def pin_story_of(caller: Caller, issue_id: UUID, given: StoryIn) -> EditedOut:
    """Put a story first in its section."""
    from autopilot.service.draft_edits import pin_story

    caller.issue(issue_id, Right.EDIT)
    return _edited(
        pin_story(caller.app, issue_id, given.story, actor=caller.actor, version=given.version)
    )


@router.post("/{issue_id}/test")
def test_issue(caller: Caller, issue_id: UUID, given: TestIn) -> TestedOut:
    """Send it to one address, marked as a test. Needs the right to send."""
    from autopilot.service.trying_out import send_test

    caller.issue(issue_id, Right.SEND)
    words = send_test(caller.app, issue_id, given.to, actor=caller.actor)
    return TestedOut(response=words)


@router.post("/{issue_id}/resend")
def resend_issue(caller: Caller, issue_id: UUID, given: RetryIn | None = None) -> RetriedOut:
    """Send again what failed of it, and end pauses of its channels. Needs the right to send."""
    from autopilot.service.redelivery import retry_deliveries

    row = caller.issue(issue_id, Right.SEND)
    unknown = given is not None and given.unknown
    return told_retry(retry_deliveries(caller.app, row, unknown=unknown, actor=caller.actor))


def _version(seen: SeenIn | None) -> int | None:
    return None if seen is None else seen.version


def _full(caller: Reach, issue_id: UUID) -> IssueInFull:
    caller.issue(issue_id)
    return issue_in_full(caller.app, issue_id)


def _file(content: bytes, media_type: str, name: str) -> Response:
    """An answer that is saved and never shown as a page of this site; names have no quotes in them."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": NOTHING_RUNS,
            "X-Content-Type-Options": "nosniff",
        },
    )


def _listed(row: IssueRow) -> IssueBrief:
    return IssueBrief.model_validate(_brief(row))


def _brief(row: IssueRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in IssueBrief.model_fields}


def _shown(it: IssueInFull) -> IssueOut:
    view = it.view
    return IssueOut.model_validate(
        _brief(view.issue)
        | {
            "specification": view.slug,
            "intro": view.issue.intro,
            "timezone": view.zone,
            "state": told_state(view),
            "audience": told_audience(view.audience),
            "people": view.audience.people,
            "mode": view.review and view.review.mode.value,
            "ends_at": view.ends_at,
            "stories": [
                {name: getattr(story, name) for name in StoryOut.model_fields}
                for story in view.stories
            ],
            "gate": it.gate and _gate(it.gate),
            "notes": list(it.notes),
            "letters": [
                {"to": letter.address, "status": letter.status.value} for letter in view.letters
            ],
            "deeds": [
                {"at": deed.at, "by": deed.actor, "action": deed.action} for deed in view.deeds
            ],
        }
    )


def _gate(gate: GateReport) -> GateOut:
    return GateOut(
        score=gate.score,
        checked=gate.checked,
        findings=[
            FindingOut(
                rule=it.rule,
                severity=it.severity.value,
                message=it.message,
                where=it.where or "",
                advice=it.advice or "",
            )
            for it in gate.findings
        ],
    )


def _moved(done: Moved) -> MovedOut:
    issue = done.issue
    return MovedOut(
        id=issue.id,
        status=IssueStatus(issue.status),
        version=issue.version,
        deliveries=done.deliveries,
    )


def _edited(done: Edited) -> EditedOut:
    issue = done.issue
    return EditedOut(
        id=issue.id,
        status=IssueStatus(issue.status),
        version=issue.version,
        told=list(done.told),
    )
