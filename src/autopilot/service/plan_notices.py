"""Plan notices: what planning tells the owner of a schedule, and keeps for the record."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection

from autopilot.domain.notice import Notice, NoticeKind
from autopilot.domain.schedule import Schedule
from autopilot.errors import RuleInvalid
from autopilot.store import audit, notices, schedules

log = structlog.get_logger(__name__)


def tell_missed(
    connection: Connection, schedule: Schedule, *, missed: int, goes_on: bool, now: datetime
) -> None:
    """Keep one notice for all slots of a schedule that were missed at once."""
    slots = f"{missed} slot{'s' * (missed > 1)}"
    went_on = "; the latest runs now" if goes_on else ""
    told = f"{schedule.name!r} missed {slots}{went_on}. Reasons: autopilot runs list"
    _tell(connection, schedule, NoticeKind.MISSED, told, now)


def note_dropped(
    connection: Connection, schedule: Schedule, *, dropped: int, rows: int, now: datetime
) -> None:
    """Keep count of the missed slots that got no row."""
    audit.note(
        connection,
        at=now,
        actor="autopilot",
        action="schedule.slots_missed",
        subject=("schedule", schedule.id),
        workspace_id=schedule.workspace_id,
        detail={"slots_without_row": dropped, "rows": rows},
    )


def break_off(
    connection: Connection, schedule: Schedule, error: RuleInvalid | ValueError, now: datetime
) -> None:
    """Take only this schedule out of service, visibly; the others keep their time."""
    told = error.problems[0] if isinstance(error, RuleInvalid) and error.problems else error
    reason = f"its stored rule cannot be used: {told}"
    schedules.advance_schedule(connection, schedule, schedule.break_off(reason))
    message = f"{schedule.name!r} is out of service: {reason}. Mend the rule, then resume it."
    _tell(connection, schedule, NoticeKind.PAUSED, message, now)
    log.warning("A schedule is broken.", action="break_off", schedule_id=str(schedule.id))
    audit.note(
        connection,
        at=now,
        actor="autopilot",
        action="schedule.broken",
        subject=("schedule", schedule.id),
        workspace_id=schedule.workspace_id,
        detail={"reason": reason},
    )


def _tell(
    connection: Connection, schedule: Schedule, kind: NoticeKind, message: str, now: datetime
) -> None:
    notice = Notice(
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        run_id=None,
        kind=kind,
        message=message,
        at=now,
    )
    notices.add_notice(connection, notice)
