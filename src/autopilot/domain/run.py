"""A run: one attempt to make one issue, with its states, its lease and the moves between them.

Every move is a verb that returns the run as it will be; the store writes it with one UPDATE that
compares id, status and epoch as they were seen, so that a worker which lost its lease changes
nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from autopilot.domain.content import SourceReport, Window
from autopilot.domain.evolving import evolve
from autopilot.errors import Conflict

MAX_DEATHS = 3  # a run that killed its worker this often is poison and never tried again
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
RETRY_SPREAD = (
    0.2  # each pause is up to this much shorter or longer, so that runs do not march in step
)


class RunStatus(StrEnum):
    """Where a run stands; the last four are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    """What asked for the run: a slot of a schedule, or a person."""

    SCHEDULE = "schedule"
    MANUAL = "manual"


class Step(StrEnum):
    """The steps of a run, in order."""

    COLLECT = "collect"
    SELECT = "select"
    WRITE = "write"
    RENDER = "render"
    CHECK = "check"
    STORE = "store"


MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.SKIPPED, RunStatus.CANCELLED}),
    RunStatus.RUNNING: frozenset(
        {
            RunStatus.RUNNING,
            RunStatus.QUEUED,
            RunStatus.SUCCEEDED,
            RunStatus.FAILED,
            RunStatus.SKIPPED,
            RunStatus.CANCELLED,
        }
    ),
    RunStatus.SUCCEEDED: frozenset(),
    RunStatus.FAILED: frozenset({RunStatus.QUEUED}),
    RunStatus.SKIPPED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}
# A failed run has ended too; only a person brings it back.
ENDS = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.SKIPPED, RunStatus.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of `newsletter_runs`.

    `scheduled_for` is the slot (None for a manual run), `due_at` the earliest time it may start,
    `window` the publication times it covers. While it runs, `owner_token` and `lease_until` are
    set; `epoch` grows with every claim and `attempt` counts the claims. `deaths` counts the workers
    lost at it, `failures` its faults so far; it may be retried `retries` times, not past
    `retry_until`. Unless `alone` is False, no two runs of its schedule run at once.
    """

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    schedule_id: UUID | None
    trigger: Trigger
    scheduled_for: datetime | None
    zone: str
    window: Window
    due_at: datetime
    status: RunStatus
    created_by: str
    created_at: datetime
    owner_token: UUID | None = None
    lease_until: datetime | None = None
    epoch: int = 0
    attempt: int = 0
    deaths: int = 0
    failures: int = 0
    retries: int = 0
    retry_until: datetime | None = None
    priority: int = 0
    alone: bool = True
    reason: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    sources: tuple[SourceReport, ...] = ()
    categories_override: tuple[str, ...] | None = None
    regions_override: tuple[str, ...] | None = None
    cadence_override: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether no move is left."""
        return self.status in ENDS

    def has_expired(self, now: datetime) -> bool:
        """Whether the lease ran out, so that anybody may take the run back."""
        return self.lease_until is not None and self.lease_until <= now

    def claim(self, owner_token: UUID, now: datetime, lease: timedelta) -> Run:
        """Return the run as owned by one worker until the lease ends."""
        return self._to(
            RunStatus.RUNNING,
            owner_token=owner_token,
            lease_until=now + lease,
            epoch=self.epoch + 1,
            attempt=self.attempt + 1,
            started_at=self.started_at or now,
        )

    def renew(self, now: datetime, lease: timedelta) -> Run:
        """Return the run with its lease counted from now."""
        return self._to(RunStatus.RUNNING, lease_until=now + lease)

    def release(self) -> Run:
        """Return the run to the queue, at its old place; the attempt does not count."""
        return self._to(
            RunStatus.QUEUED, owner_token=None, lease_until=None, attempt=self.attempt - 1
        )

    def rescue(self, now: datetime) -> Run:
        """Take the run from a worker that died: back to the queue, or failed as poison."""
        deaths = self.deaths + 1
        if deaths >= MAX_DEATHS:
            told = f"poison: its worker died or stalled {deaths} times"
            return replace(self.fail(told, now), deaths=deaths)
        return self._to(
            RunStatus.QUEUED, owner_token=None, lease_until=None, due_at=now, deaths=deaths
        )

    def retry_at(self, now: datetime) -> datetime | None:
        """Return when to try again after a fault that may pass, or None when it is not worth it.

        Pauses double from 30 seconds to an hour; there is no retry past `retry_until`, since the
        next slot brings an issue of its own.
        """
        pause = min(FIRST_RETRY * 2**self.failures, LONGEST_RETRY)
        spread = random.Random(f"{self.id}:{self.failures}").uniform(-1, 1)  # noqa: S311
        moment = now + pause * (1 + RETRY_SPREAD * spread)
        late = self.retry_until is not None and moment >= self.retry_until
        return None if self.failures >= self.retries or late else moment

    def retry(self, reason: str, at: datetime) -> Run:
        """Return the run to the queue after a fault that may pass, to be tried again then."""
        return self._to(
            RunStatus.QUEUED,
            owner_token=None,
            lease_until=None,
            due_at=at,
            failures=self.failures + 1,
            reason=reason,
        )

    def revive(self, now: datetime) -> Run:
        """Queue a failed run again because a person said so; finished steps are not repeated."""
        if self.status is not RunStatus.FAILED:
            raise Conflict(f"Run {self.id} is {self.status}; only a failed run can be tried again.")
        return self._to(
            RunStatus.QUEUED, due_at=now, finished_at=None, deaths=0, failures=0, reason=None
        )

    def succeed(self, now: datetime) -> Run:
        """End with an issue."""
        return self._end(RunStatus.SUCCEEDED, None, now)

    def fail(self, reason: str, now: datetime) -> Run:
        """End without an issue because something broke."""
        return self._end(RunStatus.FAILED, reason, now)

    def skip(self, reason: str, now: datetime) -> Run:
        """End without an issue although nothing broke."""
        return self._end(RunStatus.SKIPPED, reason, now)

    def cancel(self, reason: str, now: datetime) -> Run:
        """End because a person said so."""
        return self._end(RunStatus.CANCELLED, reason, now)

    def _end(self, status: RunStatus, reason: str | None, now: datetime) -> Run:
        return self._to(status, reason=reason, finished_at=now, owner_token=None, lease_until=None)

    def _to(self, status: RunStatus, **changes: object) -> Run:
        if status not in MOVES[self.status]:
            raise Conflict(f"Run {self.id} is {self.status}; it cannot become {status}.")
        return evolve(self, status=status, **changes)
