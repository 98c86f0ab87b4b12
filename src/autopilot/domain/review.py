"""Review: whether a person sees an issue before its readers do, and who."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from autopilot.domain.address import MailAddress
from autopilot.domain.document import Document

DEFAULT_HOLD_HOURS = 4
DEFAULT_EXPIRES_HOURS = 48
MAX_REVIEWERS = 50


class ReviewMode(StrEnum):
    """At once, after some hours unless somebody holds it, or only when somebody approves it."""

    PUBLISH = "publish"
    HOLD = "hold"
    APPROVE = "approve"


class LetterStatus(StrEnum):
    """Where a letter to a reviewer stands. unknown: its sender died, or the connection was lost after
    the content left; it is not sent again.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Review(Document):
    """A schedule's review. `hold_hours` is how long reviewers have before the slot (mode hold);
    an issue that nobody approved within `expires_hours` after its slot expires (mode approve).
    """

    mode: ReviewMode = ReviewMode.PUBLISH
    hold_hours: float = Field(default=DEFAULT_HOLD_HOURS, gt=0, le=168)
    expires_hours: float = Field(default=DEFAULT_EXPIRES_HOURS, gt=0, le=720)
    reviewers: tuple[MailAddress, ...] = Field(default=(), max_length=MAX_REVIEWERS)

    @model_validator(mode="before")
    @classmethod
    def _mode_alone(cls, given: Any) -> Any:
        """`review: hold` is short for `review: {mode: hold}`."""
        return {"mode": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _somebody_reviews(self) -> Review:
        if self.mode is ReviewMode.APPROVE and not self.reviewers:
            raise ValueError("mode approve needs reviewers: otherwise every issue expires unseen")
        return self

    @property
    def hold(self) -> timedelta:
        """How long an issue is held before its slot."""
        return timedelta(hours=self.hold_hours)

    @property
    def expiry(self) -> timedelta:
        """How long after its slot an issue may still be approved."""
        return timedelta(hours=self.expires_hours)
