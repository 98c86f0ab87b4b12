"""Clock steps: what a clock that was far ahead left in the store does not wait until that time comes.

A machine that starts with a wrong clock plans slots of months to come, skips those in between as
missed, and holds leases until then. Once its clock is right, the slots that have rows stay as they
are (none is made twice); the others, the leases and the retries get their own time again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from autopilot.errors import RuleInvalid
from autopilot.service.context import App
from autopilot.service.timing import upcoming
from autopilot.store import clock_marks, schedules

log = structlog.get_logger(__name__)
# No lease lasts longer than an hour and no retry is put off for longer (settings, domain/run); within
# an hour every slot is a row, however often a schedule runs: nothing to give back.
FAR = timedelta(hours=1)
# Retries are spread by a fifth.
FAR_RETRY = FAR * 1.5


def take_back_steps(app: App, now: datetime, *, mark: datetime | None) -> bool:
    """Give everything its own time again if the clock went back by more than an hour; say whether.

    `mark` is the latest time that was written by the clock; or the time a tick has just planned with,
    for the clock may have been set right meanwhile, after somebody else has seen to the rest.
    """
    if mark is None or mark <= now + FAR:
        return False
    with app.database.begin() as connection:
        ended = clock_marks.end_leases(connection, after=now + FAR, now=now)
        begun = clock_marks.bring_forward(connection, after=now + FAR_RETRY, now=now)
        moved = _replan(connection, now)
        clock_marks.turn_back_workers(connection, now)
    log.warning(
        "The clock went back: what waited for the later time does so no longer.",
        action="clock_step",
        latest=str(mark),
        leases=ended,
        runs=begun,
        schedules=moved,
    )
    return True


def _replan(connection: Connection, now: datetime) -> int:
    """Let schedules with slots that got no row go on at now; a slot that has its row stays as it is.

    Only those: of every other one each slot until the later time is a row, or was never promised.
    """
    moved = 0
    for schedule in clock_marks.schedules_passed_by(connection, now):
        try:
            following = upcoming(schedule, schedule.rule, now + schedule.policy.lead)
        except (RuleInvalid, ValueError):
            continue  # its next tick takes it out of service, and says why
        is_later = schedule.next_run_at is not None and (
            following is not None and schedule.next_run_at > following.at
        )
        if is_later and schedules.advance_schedule(
            connection, schedule, schedule.advance(following)
        ):
            moved += 1
    return moved
