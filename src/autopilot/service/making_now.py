"""Making now: a run that a person asked for on a page, and how far it is, while the page stays alive.

A living worker takes the run from the queue. Where none is alive, a thread of this process makes the
issue through the same verbs. All that is told is read from the store, so that a page can be closed
and opened again; a run whose process died is taken over by a worker, or with `take_over`.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection

from autopilot.domain.run import Run, RunStatus, Step
from autopilot.errors import AutopilotError, LeaseLost, NotFound
from autopilot.service.context import App
from autopilot.service.execute import execute
from autopilot.service.generate import manual_run
from autopilot.service.lease import Lease
from autopilot.service.outcome import outcomes_of
from autopilot.service.rescue import rescue
from autopilot.service.status import living_workers
from autopilot.store import issues, queue, runs, specifications, steps, usage
from autopilot.store.changes import announce

log = structlog.get_logger(__name__)
MOST_THREADS = 2  # what more is asked for at once waits in the queue
END_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A finished step of a run: how many things went in and came out, and how long it took."""

    step: Step
    count_in: int
    count_out: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is. `step` is the one under way: None while it is queued, and when it has ended.

    `outcome` is that of lists (`service.outcome`), `reason` says why there is no issue, `issue_id` is
    set once there is one. A run `is_stranded` when nobody works on it: see `take_over`.
    """

    run: Run
    step: Step | None
    done: Sequence[StepDone]
    outcome: str
    reason: str | None
    issue_id: UUID | None
    is_stranded: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is to come."""
        return self.run.has_ended

    @property
    def share(self) -> float:
        """How much of the steps is done, from 0 to 1."""
        return 1.0 if self.has_ended else len(self.done) / len(Step)


def begin(
    app: App,
    specification_id: UUID,
    *,
    actor: str,
    start: datetime | None = None,
    end: datetime | None = None,
    categories_override: Sequence[str] | None = None,
    regions_override: Sequence[str] | None = None,
    cadence_override: str | None = None,
    here: AbstractContextManager[object] | None = None,
) -> Run:
    """Ask for an issue of a specification now, and return its run at once.

    While a run of it that somebody asked for is under way, that one is returned, whatever it was
    asked for with: a second click never makes a second issue. With `here` this process makes it
    even where a worker lives, inside of that context. Raises as `generate` does.
    """
    with app.database.read() as connection:
        row = specifications.get_specification(connection, specification_id)
    if row is None:
        raise NotFound(f"There is no specification {specification_id}.")
    run = manual_run(
        app,
        row.id,
        row.workspace_id,
        actor,
        start=start,
        end=end,
        categories_override=categories_override,
        regions_override=regions_override,
        cadence_override=cadence_override,
    )
    with app.database.begin() as connection:
        usage.hold_workspace(connection, run.workspace_id)  # of two clicks at once one comes second
        going = queue.asked_for(connection, row.id)
        if going is not None:
            return going
        runs.add_run(connection, run)
        lease = None if here is None else _claimed(app, connection, run)
        announce(connection)
    if lease is not None:
        with _room:
            _start(lease, here or nullcontext())
        return lease.run
    return run if _is_anybody_there(app) else take_over(app, run.id)


def progress(app: App, run_id: UUID) -> Progress:
    """Return how far a run is; raises NotFound for one that is not there."""
    with app.database.read() as connection:
        run = _existing(connection, run_id)
        finished = steps.list_steps(connection, run.id, outputs=False)
        issue = issues.issue_of_run(connection, run.id)
        outcome = outcomes_of(connection, [run])[run.id]
    done = tuple(
        StepDone(step=it.step, count_in=it.count_in, count_out=it.count_out, seconds=it.seconds)
        for it in finished
    )
    return Progress(
        run=run,
        step=_under_way(run, done),
        done=done,
        outcome=outcome,
        reason=run.reason,
        issue_id=None if issue is None else issue.id,
        is_stranded=_is_stranded(app, run),
    )


def take_over(app: App, run_id: UUID) -> Run:
    """Let a thread of this process work on a run that nobody works on, and return the run.

    Nothing happens to a run that has ended, that somebody holds, or while this process has enough
    to do; asking again is harmless.
    """
    now = app.clock()
    if _claimed_by_the_dead(app, run_id, now):
        rescue(app, now)
    with _room:
        if len(_at_work) < MOST_THREADS and (lease := _claim(app, run_id)) is not None:
            _start(lease, nullcontext())
            return lease.run
    with app.database.read() as connection:
        return _existing(connection, run_id)


def _existing(connection: Connection, run_id: UUID) -> Run:
    run = runs.get_run(connection, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    return run


def _under_way(run: Run, done: Sequence[StepDone]) -> Step | None:
    if run.status is not RunStatus.RUNNING:
        return None
    finished = {it.step for it in done}
    return next((step for step in Step if step not in finished), Step.STORE)


def _is_anybody_there(app: App) -> bool:
    with app.database.read() as connection:
        return bool(living_workers(connection, app.clock(), app.settings.poll_interval))


def _is_stranded(app: App, run: Run) -> bool:
    now = app.clock()
    waits = run.status is RunStatus.QUEUED and run.due_at <= now
    return (waits or run.has_expired(now)) and not _is_anybody_there(app)


def _claimed_by_the_dead(app: App, run_id: UUID, now: datetime) -> bool:
    with app.database.read() as connection:
        return _existing(connection, run_id).has_expired(now)


def _claim(app: App, run_id: UUID) -> Lease | None:
    """Claim this run and no other; None where it is not to be had."""
    with suppress(LeaseLost), app.database.begin() as connection:
        run = _existing(connection, run_id)
        if run.status is RunStatus.QUEUED and run.due_at <= app.clock():
            return _claimed(app, connection, run)
    return None


def _claimed(app: App, connection: Connection, run: Run) -> Lease:
    claimed = run.claim(uuid4(), app.clock(), app.settings.lease)
    return Lease(app, runs.move_run(connection, run, claimed), _ending.is_set)


_room = threading.Lock()
_at_work: dict[UUID, threading.Thread] = {}
_ending = threading.Event()


def _start(lease: Lease, around: AbstractContextManager[object]) -> None:
    """Begin the thread of a claimed run; when this process ends, the run goes back to the queue."""
    if not _at_work:
        atexit.unregister(_end)
        atexit.register(_end)
    thread = threading.Thread(target=_make, args=(lease, around), name="making", daemon=True)
    _at_work[lease.run.id] = thread
    thread.start()


def _make(lease: Lease, around: AbstractContextManager[object]) -> None:
    run_id = lease.run.id
    try:
        with around:
            execute(lease)
    except AutopilotError as error:
        log.warning("A run was left.", action="left", run_id=str(run_id), error=str(error))
    finally:
        with _room:
            _at_work.pop(run_id, None)


def _end() -> None:
    """Let the steps in hand end and what is left go back to the queue; a slow one is not waited for."""
    _ending.set()
    for thread in list(_at_work.values()):
        thread.join(END_SECONDS)
