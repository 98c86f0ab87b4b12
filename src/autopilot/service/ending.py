"""Ending: what an ended run leaves behind, in the transaction that ends it.

Its schedule's figures, fewer checkpoints, and word to the owner: when a schedule fails for the
first time, when it is paused for failing on, and when it works again. Once for each outage.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import Connection

from autopilot.domain.instants import as_utc
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.domain.run import Run, RunStatus, Step, Trigger
from autopilot.domain.schedule import Schedule
from autopilot.errors import LeaseLost, RuleInvalid
from autopilot.store import audit, batches, figures, notices, schedules, steps

log = structlog.get_logger(__name__)
_BEGUN = {NoticeKind.FAILED, NoticeKind.PAUSED}  # an outage is under way
_OF_AN_OUTAGE = (*_BEGUN, NoticeKind.RECOVERED)


def record_end(connection: Connection, ended: Run) -> None:
    """Write what an ended run leaves behind; a run that a person asked for moves no figures."""
    if ended.schedule_id is not None and ended.trigger is Trigger.SCHEDULE:
        schedule = schedules.lock_schedule(connection, ended.schedule_id)
        if schedule is not None:
            figures.count_run(connection, schedule.id, ended)
            _tell(connection, schedule, ended)
    if ended.status is not RunStatus.FAILED:  # a failed run may be tried again from its last step
        steps.drop_checkpoints(connection, [ended.id], keep=Step.SELECT)


def record_ends(connection: Connection, ends: Sequence[tuple[Run, Run]]) -> None:
    """Write ends without effect of runs, each as it was held and as it ended, none of them failed.

    What they leave behind is what `record_end` would write. Raises LeaseLost, with nothing to be
    kept of it, unless all runs are still held.
    """
    if not batches.end_runs(connection, ends):
        raise LeaseLost("One of these runs is no longer held; nothing was written.")
    ended = [run for _, run in ends]
    scheduled: dict[UUID, Run] = {}
    for run in ended:
        if run.schedule_id is not None and run.trigger is Trigger.SCHEDULE:
            scheduled.setdefault(run.schedule_id, run)
    schedules.lock_schedules(connection, list(scheduled))
    told = notices.last_kinds(connection, list(scheduled), among=_OF_AN_OUTAGE)
    plain = [run for id_, run in scheduled.items() if told.get(id_) not in _BEGUN]
    figures.count_runs(connection, plain)
    counted = {run.id for run in plain}
    rest = [run for run in ended if run.id not in counted]
    for run in rest:  # of a schedule in an outage, the second of a schedule, or of a person
        record_end(connection, run)
    repeated = [run.id for run in plain if run.epoch > 1]  # the first claim keeps no checkpoint
    if repeated:
        steps.drop_checkpoints(connection, repeated, keep=Step.SELECT)


def log_ends(ended: Sequence[Run]) -> None:
    """Log how runs ended, none of them failed; nothing is made up for a log that does not want it."""
    if log.bind().is_enabled_for(logging.INFO):
        for run in ended:
            log_end(run)


def log_end(ended: Run) -> None:
    """Log how a run ended: a failure as a warning, the rest as information."""
    tell = log.warning if ended.status is RunStatus.FAILED else log.info
    tell(
        f"A run {ended.status}.",
        action="end",
        run_id=str(ended.id),
        schedule_id=ended.schedule_id and str(ended.schedule_id),
        attempt=ended.attempt,
        reason=ended.reason,
    )


def _tell(connection: Connection, schedule: Schedule, ended: Run) -> None:
    """Keep a notice where this end begins or ends an outage of the schedule.

    What was told decides: the count of failures begins anew when a person resumes or retries.
    """
    if ended.status not in {RunStatus.SUCCEEDED, RunStatus.FAILED}:
        return
    before = schedule.consecutive_failures
    told_last = notices.last_kinds(connection, [schedule.id], among=_OF_AN_OUTAGE)
    is_outage = told_last.get(schedule.id) in _BEGUN
    if ended.status is RunStatus.SUCCEEDED:
        if is_outage:
            told = f"{schedule.name!r} works again" + (f" after {before} failed" * bool(before))
            _note(connection, schedule, ended, NoticeKind.RECOVERED, told)
        return
    if not is_outage:
        told = f"{schedule.name!r} failed: {ended.reason}"
        _note(connection, schedule, ended, NoticeKind.FAILED, told)
    _pause_if_hopeless(connection, schedule, ended, failures=before + 1)


def _pause_if_hopeless(
    connection: Connection, schedule: Schedule, ended: Run, *, failures: int
) -> None:
    try:
        most = schedule.policy.pause_after_failures
    except RuleInvalid:
        return  # its next tick takes it out of service, and says why
    if not schedule.enabled or most == 0 or failures < most:
        return
    reason = f"paused after {failures} failed runs in a row; the last: {ended.reason}"
    if schedules.advance_schedule(connection, schedule, schedule.break_off(reason)):
        told = f"{schedule.name!r} was {reason}. Mend the cause, then resume it."
        _note(connection, schedule, ended, NoticeKind.PAUSED, told)
        audit.note(
            connection,
            at=as_utc(ended.finished_at or ended.created_at),
            actor="autopilot",
            action="schedule.paused",
            subject=("schedule", schedule.id),
            workspace_id=schedule.workspace_id,
            detail={"name": schedule.name, "reason": reason},
        )


def _note(
    connection: Connection, schedule: Schedule, ended: Run, kind: NoticeKind, message: str
) -> None:
    notice = Notice(
        workspace_id=schedule.workspace_id,
        specification_id=schedule.specification_id,
        schedule_id=schedule.id,
        run_id=ended.id,
        kind=kind,
        message=message,
        at=as_utc(ended.finished_at or ended.created_at),
    )
    notices.add_notice(connection, notice)
    tell = log.info if kind is NoticeKind.RECOVERED else log.warning
    tell(message, action="notice", kind=kind.value, schedule_id=str(schedule.id))
