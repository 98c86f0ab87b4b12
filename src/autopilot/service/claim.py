"""Claim: queued runs become ours, in the order in which workspaces and schedules take their turns.

The most urgent first, then workspace by workspace; within the caps on running runs (which several
workers at once may pass by what each claims), and never two runs of a schedule that wants one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.run import Run, Trigger
from autopilot.errors import Conflict
from autopilot.service.context import App
from autopilot.service.lease import Lease, never
from autopilot.store import batches, queue, runs

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


@dataclass(slots=True, kw_only=True)
class _Line:
    """A workspace's queue, read a little at a time, and how many of its runs may still start."""

    workspace_id: UUID
    room: int
    runs: deque[Run] = field(default_factory=deque)
    read: set[UUID] = field(default_factory=set)
    goes_on: bool = True

    def read_on(self, connection: Connection, now: datetime, more: int) -> None:
        """Read the next runs of it, at most so many."""
        most = len(self.read) + more
        found = queue.claimable_runs(connection, self.workspace_id, now, most=most)
        self.runs.extend(run for run in found if run.id not in self.read)
        self.read.update(run.id for run in found)
        self.goes_on = len(found) == most


def _in_turn(
    connection: Connection, now: datetime, most: int, most_each: int | None
) -> Sequence[Run]:
    """Return the next runs in turn: of the most urgent, those of whoever was served longest ago."""
    chosen: list[Run] = []
    schedules: set[UUID | None] = set()
    turns = count()
    lines = [
        (-one.priority, next(turns), _line(one, most, most_each))
        for one in (queue.workspaces_waiting(connection, now, most_each=most_each) if most else ())
    ]
    while lines and len(chosen) < most:
        urgency, turn, line = heappop(lines)
        if not line.runs:
            # An even share, so that a line of thousands is not read for a few of its runs.
            share = -(-(most - len(chosen)) // (len(lines) + 1))
            line.read_on(connection, now, min(share, line.room))
        elif line.runs[0].deaths and chosen:
            break
        elif _fits(run := line.runs.popleft(), schedules):
            chosen.append(run)
            turn, line.room = next(turns), line.room - 1
            if run.deaths:
                break
            if run.trigger is Trigger.SCHEDULE:
                schedules.add(run.schedule_id)
        if line.room and (line.runs or line.goes_on):
            # What is not read yet is no more urgent than what was.
            urgency = -line.runs[0].priority if line.runs else urgency
            heappush(lines, (urgency, turn, line))
    return chosen


def _line(waiting: queue.Waiting, most: int, most_each: int | None) -> _Line:
    room = most if most_each is None else most_each - (waiting.running or 0)
    return _Line(workspace_id=waiting.workspace_id, room=room)


def _fits(run: Run, schedules: Collection[UUID | None]) -> bool:
    """Whether a run may run beside those of these schedules."""
    return not run.alone or run.schedule_id is None or run.schedule_id not in schedules
