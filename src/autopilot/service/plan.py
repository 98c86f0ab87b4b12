"""Plan: every due slot becomes exactly one run, and its schedule moves on, in one transaction.

Losing the insert to another tick means that somebody else has the slot; any number of ticks at
once are harmless (docs/reference/schedules.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.recurrence.civil_time import tzdata_version
from autopilot.domain.run import Run, RunStatus
from autopilot.domain.schedule import Schedule, Upcoming
from autopilot.errors import Conflict
from autopilot.service.context import App
from autopilot.service.outlook import MAX_MISSED_ROWS, Hold, Outlook, look, runs_left
from autopilot.service.plan_notices import note_dropped, tell_missed
from autopilot.service.survey import Survey, survey
from autopilot.store import batches, due, figures, queue, schedules

BATCH = 250  # schedules per transaction: short for other writers, long enough to be quick
# A year of missed slots takes a while to count (0.5 s at every five minutes), and others want to
# write meanwhile: who waits for SQLite's lock looks every 100 ms.
BATCH_SECONDS = 1.0
REST_SECONDS = 0.12
INTERVALS_ON_TIME = 3  # a slot found within three poll intervals was not missed, only waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How many runs were queued, and how many slots were skipped with a reason.

    Of those, `missed` were found too late; the others were skipped as their schedule asks.
    """

    queued: int = 0
    skipped: int = 0
    missed: int = 0

    def __add__(self, other: Planned) -> Planned:
        return Planned(
            queued=self.queued + other.queued,
            skipped=self.skipped + other.skipped,
            missed=self.missed + other.missed,
        )


def plan(app: App, now: datetime, *, is_still: Callable[[], bool] = lambda: True) -> Planned:
    """Turn every slot due by now into a run, and return how many.

    Where `now` may turn out to be wrong, `is_still` says whether it still holds: nothing is
    committed for a time that does not, and planning ends.
    """
    total, has_more = Planned(), True
    while has_more:
        began = time.monotonic()
        batch = _plan_batch(app, now, is_still, most=BATCH)
        total, has_more = total + batch.planned, batch.has_more
        if has_more and time.monotonic() - began > BATCH_SECONDS:
            time.sleep(REST_SECONDS)
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBatch:
    """What planning some schedules did, which runs it claimed, and whether there may be more to plan."""

    planned: Planned = Planned()
    claimed: Sequence[Run] = ()
    has_more: bool = False


def plan_and_claim(
    app: App, now: datetime, *, most: int, is_still: Callable[[], bool], sole: UUID
) -> PlannedBatch:
    """Plan up to so many due schedules, and claim their runs as they are inserted.

    That is for slots of one workspace (`sole`) and the usual priority, while no queued run waits:
    then their runs would be the next in turn. Others are queued. Raises Conflict, with nothing
    written, where a run of one of these schedules is running already.
    """
    return _plan_batch(app, now, is_still, most=most, sole=sole)


class _TimeIsWrong(Exception):
    """The clock was set right while a batch was planned with its time: nothing of it is kept."""


def _plan_batch(
    app: App,
    now: datetime,
    is_still: Callable[[], bool],
    *,
    most: int,
    sole: UUID | None = None,
) -> PlannedBatch:
    """Plan some due schedules; with `sole`, their runs are claimed where it is their turn."""
    until = time.monotonic() + BATCH_SECONDS
    try:
        with app.database.begin() as connection:
            waiting = due.schedules_to_plan(connection, now, limit=most)
            if not waiting:
                return PlannedBatch()
            on_time = app.settings.poll_interval * INTERVALS_ON_TIME
            known = survey(connection, waiting, now, on_time=on_time)
            found, seen = _look_until(until, known, waiting, _hold_for(app, connection, sole))
            batch = _write(known, found, has_more=seen == most or seen < len(waiting))
            if not is_still():
                raise _TimeIsWrong
    except _TimeIsWrong:
        return PlannedBatch()
    return batch


def _hold_for(app: App, connection: Connection, sole: UUID | None) -> Hold | None:
    now = app.clock()
    if sole is None or queue.is_anybody_waiting(connection, now):
        return None
    until = now + app.settings.lease
    return Hold(workspace_id=sole, owner_token=uuid4(), now=now, lease_until=until)


def _look_until(
    moment: float, known: Survey, waiting: Sequence[Schedule], hold: Hold | None
) -> tuple[Sequence[Outlook], int]:
    """Look at schedules until a moment of the monotonic clock, at one at least; say at how many."""
    found: list[Outlook] = []
    for place, schedule in enumerate(waiting, start=1):
        if (outlook := look(known, schedule, hold)) is not None:
            found.append(outlook)
        if time.monotonic() > moment:
            return found, place
    return found, len(waiting)


def _write(known: Survey, found: Sequence[Outlook], *, has_more: bool) -> PlannedBatch:
    """Insert the runs of all schedules at once, tell what was missed, and move the schedules on."""
    slots = [
        (run, verdict.slot)
        for outlook in found
        for run, verdict in zip(outlook.planned, outlook.prospect.verdicts, strict=True)
    ]
    added = batches.add_runs(known.connection, slots, tzdata_version=tzdata_version())
    claimed = [run for run, _ in slots if run.status is RunStatus.RUNNING]
    if not added >= {run.id for run in claimed}:
        raise Conflict("A run of one of these schedules is running already.")
    total = _count(known, found, added)
    _move_on(known, found)
    return PlannedBatch(planned=total, claimed=claimed, has_more=has_more)


def _count(known: Survey, found: Sequence[Outlook], added: Collection[UUID]) -> Planned:
    queued, rest = 0, Planned()
    for outlook in found:
        if len(outlook.planned) == 1 and outlook.prospect.is_plain:
            queued += outlook.planned[0].id in added
        else:
            planned = _counted(outlook, added)
            if planned.skipped:
                _tell_skipped(known, outlook, planned)
            rest += planned
    return rest + Planned(queued=queued)


def _counted(outlook: Outlook, added: Collection[UUID]) -> Planned:
    """How many runs a schedule got; a slot that somebody else has counts for nothing."""
    queued, skipped, missed = 0, outlook.prospect.dropped, outlook.prospect.dropped
    for run, verdict in zip(outlook.planned, outlook.prospect.verdicts, strict=True):
        if run.id in added:
            queued += verdict.reason is None
            skipped += verdict.reason is not None
            missed += verdict.reason is not None and verdict.missed
    return Planned(queued=queued, skipped=skipped, missed=missed)


def _tell_skipped(known: Survey, outlook: Outlook, planned: Planned) -> None:
    connection, now, schedule = known.connection, known.now, outlook.schedule
    figures.count_missed(connection, schedule.id, slots=planned.skipped, now=now)
    if planned.missed:
        goes_on = planned.queued > 0
        tell_missed(connection, schedule, missed=planned.missed, goes_on=goes_on, now=now)
    if dropped := outlook.prospect.dropped:
        note_dropped(connection, schedule, dropped=dropped, rows=MAX_MISSED_ROWS, now=now)


def _move_on(known: Survey, found: Sequence[Outlook]) -> None:
    """Set the schedules' next slots; one that has had all its runs, or all its slots, is finished."""
    connection = known.connection
    moves: list[tuple[Schedule, Upcoming]] = []
    all_moved = True
    for outlook in found:
        schedule, following = outlook.schedule, outlook.prospect.following
        if following is not None and runs_left(connection, outlook.rule, schedule) != 0:
            moves.append((schedule, following))
        else:
            finished = schedule.advance(None)
            all_moved &= schedules.advance_schedule(connection, schedule, finished)
    if not (schedules.advance_schedules(connection, moves) and all_moved):
        raise Conflict("A schedule was changed while it was planned; tick again.")
