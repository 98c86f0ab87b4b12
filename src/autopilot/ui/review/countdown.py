"""Countdown: when something happens to an issue by itself, in words that stay true for half a minute."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from autopilot.domain.issue import IssueStatus
from autopilot.service.review_view import told_state
from autopilot.ui.parts.text import plain

if TYPE_CHECKING:
    from autopilot.service.review_view import ReviewView
    from autopilot.store.issues import IssueRow

EVERY_SECONDS = 30.0
_SIZES = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def left(moment: datetime, now: datetime) -> str:
    """Return how long it is until an instant: its two largest units, never a second."""
    seconds = int((moment - now).total_seconds())
    if seconds < 60:
        return "less than a minute"
    told = []
    for size, word in _SIZES:
        count, seconds = divmod(seconds, size)
        if count:
            told.append(f"{count} {word}{'s' if count > 1 else ''}")
    return " ".join(told[:2])


def told_soon(issue: IssueRow, now: datetime) -> str:
    """Return what time does with an issue: "goes out in 3 hours 5 minutes", "a person decides"."""
    moment = issue.release_at
    if issue.status != IssueStatus.WAITING or moment is None:
        return "a person decides"
    word = "goes out" if (issue.review or {}).get("mode") == "hold" else "expires"
    return f"{word} in {left(moment, now)}" if moment > now else f"{word} now"


def told_next(view: ReviewView) -> str:
    """Return where an issue stands and what happens next, as Markdown with the time that is left."""
    moment, sentence = view.issue.release_at, plain(told_state(view))
    if view.status is not IssueStatus.WAITING or moment is None:
        return sentence
    if moment <= view.now:
        return f"{sentence} **Its time has come: a worker does it at its next round.**"
    return f"**{left(moment, view.now).capitalize()} left.** {sentence}"
