"""Recompute: next slots that another calendar computed - older rules, or an older time zone database."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection

from autopilot.domain.schedule import Schedule
from autopilot.errors import RuleInvalid
from autopilot.service.context import App
from autopilot.service.timing import calendar_version, upcoming
from autopilot.store import schedules

log = structlog.get_logger(__name__)
BATCH = 500  # schedules per transaction: a large store goes on being used meanwhile


def recompute(app: App) -> int:
    """Compute future next slots again where the calendar has changed; return how many moved.

    Done when a worker starts. A slot that has come stays, even while it waits for its jitter: it was
    promised; one begun ahead of its time does not come back. A schedule whose rule can no longer be
    read is left for the tick, which takes it out of service visibly.
    """
    now, version = app.clock(), calendar_version()
    moved, after = 0, None
    while True:
        with app.database.begin() as connection:
            stale = schedules.computed_otherwise(connection, version, after=after, limit=BATCH)
            moved += sum(_recompute(connection, schedule, now) for schedule in stale)
        if len(stale) < BATCH:
            return moved
        after = stale[-1].id


def _recompute(connection: Connection, schedule: Schedule, now: datetime) -> bool:
    newer = _recomputed(schedule, now)
    if newer is None or not schedules.advance_schedule(connection, schedule, newer):
        return False
    _log(schedule, newer)
    return newer.next_run_at != schedule.next_run_at


def _recomputed(schedule: Schedule, now: datetime) -> Schedule | None:
    """The schedule with its next slot found anew; None where the slot it has must stay."""
    try:
        begun = now + schedule.policy.lead
        if schedule.is_due(now) or (schedule.next_run_at or now) <= begun:
            return None
        return schedule.advance(upcoming(schedule, schedule.rule, begun))
    except (RuleInvalid, ValueError):
        return None


def _log(before: Schedule, after: Schedule) -> None:
    if before.next_run_at != after.next_run_at:
        log.warning(
            "The calendar changed: a next slot moved.",
            action="recompute",
            schedule_id=str(before.id),
            before=str(before.next_run_at),
            after=str(after.next_run_at),
            computed_with=after.computed_with,
        )
