"""Policies as people read them: a sentence for each that is not as most people want it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autopilot.domain.policies import Policies

LEFT_OUT, TWICE = "A time that the clock leaves out", "A time that the clock shows twice"

_GAPS = {
    "next_valid": "runs at the first one after it",
    "shift": "runs as much later as the clock jumps",
    "skip": "does not run",
}
_FOLDS = {"first": "the first time only", "second": "the second time only", "both": "both times"}
_CATCH_UPS = {
    "latest": "the latest runs",
    "none": "none runs later",
    "all": "each runs later that is not too late",
}
_OVERLAPS = {
    "skip": "a slot that comes is skipped",
    "queue_one": "one slot that comes waits for its end",
    "allow": "a slot that comes runs beside it",
}

_REVIEWS = {
    "publish": "Issues go out without a review.",
    "hold": "Issues are made {hours} h early and go out unless held (told: {reviewers}).",
    "approve": "Issues go out only when one of {reviewers} approves them.",
}
SENTENCES: dict[str, Callable[[Any], str]] = {
    "gap": lambda gap: f"{LEFT_OUT} {_GAPS[gap]}.",
    "fold": lambda fold: f"{TWICE} runs {_FOLDS[fold]}.",
    "jitter_seconds": lambda seconds: f"Runs begin up to {seconds} s after their slot.",
    "catch_up": lambda catch_up: f"Of slots that were missed {_CATCH_UPS[catch_up]}.",
    "max_lateness_minutes": lambda most: (
        f"A slot found more than {_minutes(most)} late is skipped."
    ),
    "overlap": lambda overlap: f"While the run before is going, {_OVERLAPS[overlap]}.",
    "period_guard": lambda guard: (
        "A period gets no more issues than the rule has slots in it."
        if guard
        else "A period may get more issues than the rule has slots in it."
    ),
    "lead_minutes": lambda lead: f"Runs begin {_minutes(lead)} before their slot.",
    "retries": lambda retries: (
        f"A run that fails is tried again {_times(retries)} at most."
        if retries
        else "A run that fails is not tried again."
    ),
    "pause_after_failures": lambda most: (
        f"It is paused after {most} failed run{'s' * (most != 1)} in a row."
        if most
        else "However many of its runs fail, it goes on."
    ),
    "priority": lambda priority: (
        f"Its runs come {'before' if priority > 0 else 'after'} others (priority {priority})."
    ),
    "review": lambda review: _REVIEWS[review.mode].format(
        hours=f"{review.hold_hours:g}", reviewers=", ".join(review.reviewers) or "nobody by mail"
    ),
}


def policy_sentences(policies: Policies) -> Iterator[str]:
    """Yield a sentence for each policy that differs from its default."""
    for key, field in type(policies).model_fields.items():
        value = getattr(policies, key)
        if value != field.default:
            yield SENTENCES[key](value)


def _minutes(count: int) -> str:
    for unit, size in (("day", 1440), ("hour", 60)):
        if count % size == 0:
            return f"{count // size} {unit}{'s' * (count != size)}"
    return f"{count} minute{'s' * (count != 1)}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
