"""Reviewing: what people do with an issue before its readers have it, and what time does for them.

Every move compares status and version with what was seen: of two people who act at once the second
one is told, and nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection

from autopilot.domain.issue import IssueStatus, move
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.domain.review import Review, ReviewMode
from autopilot.errors import Conflict, NotFound
from autopilot.service.context import App, current_app
from autopilot.service.sending import start_sending
from autopilot.store import audit, issues, notices, runs, specifications, withdrawing
from autopilot.store.issues import IssueRow

log = structlog.get_logger(__name__)
MOST_AT_ONCE = 200
ITSELF = "autopilot"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An issue after a person's move; `deliveries` counts those that were written down to be sent."""

    issue: IssueRow
    deliveries: int = 0


def release_due(app: App, now: datetime) -> int:
    """Send out what nobody held in time, let expire what nobody approved in time; return how many.

    Another process may do the same at once: each issue is moved by one of them.
    """
    with app.database.read() as connection:
        due = issues.issues_to_release(connection, now, limit=MOST_AT_ONCE)
    return sum(_release(app, issue, now) for issue in due)


def approve(app: App | None, issue_id: UUID, *, actor: str, version: int | None = None) -> Moved:
    """Send an issue to its readers, at its slot where that is to come.

    Raises Conflict where the gate found an error in it, where its time is over, where it was sent or
    dropped already, and where it is no longer the `version` that was looked at.
    """
    app = current_app(app)
    now = app.clock()
    with app.database.begin() as connection:
        seen = existing(connection, issue_id, version)
        approved = replace(seen, status=_next(seen, IssueStatus.APPROVED), release_at=None)
        _refuse_faulty(seen)
        _refuse_late(seen, now)
        approved = issues.move_issue(connection, seen, approved)
        count = start_sending(connection, app, approved, now=now)
        note(connection, approved, "issue.approved", actor, now, {"deliveries": count})
    return Moved(issue=approved, deliveries=count)


def hold(app: App | None, issue_id: UUID, *, actor: str, version: int | None = None) -> Moved:
    """Stop an issue until somebody approves or drops it; raises Conflict where it is on its way."""
    return _stop(app, issue_id, IssueStatus.HELD, "issue.held", actor, version)


def withdraw(app: App | None, issue_id: UUID, *, actor: str, version: int | None = None) -> Moved:
    """Drop an issue for good: nobody gets it, and its stories count as untold."""
    return _stop(app, issue_id, IssueStatus.WITHDRAWN, "issue.withdrawn", actor, version)


def existing(connection: Connection, issue_id: UUID, version: int | None = None) -> IssueRow:
    """Return an issue; raises NotFound, or Conflict where it is another version than was looked at."""
    seen = issues.get_issue(connection, issue_id)
    if seen is None:
        raise NotFound(f"There is no issue {issue_id}.", hint="See: autopilot review list")
    if version is not None and seen.version != version:
        raise Conflict(
            "Somebody else changed this issue while you looked at it; nothing was done.",
            hint="Look at it again, then decide.",
        )
    return seen


def review_of(issue: IssueRow) -> Review | None:
    """Return how an issue is reviewed; None for one that was to be published at once, or is a draft."""
    return None if issue.review is None else Review.model_validate(dict(issue.review))


def ends_at(issue: IssueRow) -> datetime | None:
    """Return when an issue under review is too old to go out; None for one that is not."""
    review = review_of(issue)
    if review is None:
        return None
    return max(issue.scheduled_for or issue.created_at, issue.created_at) + review.expiry


def note(
    connection: Connection,
    issue: IssueRow,
    action: str,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] = NOTHING,
) -> None:
    """Write down who did what to an issue."""
    audit.note(
        connection,
        at=now,
        actor=actor,
        action=action,
        subject=("issue", issue.id),
        workspace_id=issue.workspace_id,
        detail=dict(detail),
    )


def _next(seen: IssueRow, to: IssueStatus) -> str:
    return move(IssueStatus(seen.status), to).value


def _stop(
    app: App | None,
    issue_id: UUID,
    to: IssueStatus,
    action: str,
    actor: str,
    version: int | None,
) -> Moved:
    app = current_app(app)
    with app.database.begin() as connection:
        seen = existing(connection, issue_id, version)
        stopped = replace(seen, status=_next(seen, to), release_at=None)
        stopped = issues.move_issue(connection, seen, stopped)
        if seen.status == IssueStatus.APPROVED and not withdrawing.take_back(connection, seen.id):
            raise Conflict(
                "This issue is on its way to its readers already; nothing was done.",
                hint="See: autopilot deliveries list",
            )
        note(connection, stopped, action, actor, app.clock())
    return Moved(issue=stopped)


def _refuse_faulty(seen: IssueRow) -> None:
    errors = [
        f"{finding['rule']}: {finding['message']}"
        for finding in (seen.report or {}).get("findings", ())
        if finding["severity"] == "error"
    ]
    if errors:
        raise Conflict(
            f"The gate keeps this issue from being sent: {'; '.join(errors)}.",
            hint="Edit it, or drop the story it is about; then approve it.",
        )


def _refuse_late(seen: IssueRow, now: datetime) -> None:
    if seen.status == IssueStatus.WAITING and _is_too_late(seen, now):
        raise Conflict(
            f"The time to approve this issue ended at {seen.release_at:%Y-%m-%d %H:%M} UTC."
        )


def _is_too_late(seen: IssueRow, now: datetime) -> bool:
    review, end = review_of(seen), ends_at(seen)
    if review is not None and review.mode is ReviewMode.APPROVE:
        end = seen.release_at
    return end is not None and now >= end


def _release(app: App, seen: IssueRow, now: datetime) -> bool:
    """Move one waiting issue on; False where a person was first."""
    review = review_of(seen)
    goes_out = review is not None and review.mode is ReviewMode.HOLD and not _is_too_late(seen, now)
    try:
        with app.database.begin() as connection:
            if goes_out:
                _send_out(connection, app, seen, now)
            else:
                _expire(connection, seen, now)
    except Conflict:
        return False
    return True


def _send_out(connection: Connection, app: App, seen: IssueRow, now: datetime) -> None:
    released = replace(seen, status=_next(seen, IssueStatus.APPROVED), release_at=None)
    released = issues.move_issue(connection, seen, released)
    count = start_sending(connection, app, released, now=now)
    note(connection, released, "issue.released", ITSELF, now, {"deliveries": count})
    log.info(
        "Nobody held an issue; it goes out.",
        action="release",
        issue_id=str(seen.id),
        run_id=str(seen.run_id),
        deliveries=count,
    )


def _expire(connection: Connection, seen: IssueRow, now: datetime) -> None:
    expired = replace(seen, status=_next(seen, IssueStatus.EXPIRED), release_at=None)
    issues.move_issue(connection, seen, expired)
    note(connection, seen, "issue.expired", ITSELF, now)
    told = _told_expired(connection, seen)
    run = runs.get_run(connection, seen.run_id)
    notices.add_notice(
        connection,
        Notice(
            workspace_id=seen.workspace_id,
            specification_id=seen.specification_id,
            schedule_id=None if run is None else run.schedule_id,
            run_id=seen.run_id,
            kind=NoticeKind.EXPIRED,
            message=told,
            at=now,
        ),
    )
    log.warning(told, action="expire", issue_id=str(seen.id), run_id=str(seen.run_id))


def _told_expired(connection: Connection, seen: IssueRow) -> str:
    row = specifications.get_specification(connection, seen.specification_id)
    name = row.document.name if row is not None else "a newsletter"
    review = review_of(seen)
    if review is not None and review.mode is ReviewMode.HOLD:
        why = "nothing worked in time to send it"
    else:
        why = "nobody approved it in time"
    return f"an issue of {name!r} expired and was not sent: {why} (“{seen.subject}”)"
