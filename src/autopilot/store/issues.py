"""Issues: the finished newsletters and their stories, frozen when their run succeeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select

from autopilot.domain.issue import UNREAD
from autopilot.store.tables import issue_stories, issues


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """One row of `issues`; the hashes name the stored HTML and text part.

    `notes` are what readers were told of its making, `report` is what the gate found, with a score;
    `review` is how it is reviewed (None: not at all), `release_at` when it goes out by itself or
    expires, `version` grows with every move and edit.
    """

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    run_id: UUID
    scheduled_for: datetime | None
    status: str
    subject: str
    preheader: str
    writer: str
    html_sha256: str
    text_sha256: str
    created_at: datetime
    intro: str = ""
    notes: Sequence[str] = ()
    report: Mapping[str, Any] | None = None
    draft_sha256: str | None = None
    review: Mapping[str, Any] | None = None
    release_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """One row of `issue_stories`; `document` is the story as JSON for people and programs."""

    key: str
    document: dict[str, Any]


def add_issue(connection: Connection, issue: IssueRow, stories: Sequence[StoryRow]) -> None:
    """Insert an issue with its stories in reading order; a run has at most one."""
    connection.execute(
        insert(issues).values(
            id=issue.id,
            workspace_id=issue.workspace_id,
            specification_id=issue.specification_id,
            run_id=issue.run_id,
            scheduled_for=issue.scheduled_for,
            status=issue.status,
            subject=issue.subject,
            preheader=issue.preheader,
            writer=issue.writer,
            html_sha256=issue.html_sha256,
            text_sha256=issue.text_sha256,
            created_at=issue.created_at,
            intro=issue.intro,
            notes=list(issue.notes),
            report=issue.report,
            draft_sha256=issue.draft_sha256,
            review=issue.review,
            release_at=issue.release_at,
            version=issue.version,
        )
    )
    if stories:
        connection.execute(
            insert(issue_stories),
            [
                {
                    "issue_id": issue.id,
                    "position": place,
                    "key": story.key,
                    "document": story.document,
                }
                for place, story in enumerate(stories, start=1)
            ],
        )


def issue_of_run(connection: Connection, run_id: UUID) -> IssueRow | None:
    """Return the issue a run made."""
    row = connection.execute(select(issues).where(issues.c.run_id == run_id)).first()
    return None if row is None else _issue(row)


def stories_of(connection: Connection, issue_id: UUID) -> Sequence[StoryRow]:
    """Return the stories of an issue in reading order."""
    query = (
        select(issue_stories)
        .where(issue_stories.c.issue_id == issue_id)
        .order_by(issue_stories.c.position)
    )
    return [StoryRow(key=row.key, document=row.document) for row in connection.execute(query)]


def stories_sent_before(
    connection: Connection, specification_id: UUID, slot: datetime, *, issues_back: int
) -> Sequence[tuple[datetime, StoryRow]]:
    """Return the stories of the last scheduled issues before a slot, oldest issue first.

    Drafts, of backfilled slots for example, were never meant for readers; held ones are not theirs
    yet.
    """
    recent = (
        select(issues.c.id, issues.c.scheduled_for)
        .where(
            issues.c.specification_id == specification_id,
            issues.c.scheduled_for < slot,
            issues.c.status.not_in(UNREAD),
        )
        .order_by(issues.c.scheduled_for.desc())
        .limit(issues_back)
        .subquery()
    )
    query = (
        select(recent.c.scheduled_for, issue_stories)
        .join(issue_stories, issue_stories.c.issue_id == recent.c.id)
        .order_by(recent.c.scheduled_for, issue_stories.c.position)
    )
    return [
        (row.scheduled_for, StoryRow(key=row.key, document=row.document))
        for row in connection.execute(query)
    ]


def _issue(row: Row[Any]) -> IssueRow:
    return IssueRow(
        id=row.id,
        workspace_id=row.workspace_id,
        specification_id=row.specification_id,
        run_id=row.run_id,
        scheduled_for=row.scheduled_for,
        status=row.status,
        subject=row.subject,
        preheader=row.preheader,
        writer=row.writer,
        html_sha256=row.html_sha256,
        text_sha256=row.text_sha256,
        created_at=row.created_at,
        intro=row.intro,
        notes=tuple(row.notes or ()),
        report=row.report,
        draft_sha256=row.draft_sha256,
        review=row.review,
        release_at=row.release_at,
        version=row.version,
    )
