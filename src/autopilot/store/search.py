"""Search: issues that have all of some words, the best first. SQLite's FTS5 or PostgreSQL's tsvector."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    column,
    func,
    select,
    table,
)

from autopilot.domain.issue import IssueStatus
from autopilot.store.issue_texts import story_texts
from autopilot.store.issues import IssueRow, issue_from
from autopilot.store.search_words import is_beginning
from autopilot.store.tables import issue_stories, issue_texts, issues, newsletter_runs

SUBJECT, INTRO, STORIES = 10.0, 4.0, 1.0  # how much a word weighs, by where it stands
_FTS = table("issue_search", column("rowid"), column("issue_search"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One issue that was found, with its stories in reading order, each as one text."""

    issue: IssueRow
    stories: Sequence[str]


def search_texts(
    connection: Connection,
    words: Sequence[str],
    *,
    workspace_id: UUID,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    statuses: Collection[IssueStatus] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
    offset: int = 0,
) -> Sequence[Hit]:
    """Return issues of a workspace that have all words (`typed_words`), the best first.

    A word of three letters or more is also the beginning of longer ones. `since` and `until`
    (exclusive) are about when issues were made.
    """
    query = _matching(connection, words).where(issues.c.workspace_id == workspace_id)
    if specification_id is not None:
        query = query.where(issues.c.specification_id == specification_id)
    if schedule_id is not None:
        query = query.join(newsletter_runs, newsletter_runs.c.id == issues.c.run_id).where(
            newsletter_runs.c.autopilot_schedule_id == schedule_id
        )
    if statuses:
        query = query.where(issues.c.status.in_([status.value for status in statuses]))
    if since is not None:
        query = query.where(issues.c.created_at >= since)
    if until is not None:
        query = query.where(issues.c.created_at < until)
    found = [issue_from(row) for row in connection.execute(query.limit(limit).offset(offset))]
    told = _stories(connection, [issue.id for issue in found])
    return [Hit(issue=issue, stories=told[issue.id]) for issue in found]


def _stories(connection: Connection, issue_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[str]]:
    told: dict[UUID, list[str]] = {each: [] for each in issue_ids}
    query = (
        select(issue_stories.c.issue_id, issue_stories.c.document)
        .where(issue_stories.c.issue_id.in_(issue_ids))
        .order_by(issue_stories.c.issue_id, issue_stories.c.position)
    )
    for row in connection.execute(query):
        told[row.issue_id].append(" · ".join(story_texts(row.document)))
    return told


def _matching(connection: Connection, words: Sequence[str]) -> Select[tuple[object, ...]]:
    query = select(issues).join(issue_texts, issue_texts.c.issue_id == issues.c.id)
    rank: ColumnElement[float]
    if connection.dialect.name == "postgresql":
        wanted = func.to_tsquery("simple", _postgres_query(words))
        query = query.where(issue_texts.c.words.op("@@")(wanted))
        rank = -func.ts_rank(issue_texts.c.words, wanted)  # A, B, C weigh 1, 0.4, 0.2
    else:
        query = query.join(_FTS, _FTS.c.rowid == issue_texts.c.place)
        query = query.where(_FTS.c.issue_search.op("MATCH")(_sqlite_query(words)))
        rank = func.bm25(_FTS.c.issue_search, SUBJECT, INTRO, STORIES)
    return query.order_by(rank, issues.c.created_at.desc(), issues.c.id)


def _postgres_query(words: Sequence[str]) -> str:
    return " & ".join(f"'{word}'{':*' if is_beginning(word) else ''}" for word in words)


def _sqlite_query(words: Sequence[str]) -> str:
    return " AND ".join(f'"{word}"{"*" if is_beginning(word) else ""}' for word in words)
