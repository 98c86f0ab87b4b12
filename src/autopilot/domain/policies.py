"""Policies: what a schedule does when time or work is not as planned. Its rule says when; these say
what then. Defaults are what most people want; each can be set beside `type` and `config`.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from autopilot.domain.review import Review, ReviewMode

MAX_LATENESS = timedelta(hours=24)


class Gap(StrEnum):
    """A wall time that does not exist: the first instant after the gap, shifted by it, or no slot."""

    NEXT_VALID = "next_valid"
    SHIFT = "shift"
    SKIP = "skip"


class Fold(StrEnum):
    """A wall time that comes twice: the first, the second, or both."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"


class CatchUp(StrEnum):
    """Slots missed while nobody worked: the latest one, none, or all that are not too late."""

    LATEST = "latest"
    NONE = "none"
    ALL = "all"


class Overlap(StrEnum):
    """A slot that comes while the run before is still going: skip it, queue one, or run both."""

    SKIP = "skip"
    QUEUE_ONE = "queue_one"
    ALLOW = "allow"


class Policies(BaseModel):
    """A schedule's policies, complete. Durations are in the unit their name says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gap: Gap = Gap.NEXT_VALID
    fold: Fold = Fold.FIRST
    jitter_seconds: int = Field(default=0, ge=0, le=3_600)
    catch_up: CatchUp = CatchUp.LATEST
    max_lateness_minutes: int | None = Field(default=None, ge=1, le=44_640)
    overlap: Overlap = Overlap.SKIP
    period_guard: bool = True
    lead_minutes: int | None = Field(default=None, ge=0, le=10_080)
    retries: int = Field(default=3, ge=0, le=10)
    pause_after_failures: int = Field(default=5, ge=0, le=1_000)
    priority: int = Field(default=0, ge=-100, le=100)
    review: Review = Review()

    def lateness_limit(self, period: timedelta) -> timedelta:
        """Return how late a slot may still run: as set, else one period, at most 24 hours."""
        if self.max_lateness_minutes is not None:
            return timedelta(minutes=self.max_lateness_minutes)
        return min(period, MAX_LATENESS)

    @property
    def lead(self) -> timedelta:
        """How long before its slot a run becomes due: as set, else as long as reviewers have."""
        if self.lead_minutes is not None:
            return timedelta(minutes=self.lead_minutes)
        return self.review.hold if self.review.mode is ReviewMode.HOLD else timedelta(0)
