"""Redrawing: an issue that reviewers changed is drawn again from its draft, and passes the gate again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from autopilot.domain.content import Draft
from autopilot.domain.gate import Finding, Report
from autopilot.domain.issue import IssueStatus
from autopilot.errors import Conflict, InputRefused, NotFound, Problem
from autopilot.pipeline.check import report_values
from autopilot.service.checking import Vetted, check_issue
from autopilot.service.checkpoint import pack, unpack
from autopilot.service.context import App
from autopilot.service.issue import HTML, PACKED, TEXT, story_rows
from autopilot.service.job import Job, assemble
from autopilot.service.reviewing import existing, note
from autopilot.store import issues, runs
from autopilot.store.issues import IssueRow

EDITABLE = frozenset({IssueStatus.DRAFT, IssueStatus.HELD, IssueStatus.WAITING})


class Opened(NamedTuple):
    """An issue to be changed: as it stands in the store, its draft, and all that its run knew."""

    issue: IssueRow
    draft: Draft
    job: Job


def opened(app: App, issue_id: UUID, version: int | None = None) -> Opened:
    """Return an issue with its draft; raises Conflict where it can no longer be changed."""
    with app.database.read() as connection:
        issue = existing(connection, issue_id, version)
        run = runs.get_run(connection, issue.run_id)
    if IssueStatus(issue.status) not in EDITABLE:
        raise Conflict(
            f"This issue is {issue.status.replace('_', ' ')}; it cannot be changed.",
            hint="Hold it first." if issue.status == IssueStatus.APPROVED else None,
        )
    if run is None or issue.draft_sha256 is None:
        raise NotFound(f"The draft of issue {issue_id} was not kept; it cannot be changed.")
    draft = unpack(Draft, app.artifacts.get(issue.draft_sha256))
    return Opened(issue, draft, assemble(app, run))


def redrawn(app: App, seen: Opened, draft: Draft) -> Vetted:
    """Return a changed draft as it leaves the gate; raises InputRefused for new errors in it."""
    from autopilot.pipeline.render import draw
    from autopilot.service.edition import look_of

    look = look_of(app, seen.job, seen.job.run)
    first = draw(draft, look).rendered
    vetted = check_issue(app, seen.job, draft, first, lambda mended: draw(mended, look).rendered)
    if problems := list(_new_errors(seen.issue, vetted.report)):
        raise InputRefused(
            "The gate would not let the issue through; nothing was changed:", problems
        )
    return vetted


def saved(
    app: App, seen: Opened, vetted: Vetted, *, actor: str, action: str, detail: Mapping[str, Any]
) -> IssueRow:
    """Store a changed issue with who changed what; raises Conflict where somebody was first."""
    draft, rendered, report = vetted
    changed = replace(
        seen.issue,
        subject=rendered.subject,
        preheader=rendered.preheader,
        intro=draft.intro,
        notes=draft.notes,
        html_sha256=app.artifacts.put(rendered.html.encode(), HTML),
        text_sha256=app.artifacts.put(rendered.text.encode(), TEXT),
        draft_sha256=app.artifacts.put(pack(draft), PACKED),
        report=report_values(report),
    )
    with app.database.begin() as connection:
        changed = issues.move_issue(connection, seen.issue, changed)
        issues.replace_stories(connection, changed.id, story_rows(draft))
        note(connection, changed, action, actor, app.clock(), detail)
    return changed


def _new_errors(issue: IssueRow, report: Report) -> list[Problem]:
    known = {
        (finding["rule"], finding["message"])
        for finding in (issue.report or {}).get("findings", ())
    }
    return [
        _problem(finding)
        for finding in report.errors
        if (finding.rule, finding.message) not in known
    ]


def _problem(finding: Finding) -> Problem:
    return Problem(path=finding.rule, message=finding.message, allowed=finding.advice or None)
