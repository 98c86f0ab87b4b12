"""Timing: where a schedule stands after it was created, retimed, switched on or off, or planned."""

from __future__ import annotations

from datetime import datetime, timedelta

from autopilot.domain.policies import Policies
from autopilot.domain.recurrence.civil_time import tzdata_version
from autopilot.domain.recurrence.jitter import jitter
from autopilot.domain.recurrence.rules import RULES_VERSION, Rule
from autopilot.domain.recurrence.slots import Slot, calculate_next_run
from autopilot.domain.schedule import Schedule, Upcoming
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
    return schedule.resume(first_after(schedule, now))


def first_after(schedule: Schedule, now: datetime) -> Upcoming:
    """Return a schedule's first slot after now; raises RuleInvalid when there is none."""
    found = upcoming(schedule, schedule.rule, now)
    if found is None:
        problem = Problem(
            path="config", message=f"the rule of {schedule.name!r} has no slot after {now:%Y-%m-%d}"
        )
        raise RuleInvalid("The schedule would never run:", [problem])
    return found


def upcoming(schedule: Schedule, rule: Rule, after: datetime) -> Upcoming | None:
    """Return a schedule's next slot strictly after an instant and when its run may begin, or None."""
    slot = calculate_next_run(rule, after)
    return None if slot is None else coming(schedule, schedule.policy, rule, slot)


def coming(schedule: Schedule, policy: Policies, rule: Rule, slot: Slot) -> Upcoming:
    """Return a slot as the next one of its schedule, with when its run may begin."""
    due_at = begin_at(schedule, policy, rule, slot)
    return Upcoming(
        at=slot.utc,
        due_at=None if due_at == slot.utc else due_at,
        computed_with=calendar_version(),
    )


def begin_at(schedule: Schedule, policy: Policies, rule: Rule, slot: Slot) -> datetime:
    """Return when a slot's run may begin: earlier by its lead, later by its jitter.

    Jitter spreads schedules of one minute; it is the same at every call and ends before the next
    slot. The slot itself stays the nominal time everywhere.
    """
    spread = timedelta(0)
    if policy.jitter_seconds:
        following = calculate_next_run(rule, slot.utc)
        spread = jitter(str(schedule.id), slot, following, policy.jitter_seconds)
    return slot.utc - policy.lead + spread


def calendar_version() -> str:
    """Return what next slots are computed with: our rules and the time zone database."""
    return f"rules {RULES_VERSION}, tzdata {tzdata_version()}"


def is_retimed(before: Schedule, after: Schedule) -> bool:
    """Return whether an edit changes a schedule's slots, or makes them readable again."""
    try:
        was = timing_of(before)
    except RuleInvalid:
        return True
    return timing_of(after) != was


def timing_of(schedule: Schedule) -> tuple[object, ...]:
    """Return all that decides a schedule's slots; where it differs, the next slot is found anew."""
    policy = schedule.policy
    shifts = (policy.gap, policy.fold, policy.jitter_seconds, policy.lead)
    return schedule.type, dict(schedule.config), schedule.timezone, shifts
