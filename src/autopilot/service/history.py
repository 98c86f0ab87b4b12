"""History: runs with what came of them, and issues with whose they are, as lists of the past show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from autopilot.domain.issue import IssueStatus
from autopilot.domain.run import Run
from autopilot.service.access.reach import Reach
from autopilot.service.listing import Listed, issues_page, runs_page
from autopilot.service.outcome import outcomes_of, outcomes_of_issues
from autopilot.store import overview, runs, specifications
from autopilot.store.issues import IssueRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run, its outcome, the names of what it was of, and its issue where it made one."""

    run: Run
    outcome: str
    specification: str
    schedule: str
    issue_id: UUID | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """One issue, its outcome, the name of its specification, and of a schedule that asked for it."""

    issue: IssueRow
    outcome: str
    specification: str
    schedule: str


def run_lines(reach: Reach, workspace_id: UUID, **how: Any) -> Listed[RunLine]:
    """List runs as `listing.runs_page` does, each with what came of it."""
    page = runs_page(reach, workspace_id=workspace_id, **how)
    schedules = {run.schedule_id for run in page.items if run.schedule_id is not None}
    with reach.app.database.read() as connection:
        outcomes = outcomes_of(connection, page.items)
        made = overview.issues_by_run(connection, [run.id for run in page.items])
        owned = {run.specification_id for run in page.items}
        names = overview.names_of(connection, owned, workspace_id)
        titles = overview.schedule_names(connection, schedules)
    lines = []
    for run in page.items:
        issue_id, subject = made.get(run.id, (None, ""))
        lines.append(
            RunLine(
                run=run,
                outcome=outcomes[run.id],
                specification=names.get(run.specification_id, ""),
                schedule=_named(titles, run.schedule_id),
                issue_id=issue_id,
                subject=subject,
            )
        )
    return Listed(items=lines, next=page.next)


def issue_lines(
    reach: Reach,
    workspace_id: UUID,
    *,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    statuses: Collection[IssueStatus] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Listed[IssueLine]:
    """List issues as `listing.issues_page` does, each with whose it is."""
    page = issues_page(
        reach,
        workspace_id=workspace_id,
        specification_id=specification_id,
        schedule_id=schedule_id,
        statuses=statuses,
        since=since,
        until=until,
        after=after,
        limit=limit,
    )
    return Listed(items=lines_of(reach, workspace_id, page.items), next=page.next)


def lines_of(reach: Reach, workspace_id: UUID, issues: Sequence[IssueRow]) -> Sequence[IssueLine]:
    """Return issues of a workspace, which the caller has by a guard, each with whose it is."""
    with reach.app.database.read() as connection:
        outcomes = outcomes_of_issues(connection, issues)
        made_by = runs.schedules_of_runs(connection, [issue.run_id for issue in issues])
        owned = {issue.specification_id for issue in issues}
        names = overview.names_of(connection, owned, workspace_id)
        titles = overview.schedule_names(connection, set(made_by.values()))
    return [
        IssueLine(
            issue=issue,
            outcome=outcomes[issue.id],
            specification=names.get(issue.specification_id, ""),
            schedule=_named(titles, made_by.get(issue.run_id)),
        )
        for issue in issues
    ]


def specifications_to_choose(
    reach: Reach, workspace_id: UUID, *, with_cancelled: bool = True
) -> Mapping[UUID, str]:
    """Return the names of a workspace's specifications; cancelled ones have a past as well."""
    reach.workspace(workspace_id)
    with reach.app.database.read() as connection:
        found = specifications.list_specifications(
            connection, workspace_id=workspace_id, with_cancelled=with_cancelled
        )
    return {row.id: row.document.name for row in found}


def _named(titles: Any, schedule_id: UUID | None) -> str:
    return "" if schedule_id is None else titles.get(schedule_id, "")
