"""Review links: what one says, to whom it was given, and until when it does anything.

A link names its story by its article, not by its number: numbers change when a story is dropped.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from autopilot.domain.review import Review
from autopilot.domain.signing import Purpose, read_token
from autopilot.service.context import App
from autopilot.service.links import review_url
from autopilot.service.review_view import ReviewStory
from autopilot.service.secret import secret_key

STORY_DIGITS = 16


class Action(StrEnum):
    """What a link is for: to look and change, or one thing alone."""

    OPEN = "open"
    APPROVE = "approve"
    HOLD = "hold"
    DROP = "drop"
    STORY = "story"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a link says; `reviewer` is a place in the issue's list, `story` the mark of an article."""

    issue_id: UUID
    action: Action
    reviewer: int
    story: str = ""


def link_to(app: App, ticket: Ticket, until: datetime | None) -> str | None:
    """Return the address of a link; None where nobody outside can reach this Autopilot."""
    if app.settings.public_url is None:
        return None  # nor is a key needed to sign what nobody can open
    said = {"issue": ticket.issue_id.hex, "action": ticket.action.value, "by": ticket.reviewer}
    if ticket.story:
        said["story"] = ticket.story
    return review_url(app, json.dumps(said, separators=(",", ":")).encode(), until=until)


def read_ticket(app: App, token: str) -> Ticket | None:
    """Return what a link says; None where it was not made here, or its time is over."""
    content = read_token(secret_key(app), Purpose.REVIEW, token, now=app.clock())
    if content is None:
        return None
    said = json.loads(content)
    return Ticket(
        issue_id=UUID(said["issue"]),
        action=Action(said["action"]),
        reviewer=said["by"],
        story=said.get("story", ""),
    )


def mark_of(key: str) -> str:
    """Return what a link names a story by."""
    return hashlib.sha256(key.encode()).hexdigest()[:STORY_DIGITS]


def story_marked(stories: tuple[ReviewStory, ...], mark: str) -> ReviewStory | None:
    """Return the story a link names; None where it is no longer in the issue."""
    return next((story for story in stories if mark_of(story.key) == mark), None)


def reviewer_of(review: Review | None, ticket: Ticket) -> str | None:
    """Return whose link it is; None where the issue has no such reviewer."""
    reviewers = () if review is None else review.reviewers
    return reviewers[ticket.reviewer] if 0 <= ticket.reviewer < len(reviewers) else None
