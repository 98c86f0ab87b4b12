"""Redelivery: what a person wants tried again. The issue is frozen, so it is the same mail once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.domain.issue import IssueStatus
from autopilot.errors import Conflict, NotFound
from autopilot.service.channel_faults import resume_channel
from autopilot.service.context import App
from autopilot.service.lookup import issue_named, run_named, specification_named
from autopilot.service.sending import start_sending
from autopilot.store import audit, deliveries, issues
from autopilot.store.issues import IssueRow

_ENDED = frozenset(
    {IssueStatus.SENT, IssueStatus.PARTLY_SENT, IssueStatus.NOT_SENT, IssueStatus.SENDING}
)
_OUT = (*_ENDED, IssueStatus.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What a retry did: rows that are sent again, rows that waited and leave at once now, and
    readers that an issue without any was given.
    """

    issue: IssueRow
    again: int
    at_once: int
    new: int

    @property
    def total(self) -> int:
        """All that leave now."""
        return self.again + self.at_once + self.new


def issue_to_see(
    app: App,
    *,
    specification: str | None = None,
    run: str | None = None,
    issue: str | None = None,
    workspace: str | None = None,
) -> IssueRow:
    """Return the issue that is named, or the last one of a specification that has gone out.

    Raises NotFound, or Conflict where more than one is meant.
    """
    if issue is not None:
        return issue_named(app, issue)
    with app.database.read() as connection:
        if run is not None:
            found = issues.issue_of_run(connection, run_named(app, run).id)
            if found is None:
                raise NotFound(f"Run {run} made no issue.", hint=f"See: autopilot runs show {run}")
            return found
        row = specification and specification_named(app, specification, workspace=workspace)
        listed = issues.list_issues(
            connection,
            statuses=frozenset(_OUT),
            specification_id=row.id if row else None,
            limit=1,
        )
    if not listed:
        of = f" of {specification}" if specification else ""
        raise NotFound(f"No issue{of} has gone out yet.", hint="See: autopilot runs list")
    return listed[0]


def retry_deliveries(
    app: App,
    issue: IssueRow,
    *,
    unknown: bool = False,
    address: str | None = None,
    actor: str,
) -> Retried:
    """Send again what failed, with `unknown` also what may have arrived; end pauses of its channels.

    Raises Conflict for an issue that has not gone out.
    """
    _refuse_kept(issue)
    statuses = [DeliveryStatus.FAILED, *([DeliveryStatus.UNKNOWN] if unknown else [])]
    now = app.clock()
    with app.database.begin() as connection:
        rows = deliveries.list_deliveries(connection, issue_id=issue.id)
        chosen = [row for row in rows if row.status in statuses and _is(row, address)]
        again = sum(deliveries.move(connection, row, row.resend(now)) for row in chosen)
        at_once = _resume(connection, rows, chosen, now)
        if again:
            deliveries.reopen_issue(connection, issue.id)
        new = 0 if rows else _begin_anew(connection, app, issue, now)
        audit.note(
            connection,
            at=now,
            actor=actor,
            action="deliveries.retried",
            subject=("issue", issue.id),
            workspace_id=issue.workspace_id,
            detail={"again": again, "at_once": at_once, "new": new, "unknown": unknown},
        )
    return Retried(issue=issue, again=again, at_once=at_once, new=new)


def retry_delivery(app: App, delivery_id: UUID, *, actor: str) -> Delivery:
    """Send one failed or unknown delivery again, whatever its channel waits for; return it.

    Raises Conflict for one that is on its way, was sent or is suppressed, and for one of an issue
    that has not gone out.
    """
    now = app.clock()
    with app.database.begin() as connection:
        seen = deliveries.get_delivery(connection, delivery_id)
        if seen is None:
            raise NotFound(f"There is no delivery {delivery_id}.")
        if (issue := issues.get_issue(connection, seen.issue_id)) is not None:
            _refuse_kept(issue)
        if not deliveries.move(connection, seen, again := seen.resend(now)):
            raise Conflict(f"Delivery {delivery_id} moved on meanwhile; nothing was done.")
        resume_channel(connection, seen.specification_id, seen.channel, now)
        deliveries.reopen_issue(connection, seen.issue_id)
        audit.note(
            connection,
            at=now,
            actor=actor,
            action="delivery.retried",
            subject=("delivery", delivery_id),
            workspace_id=seen.workspace_id,
            detail={"issue_id": str(seen.issue_id), "was": seen.status.value},
        )
    return again


def _refuse_kept(issue: IssueRow) -> None:
    if IssueStatus(issue.status) not in _OUT:
        raise Conflict(
            f"This issue is {issue.status}; it has not gone out.",
            hint=f"See: autopilot review show {str(issue.id)[:8]}",
        )


def _is(row: Delivery, address: str | None) -> bool:
    return address is None or deliveries.target_of(row) == address.strip().casefold()


def _resume(
    connection: Connection, rows: Sequence[Delivery], chosen: Sequence[Delivery], now: datetime
) -> int:
    """What waits for a paused or closed channel leaves at once; its slot still counts."""
    waiting = {row.channel for row in rows if row.status is DeliveryStatus.PENDING}
    waiting |= {row.channel for row in chosen}
    if not rows or not waiting:
        return 0
    return sum(
        resume_channel(connection, rows[0].specification_id, channel, now) for channel in waiting
    )


def _begin_anew(connection: Connection, app: App, issue: IssueRow, now: datetime) -> int:
    """An issue that had nobody to go to, and may have somebody by now."""
    deliveries.reopen_issue(connection, issue.id)
    return start_sending(connection, app, issue, now=now)
