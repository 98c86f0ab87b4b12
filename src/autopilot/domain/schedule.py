"""A schedule: a rule, its next slot, and the states a person or the clock can put it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import ValidationError

from autopilot.domain.policies import Policies
from autopilot.domain.recurrence.rules import Rule, parse_rule
from autopilot.errors import Conflict, Problem, RuleInvalid


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
class Upcoming:
    """A schedule's next slot: its nominal time `at`, when its run may begin, and the calendar used.

    `due_at` is None where the run begins at the slot itself (no lead, no jitter).
    """

    at: datetime
    due_at: datetime | None
    computed_with: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One row of `autopilot_schedules`.

    `version` grows with every edit by a person and guards against two people editing at once;
    `next_run_at` is the next slot, or None when the schedule is not active; `due_at` is when its run
    may begin where that is another time (lead, jitter), and `computed_with` the calendar's version.
    `policies` holds what a person set; `policy` is complete.
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
    due_at: datetime | None = None
    computed_with: str | None = None
    consecutive_failures: int = 0
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
        return self.rule_under(self.policy)

    def rule_under(self, policy: Policies) -> Rule:
        """Return the parsed rule under its policies, for whoever has read them already."""
        return parse_rule(
            self.type,
            self.config,
            self.timezone,
            gap=policy.gap.value,
            fold=policy.fold.value,
            jitter_seconds=policy.jitter_seconds,
        )

    @property
    def policy(self) -> Policies:
        """Its policies, complete; raises RuleInvalid where the stored ones cannot be read."""
        try:
            return Policies.model_validate(dict(self.policies))
        except ValidationError as error:
            problems = [
                Problem(
                    path=str(item["loc"][0] if item["loc"] else ""),
                    message=item["msg"].removeprefix("Value error, "),
                )
                for item in error.errors()
            ]
            raise RuleInvalid("The schedule's policies cannot be used:", problems) from error

    def is_due(self, now: datetime) -> bool:
        """Whether a slot of it has come."""
        due_at = self.due_at or self.next_run_at
        return self.enabled and due_at is not None and due_at <= now

    def advance(self, upcoming: Upcoming | None) -> Schedule:
        """Move on to the next slot; a rule with no slot left is finished."""
        if upcoming is None:
            return self._stop(ScheduleStatus.FINISHED)
        return self._to(ScheduleStatus.ACTIVE, **_timing(upcoming))

    def pause(self, reason: str | None) -> Schedule:
        """Stop making runs until somebody resumes it."""
        return self._stop(ScheduleStatus.PAUSED, reason)

    def resume(self, upcoming: Upcoming | None) -> Schedule:
        """Go on from the next slot after now; slots inside the pause are never replayed."""
        if upcoming is None:
            raise Conflict(f"Schedule {self.name!r} has no slot left; change its rule first.")
        return self._to(ScheduleStatus.ACTIVE, status_reason=None, **_timing(upcoming))

    def break_off(self, reason: str) -> Schedule:
        """Stop because it cannot go on as it is; a person mends and resumes it."""
        return self._stop(ScheduleStatus.ERROR, reason)

    def cancel(self) -> Schedule:
        """Delete softly: the row stays for its history."""
        return self._stop(ScheduleStatus.CANCELLED, self.status_reason)

    def _stop(self, status: ScheduleStatus, reason: str | None = None) -> Schedule:
        return self._to(status, next_run_at=None, due_at=None, status_reason=reason)

    def _to(self, status: ScheduleStatus, **changes: object) -> Schedule:
        if status not in MOVES[self.status]:
            raise Conflict(
                f"Schedule {self.name!r} is {self.status}; it cannot become {status}.",
                hint="A cancelled schedule stays cancelled; create a new one.",
            )
        return replace(self, status=status, **changes)  # type: ignore[arg-type]


def _timing(upcoming: Upcoming) -> dict[str, object]:
    return {
        "next_run_at": upcoming.at,
        "due_at": upcoming.due_at,
        "computed_with": upcoming.computed_with,
    }
