"""A schedule: a rule, its next slot, and the states a person or the clock can put it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from autopilot.domain.recurrence.rules import Rule, parse_rule
from autopilot.errors import Conflict


class ScheduleStatus(StrEnum):
    """Where a schedule stands. Only an active one has slots that become runs."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    ERROR = "error"
    FINISHED = "finished"


MOVES: dict[ScheduleStatus, frozenset[ScheduleStatus]] = {
    ScheduleStatus.ACTIVE: frozenset(ScheduleStatus),
    ScheduleStatus.PAUSED: frozenset(
        {ScheduleStatus.ACTIVE, ScheduleStatus.PAUSED, ScheduleStatus.CANCELLED}
    ),
    ScheduleStatus.ERROR: frozenset(
        {ScheduleStatus.ACTIVE, ScheduleStatus.PAUSED, ScheduleStatus.CANCELLED}
    ),
    ScheduleStatus.FINISHED: frozenset({ScheduleStatus.ACTIVE, ScheduleStatus.CANCELLED}),
    ScheduleStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One row of `autopilot_schedules`.

    `version` grows with every edit by a person and guards against two people editing at once;
    `next_run_at` is the next slot, or None when the schedule is not active.
    """

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    created_by: str
    name: str
    type: str
    config: Mapping[str, object]
    timezone: str
    status: ScheduleStatus = ScheduleStatus.ACTIVE
    next_run_at: datetime | None = None
    version: int = 1
    status_reason: str | None = None
    categories_override: tuple[str, ...] | None = None
    regions_override: tuple[str, ...] | None = None
    cadence_override: str | None = None
    notes: str | None = None
    last_run_at: datetime | None = None
    last_run_status: str | None = None
    last_run_error: str | None = None
    run_count: int = 0
    success_count: int = 0
    failure_count: int = 0
    policies: Mapping[str, object] = field(default_factory=dict)

    @property
    def enabled(self) -> bool:
        """Whether its slots become runs."""
        return self.status is ScheduleStatus.ACTIVE

    @property
    def rule(self) -> Rule:
        """The parsed rule; raises RuleInvalid where the stored document cannot be read."""
        return parse_rule(self.type, self.config, self.timezone)

    def is_due(self, now: datetime) -> bool:
        """Whether a slot of it has come."""
        return self.enabled and self.next_run_at is not None and self.next_run_at <= now

    def advance(self, next_run_at: datetime | None) -> Schedule:
        """Move on to the next slot; a rule with no slot left is finished."""
        if next_run_at is None:
            return self._to(ScheduleStatus.FINISHED, next_run_at=None)
        return self._to(ScheduleStatus.ACTIVE, next_run_at=next_run_at)

    def pause(self, reason: str | None) -> Schedule:
        """Stop making runs until somebody resumes it."""
        return self._to(ScheduleStatus.PAUSED, next_run_at=None, status_reason=reason)

    def resume(self, next_run_at: datetime | None) -> Schedule:
        """Go on from the next slot after now; slots inside the pause are never replayed."""
        if next_run_at is None:
            raise Conflict(f"Schedule {self.name!r} has no slot left; change its rule first.")
        return self._to(ScheduleStatus.ACTIVE, next_run_at=next_run_at, status_reason=None)

    def break_off(self, reason: str) -> Schedule:
        """Stop because its stored rule cannot be used; a person mends and resumes it."""
        return self._to(ScheduleStatus.ERROR, next_run_at=None, status_reason=reason)

    def cancel(self) -> Schedule:
        """Delete softly: the row stays for its history."""
        return self._to(ScheduleStatus.CANCELLED, next_run_at=None)

    def _to(self, status: ScheduleStatus, **changes: object) -> Schedule:
        if status not in MOVES[self.status]:
            raise Conflict(
                f"Schedule {self.name!r} is {self.status}; it cannot become {status}.",
                hint="A cancelled schedule stays cancelled; create a new one.",
            )
        return replace(self, status=status, **changes)  # type: ignore[arg-type]
