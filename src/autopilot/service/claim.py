"""Claim: queued runs become ours, in the order in which workspaces and schedules take their turns.

The most urgent first, then workspace by workspace; within the caps on running runs (which several
workers at once may pass by what each claims), and never two runs of a schedule that wants one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.run import Run, Trigger
from autopilot.errors import Conflict
from autopilot.service.context import App
from autopilot.service.lease import Lease, never
from autopilot.store import batches, handout, queue, runs

CLAIM_TRIES = 3


def claim_next(app: App, *, stopping: Callable[[], bool] = never) -> Lease | None:
    """Claim the next queued run in turn, or return None when there is none to be had."""
    claimed = claim_runs(app, most=1)
    return Lease(app, claimed[0], stopping) if claimed else None


def claim_new(app: App, run: Run) -> Lease:
    """Store a new run and claim it at once, so that no other worker sees it queued."""
    claimed = run.claim(uuid4(), app.clock(), app.settings.lease)
    with app.database.begin() as connection:
        runs.add_run(connection, run)
        runs.move_run(connection, run, claimed)
    return Lease(app, claimed, never)


def claim_run(app: App, run_id: UUID) -> Run | None:
    """Claim this queued run and no other; None where it is not there to be had, or not now.

    Not now is: it is not due, another of its schedule is running, or a cap on running runs is met.
    """
    now, token = app.clock(), uuid4()
    with suppress(Conflict), app.database.begin() as connection:
        run = handout.claimable_run(connection, run_id, now)
        if run is None or not _has_room(app, connection, run):
            return None
        claimed = run.claim(token, now, app.settings.lease)
        if not batches.claim_runs(connection, [run], [claimed]):
            raise Conflict("Another worker claimed this run at this instant.")
        return claimed
    return None


def startable_in_turn(app: App, *, most: int) -> Sequence[Run]:
    """Return up to so many queued runs in the order in which they would be claimed; none is held.

    Fewer where a cap on running runs leaves less room.
    """
    now, overall = app.clock(), app.settings.max_running
    with app.database.read() as connection:
        if overall is not None:
            most = max(0, min(most, overall - queue.count_running(connection)))
        most_each = app.settings.max_running_per_workspace
        return _in_turn(
            connection, now, most, most_each, read=handout.startable_runs, together=False
        )


def claim_runs(app: App, *, most: int) -> Sequence[Run]:
    """Claim up to so many queued runs in turn, in one transaction; fewer, or none, where few wait.

    A run that lost a worker before is claimed alone: should it take another one with it, no other
    run must be counted as dead.
    """
    for _ in range(CLAIM_TRIES):
        try:
            return _claim(app, most)
        except Conflict:
            # Another worker took one of them, or one of the same schedule, at this instant.
            most = 1
    return ()


def _claim(app: App, most: int) -> Sequence[Run]:
    now, overall = app.clock(), app.settings.max_running
    with app.database.begin() as connection:
        if overall is not None:
            most = max(0, min(most, overall - queue.count_running(connection)))
        chosen = _in_turn(connection, now, most, app.settings.max_running_per_workspace)
        token, lease = uuid4(), app.settings.lease
        claimed = [run.claim(token, now, lease) for run in chosen]
        if not batches.claim_runs(connection, chosen, claimed):
            raise Conflict("Another worker claimed one of these runs at this instant.")
    return claimed


def _has_room(app: App, connection: Connection, run: Run) -> bool:
    """Whether the caps let one more of its workspace run."""
    overall, each = app.settings.max_running, app.settings.max_running_per_workspace
    if overall is not None and queue.count_running(connection) >= overall:
        return False
    return each is None or queue.count_running(connection, run.workspace_id) < each


class _Read(Protocol):
    def __call__(
        self, connection: Connection, workspace_id: UUID, now: datetime, *, most: int
    ) -> Sequence[Run]: ...


@dataclass(slots=True, kw_only=True)
class _Line:
    """A workspace's queue, read a little at a time, and how many of its runs may still start."""

    workspace_id: UUID
    room: int
    read_runs: _Read
    runs: deque[Run] = field(default_factory=deque)
    read: set[UUID] = field(default_factory=set)
    goes_on: bool = True

    def read_on(self, connection: Connection, now: datetime, more: int) -> None:
        """Read the next runs of it, at most so many."""
        most = len(self.read) + more
        found = self.read_runs(connection, self.workspace_id, now, most=most)
        self.runs.extend(run for run in found if run.id not in self.read)
        self.read.update(run.id for run in found)
        self.goes_on = len(found) == most


def _in_turn(
    connection: Connection,
    now: datetime,
    most: int,
    most_each: int | None,
    *,
    read: _Read = queue.claimable_runs,
    together: bool = True,
) -> Sequence[Run]:
    """Return the next runs in turn: of the most urgent, those of whoever was served longest ago.

    What is executed `together` must not hold a run that lost a worker before, beside others.
    """
    chosen: list[Run] = []
    schedules: set[UUID | None] = set()
    turns = count()
    lines = [
        (-one.priority, next(turns), _line(one, most, most_each, read))
        for one in (queue.workspaces_waiting(connection, now, most_each=most_each) if most else ())
    ]
    while lines and len(chosen) < most:
        urgency, turn, line = heappop(lines)
        if not line.runs:
            # An even share, so that a line of thousands is not read for a few of its runs.
            share = -(-(most - len(chosen)) // (len(lines) + 1))
            line.read_on(connection, now, min(share, line.room))
        elif together and line.runs[0].deaths and chosen:
            break
        elif _fits(run := line.runs.popleft(), schedules):
            chosen.append(run)
            turn, line.room = next(turns), line.room - 1
            if together and run.deaths:
                break
            if run.trigger is Trigger.SCHEDULE:
                schedules.add(run.schedule_id)
        if line.room and (line.runs or line.goes_on):
            # What is not read yet is no more urgent than what was.
            urgency = -line.runs[0].priority if line.runs else urgency
            heappush(lines, (urgency, turn, line))
    return chosen


def _line(waiting: queue.Waiting, most: int, most_each: int | None, read: _Read) -> _Line:
    room = most if most_each is None else most_each - (waiting.running or 0)
    return _Line(workspace_id=waiting.workspace_id, room=room, read_runs=read)


def _fits(run: Run, schedules: Collection[UUID | None]) -> bool:
    """Whether a run may run beside those of these schedules."""
    return not run.alone or run.schedule_id is None or run.schedule_id not in schedules
