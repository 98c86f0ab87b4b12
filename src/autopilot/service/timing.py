"""Timing: where a schedule stands after it was created, retimed, switched on or off."""

from __future__ import annotations

from datetime import datetime

from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import calculate_next_run
from autopilot.domain.schedule import Schedule
from autopilot.errors import Problem, RuleInvalid


def new_state(
    schedule: Schedule, enabled: bool, now: datetime, *, retimed: bool = True
) -> Schedule:
    """Return the schedule switched on or off, its next slot strictly after now.

    Nothing before now is replayed. Raises RuleInvalid when it is to be on and has no slot left.
    """
    if not enabled:
        return schedule.pause(None) if schedule.enabled else schedule
    if schedule.enabled and schedule.next_run_at is not None and not retimed:
        return schedule
    return schedule.resume(first_slot_after(schedule, now))


def first_slot_after(schedule: Schedule, now: datetime) -> datetime:
    """Return a schedule's first slot after now; raises RuleInvalid when there is none."""
    slot = next_slot_at(schedule.rule, now)
    if slot is None:
        problem = Problem(
            path="config", message=f"the rule of {schedule.name!r} has no slot after {now:%Y-%m-%d}"
        )
        raise RuleInvalid("The schedule would never run:", [problem])
    return slot


def next_slot_at(rule: Rule, after: datetime) -> datetime | None:
    """Return the instant of a rule's next slot strictly after an instant, or None."""
    slot = calculate_next_run(rule, after)
    return None if slot is None else slot.utc
