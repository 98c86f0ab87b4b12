"""Bulk: one act on many schedules. Each is done by itself, so that one that cannot be keeps no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from autopilot.domain.access import Right
from autopilot.domain.schedule import Schedule
from autopilot.errors import AutopilotError, InputRefused, Problem
from autopilot.service.access.reach import Reach
from autopilot.service.schedules import disable_schedule, enable_schedule

MOST = 1_000
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """What became of it: the schedules that changed, and why each of the others did not."""

    changed: tuple[Schedule, ...]
    refused: tuple[tuple[UUID, str], ...] = ()


def pause_schedules(reach: Reach, schedule_ids: Iterable[UUID], *, reason: str) -> Bulk:
    """Switch schedules off with one reason; each needs the right to edit in its workspace."""
    wanted = checked_reason(reason)

    def pause(schedule_id: UUID) -> Schedule:
        return disable_schedule(schedule_id, reason=wanted, actor=reach.actor, app=reach.app)

    return _each(reach, schedule_ids, pause)


def resume_schedules(reach: Reach, schedule_ids: Iterable[UUID]) -> Bulk:
    """Switch schedules on, each from its next slot after now."""

    def resume(schedule_id: UUID) -> Schedule:
        return enable_schedule(schedule_id, actor=reach.actor, app=reach.app)

    return _each(reach, schedule_ids, resume)


def checked_reason(reason: str) -> str:
    """Return a reason as one line; raises InputRefused for none, or one nobody would read."""
    line = " ".join(reason.split())
    if 1 <= len(line) <= LONGEST_REASON:
        return line
    problem = Problem(
        path="reason",
        message="is missing" if not line else f"has {len(line)} characters",
        allowed=f"1 to {LONGEST_REASON} characters, for whoever finds it paused",
        example="The editor is away until 6 January",
    )
    raise InputRefused("The schedule is not paused yet:", [problem])


def _each(reach: Reach, schedule_ids: Iterable[UUID], act: Callable[[UUID], Schedule]) -> Bulk:
    wanted = tuple(dict.fromkeys(schedule_ids))
    if len(wanted) > MOST:
        problem = Problem(
            path="schedules", message=f"{len(wanted)} at once", allowed=f"up to {MOST}"
        )
        raise InputRefused("These are too many schedules:", [problem])
    changed: list[Schedule] = []
    refused: list[tuple[UUID, str]] = []
    for schedule_id in wanted:
        try:
            changed.append(act(reach.schedule(schedule_id, Right.EDIT).id))
        except AutopilotError as error:
            refused.append((schedule_id, error.message))
    return Bulk(changed=tuple(changed), refused=tuple(refused))
