"""Issues: the finished newsletters and their stories, frozen when their run succeeded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, literal_column, select, update

from autopilot.domain.issue import UNREAD, IssueStatus
from autopilot.errors import Conflict
from autopilot.store.issue_texts import add_texts, replace_texts
from autopilot.store.tables import issue_stories, issues

# A literal word, as in the partial index: a bound value would keep SQLite from using it.
_WAITING = issues.c.status == literal_column(f"'{IssueStatus.WAITING.value}'")
NEXT_RELEASE = select(func.min(issues.c.release_at)).where(_WAITING)


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
    _add_stories(connection, issue.id, stories)
    documents = [story.document for story in stories]
    add_texts(connection, issue.id, subject=issue.subject, intro=issue.intro, stories=documents)


def move_issue(connection: Connection, seen: IssueRow, moved: IssueRow) -> IssueRow:
    """Write a move or an edit and return it with its new version.

    Raises Conflict, with nothing written, unless the issue still is as it was seen: of two people
    who act at once the second one is told.
    """
    written = connection.execute(
        update(issues)
        .where(
            issues.c.id == seen.id,
            issues.c.status == seen.status,
            issues.c.version == seen.version,
        )
        .values(
            status=moved.status,
            subject=moved.subject,
            preheader=moved.preheader,
            html_sha256=moved.html_sha256,
            text_sha256=moved.text_sha256,
            intro=moved.intro,
            notes=list(moved.notes),
            report=moved.report,
            draft_sha256=moved.draft_sha256,
            release_at=moved.release_at,
            version=seen.version + 1,
        )
    )
    if written.rowcount != 1:
        raise Conflict(
            f"Issue {seen.id} was changed by somebody else meanwhile; nothing was done.",
            hint="Look at it again, then decide.",
        )
    return replace(moved, version=seen.version + 1)


def replace_stories(connection: Connection, issue_id: UUID, stories: Sequence[StoryRow]) -> None:
    """Put other stories, or the same in another order, in the place of an issue's."""
    connection.execute(delete(issue_stories).where(issue_stories.c.issue_id == issue_id))
    _add_stories(connection, issue_id, stories)
    replace_texts(connection, issue_id)


def get_issue(connection: Connection, issue_id: UUID) -> IssueRow | None:
    """Return the issue with this id."""
    row = connection.execute(select(issues).where(issues.c.id == issue_id)).first()
    return None if row is None else issue_from(row)


def issues_starting_with(connection: Connection, prefix: str) -> Sequence[IssueRow]:
    """Return up to two issues whose id starts with these hexadecimal digits."""
    low, high = UUID(prefix.ljust(32, "0")), UUID(prefix.ljust(32, "f"))
    query = select(issues).where(issues.c.id >= low, issues.c.id <= high).limit(2)
    return [issue_from(row) for row in connection.execute(query)]


def list_issues(
    connection: Connection,
    *,
    statuses: Collection[IssueStatus],
    workspace_id: UUID | None = None,
    specification_id: UUID | None = None,
    limit: int = 20,
) -> Sequence[IssueRow]:
    """Return issues with one of these statuses, newest first."""
    query = (
        select(issues)
        .where(issues.c.status.in_([status.value for status in statuses]))
        .order_by(issues.c.created_at.desc(), issues.c.id)
        .limit(limit)
    )
    if workspace_id is not None:
        query = query.where(issues.c.workspace_id == workspace_id)
    if specification_id is not None:
        query = query.where(issues.c.specification_id == specification_id)
    return [issue_from(row) for row in connection.execute(query)]


def issues_to_release(connection: Connection, now: datetime, *, limit: int) -> Sequence[IssueRow]:
    """Return waiting issues whose time to go out, or to expire, has come; the longest due first."""
    query = (
        select(issues)
        .where(_WAITING, issues.c.release_at <= now)
        .order_by(issues.c.release_at, issues.c.id)
        .limit(limit)
    )
    return [issue_from(row) for row in connection.execute(query)]


def count_waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many issues are under review, and when the first goes out or expires."""
    query = select(func.count(), func.min(issues.c.release_at)).where(_WAITING)
    count, first = connection.execute(query).one()
    return count, first


def next_release_at(connection: Connection) -> datetime | None:
    """Return when the next waiting issue goes out or expires."""
    found: datetime | None = connection.scalar(NEXT_RELEASE)
    return found


def issue_of_run(connection: Connection, run_id: UUID) -> IssueRow | None:
    """Return the issue a run made."""
    row = connection.execute(select(issues).where(issues.c.run_id == run_id)).first()
    return None if row is None else issue_from(row)


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


def _add_stories(connection: Connection, issue_id: UUID, stories: Sequence[StoryRow]) -> None:
    if stories:
        connection.execute(
            insert(issue_stories),
            [
                {
                    "issue_id": issue_id,
                    "position": place,
                    "key": story.key,
                    "document": story.document,
                }
                for place, story in enumerate(stories, start=1)
            ],
        )


def issue_from(row: Row[Any]) -> IssueRow:
    """Return the issue of a row that has all columns."""
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
