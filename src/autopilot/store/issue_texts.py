"""Issue texts: the words of each issue, one row to search in, written in the transaction of the issue.

They are cut and folded here (`search_words`), so that both databases find the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, literal_column, select

from autopilot.store.search_words import folded
from autopilot.store.tables import issue_stories, issue_texts, issues

# PostgreSQL refuses more than 1 MB of words in a row; nobody looks for the 100,000th letter.
LONGEST_SUBJECT, LONGEST_INTRO, LONGEST_STORIES = 1_000, 10_000, 100_000
AT_ONCE = 200  # issues in memory
STORY_PARTS = ("title", "summary")


def add_texts(
    connection: Connection,
    issue_id: UUID,
    *,
    subject: str,
    intro: str,
    stories: Iterable[Mapping[str, Any]],
) -> None:
    """Insert the words of an issue; `stories` are its documents in reading order."""
    told = " ".join(text for document in stories for text in story_texts(document))
    texts = {
        "subject": folded(subject[:LONGEST_SUBJECT]),
        "intro": folded(intro[:LONGEST_INTRO]),
        "stories": folded(told[:LONGEST_STORIES]),
    }
    words = _words(texts) if connection.dialect.name == "postgresql" else None
    connection.execute(insert(issue_texts).values(issue_id=issue_id, words=words, **texts))


def replace_texts(connection: Connection, issue_id: UUID) -> None:
    """Put the words that an edited issue has now in the place of those it had."""
    connection.execute(delete(issue_texts).where(issue_texts.c.issue_id == issue_id))
    _fill(connection, [issue_id])


def fill_texts(connection: Connection) -> int:
    """Insert the words of every issue that has none here, and return of how many."""
    missing = (
        select(issues.c.id)
        .outerjoin(issue_texts, issue_texts.c.issue_id == issues.c.id)
        .where(issue_texts.c.place.is_(None))
        .order_by(issues.c.created_at, issues.c.id)
    )
    found = connection.scalars(missing).all()
    for start in range(0, len(found), AT_ONCE):
        _fill(connection, found[start : start + AT_ONCE])
    return len(found)


def _fill(connection: Connection, issue_ids: Iterable[UUID]) -> None:
    wanted = list(issue_ids)
    documents: dict[UUID, list[Mapping[str, Any]]] = {each: [] for each in wanted}
    told = (
        select(issue_stories.c.issue_id, issue_stories.c.document)
        .where(issue_stories.c.issue_id.in_(wanted))
        .order_by(issue_stories.c.issue_id, issue_stories.c.position)
    )
    for story in connection.execute(told):
        documents[story.issue_id].append(story.document)
    heads = select(issues.c.id, issues.c.subject, issues.c.intro).where(issues.c.id.in_(wanted))
    for row in connection.execute(heads).all():
        add_texts(
            connection, row.id, subject=row.subject, intro=row.intro, stories=documents[row.id]
        )


def story_texts(document: Mapping[str, Any]) -> list[str]:
    """Return what of a story's document is searched in: its title, its summary."""
    return [str(document[part]) for part in STORY_PARTS if document.get(part)]


def _words(texts: Mapping[str, str]) -> Any:
    """PostgreSQL's form of them; a subject's words weigh most."""
    parts = [
        func.setweight(func.to_tsvector("simple", texts[name]), literal_column(f"'{weight}'"))
        for name, weight in (("subject", "A"), ("intro", "B"), ("stories", "C"))
    ]
    return parts[0].op("||")(parts[1]).op("||")(parts[2])
