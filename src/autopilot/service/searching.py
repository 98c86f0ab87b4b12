"""Searching: issues by their words, the best first, each with the place where the words stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from autopilot.domain.access import Right
from autopilot.domain.issue import IssueStatus
from autopilot.errors import InputRefused, NotFound, Problem
from autopilot.service.access.reach import Reach
from autopilot.service.listing import Listed
from autopilot.store.issues import IssueRow
from autopilot.store.search import Hit, search_texts
from autopilot.store.search_words import folded, is_beginning, typed_words

BEFORE, LONGEST = 60, 240  # characters of an excerpt before its first word, and in all
FARTHEST = 1_000  # results that can be paged through; whoever wants more types another word
_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an excerpt, as plain text; `is_match` for a word that was looked for."""

    text: str
    is_match: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An issue that has the words, its subject in pieces, and an excerpt of where they stand.

    `excerpt` is empty where all of them stand in the subject alone.
    """

    issue: IssueRow
    subject: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]


def search_issues(
    reach: Reach,
    workspace_id: UUID,
    text: str,
    *,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    statuses: Collection[IssueStatus] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    after: Sequence[Any] | None = None,
    limit: int = 20,
) -> Listed[Found]:
    """List issues of a workspace that have all words of a text in subject, introduction or stories.

    Quotes, operators and other signs mean nothing; accents and capitals do not matter; a word of
    three letters or more finds what begins with it. Text without any word finds nothing. Raises
    NotFound for what is not theirs to read.
    """
    _readable(reach, workspace_id, specification_id, schedule_id)
    words, offset = typed_words(text), _offset(after)
    if not words:
        return Listed(items=())
    with reach.app.database.read() as connection:
        hits = search_texts(
            connection,
            words,
            workspace_id=workspace_id,
            specification_id=specification_id,
            schedule_id=schedule_id,
            statuses=statuses,
            since=since,
            until=until,
            limit=limit + 1,
            offset=offset,
        )
    more = len(hits) > limit and offset + limit < FARTHEST
    return Listed(
        items=tuple(_found(hit, words) for hit in hits[:limit]),
        next=(str(offset + limit),) if more else None,
    )


def _readable(
    reach: Reach, workspace_id: UUID, specification_id: UUID | None, schedule_id: UUID | None
) -> None:
    reach.workspace(workspace_id, Right.READ)
    inside = []
    if specification_id is not None:
        inside.append(reach.specification(specification_id).workspace_id)
    if schedule_id is not None:
        inside.append(reach.schedule(schedule_id).workspace_id)
    if any(each != workspace_id for each in inside):
        raise NotFound("What the search is narrowed to is not in this workspace.")


def _offset(after: Sequence[Any] | None) -> int:
    if after is None:
        return 0
    if len(after) == 1 and str(after[0]).isdecimal() and int(str(after[0])[:9]) < FARTHEST:
        return int(after[0])
    raise InputRefused(
        "The page cannot be found:", [Problem(path="cursor", message="is not the `next` of a page")]
    )


def _found(hit: Hit, words: Sequence[str]) -> Found:
    subject = tuple(_pieces(hit.issue.subject, words))
    bodies = (_excerpt(body, words) for body in (hit.issue.intro, *hit.stories))
    return Found(
        issue=hit.issue, subject=subject, excerpt=next((each for each in bodies if each), ())
    )


def _excerpt(body: str, words: Sequence[str]) -> tuple[Piece, ...]:
    """The text around the first word that was looked for; empty where there is none."""
    first = next((it for it in _WORD.finditer(body) if _is_meant(it[0], words)), None)
    if first is None:
        return ()
    start = max(0, first.start() - BEFORE)
    if start:  # begin with a whole word
        start = min(body.find(" ", start) + 1 or first.start(), first.start())
    part = " ".join(body[start : start + LONGEST].split())
    is_cut = start + LONGEST < len(body)
    told = tuple(_pieces(part.rpartition(" ")[0] + "…" if is_cut and " " in part else part, words))
    return (Piece("…"), *told) if start else told


def _pieces(text: str, words: Sequence[str]) -> Iterator[Piece]:
    place = 0
    for match in _WORD.finditer(text):
        if _is_meant(match[0], words):
            if match.start() > place:
                yield Piece(text[place : match.start()])
            yield Piece(match[0], is_match=True)
            place = match.end()
    if place < len(text):
        yield Piece(text[place:])


def _is_meant(word: str, words: Sequence[str]) -> bool:
    plain = folded(word)
    return any(
        plain.startswith(wanted) if is_beginning(wanted) else plain == wanted for wanted in words
    )
