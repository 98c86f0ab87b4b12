"""The lease on a run while a worker executes it: renewed in the background, checked at every write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Generic, TypeVar
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from autopilot.domain.content import SourceReport
from autopilot.domain.run import Run, Step
from autopilot.errors import AutopilotError, Conflict, LeaseLost
from autopilot.service.checkpoint import pack, unpack
from autopilot.service.context import App
from autopilot.service.ending import log_end, record_end
from autopilot.store import queue, runs, steps

T = TypeVar("T")
log = structlog.get_logger(__name__)
RENEWALS_PER_LEASE = 3
CLAIM_TRIES = 3


class StopRequested(Exception):
    """The worker was asked to stop: the step in hand has ended, the next one must not begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[T]):
    """What a step made, and how many things went in and came out."""

    output: T
    count_in: int
    count_out: int


def never() -> bool:
    """Say that nobody asked to stop."""
    return False


def always(_output: object) -> bool:
    """Say that a step's output is final."""
    return True


def claim_next(app: App, *, stopping: Callable[[], bool] = never) -> Lease | None:
    """Claim the next queued run in turn, or return None when there is none to be had.

    The most urgent first, then workspace by workspace in turn, within the caps on running runs
    (which several workers at once may pass by one each).
    """
    for _ in range(CLAIM_TRIES):
        try:
            return _claim_next(app, stopping)
        except Conflict:
            continue  # another worker took this run, or one of the same schedule, at this instant
    return None


def _claim_next(app: App, stopping: Callable[[], bool]) -> Lease | None:
    now, most = app.clock(), app.settings.max_running
    with app.database.begin() as connection:
        if most is not None and queue.count_running(connection) >= most:
            return None
        each = app.settings.max_running_per_workspace
        for workspace_id in queue.workspaces_waiting(connection, now, most_each=each):
            queued = queue.claimable_run(connection, workspace_id, now)
            if queued is not None:
                return _claim(app, connection, queued, stopping)
    return None


def claim_new(app: App, run: Run) -> Lease:
    """Store a new run and claim it at once, so that no other worker sees it queued."""
    with app.database.begin() as connection:
        runs.add_run(connection, run)
        return _claim(app, connection, run, never)


def _claim(app: App, connection: Connection, queued: Run, stopping: Callable[[], bool]) -> Lease:
    claimed = queued.claim(uuid4(), app.clock(), app.settings.lease)
    return Lease(app, runs.move_run(connection, queued, claimed), stopping)


class Lease:
    """A claimed run. As a context manager it renews itself; every write of the run goes through it.

    Each write compares status, epoch and owner with what this worker holds; when the row is no
    longer ours, LeaseLost stops the worker before its next effect.
    """

    def __init__(self, app: App, run: Run, stopping: Callable[[], bool]) -> None:
        self.app = app
        self.run = run
        self._stopping = stopping
        self._writing = threading.Lock()
        self._closed = threading.Event()
        self._renewer = threading.Thread(target=self._keep_renewing, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._renewer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        self._renewer.join()

    def step(
        self,
        step: Step,
        kind: type[T],
        work: Callable[[], Done[T]],
        *,
        final: Callable[[T], bool] = always,
    ) -> T:
        """Return the step's checkpoint, or do the work and keep its output as one.

        Output that is not `final` is not gone on from: a retry does the step again.
        """
        if (kept := self._kept(step, kind)) is not None:
            return kept
        if self._stopping():
            raise StopRequested
        started = time.perf_counter()
        done = work()
        seconds = time.perf_counter() - started
        self.keep(step, done, seconds=seconds, final=final(done.output))
        return done.output

    def note_sources(self, reports: tuple[SourceReport, ...]) -> None:
        """Remember what each source gave; it is written with the run's next move."""
        with self._writing:  # a renewal under way would write the run back without it
            self.run = replace(self.run, sources=reports)

    def keep(self, step: Step, done: Done[T], *, seconds: float, final: bool = True) -> None:
        """Store a finished step in the same transaction that proves the run is still ours."""
        output = pack(done.output) if final else None
        with self._writing:
            with self.app.database.begin() as connection:
                renewed = runs.move_run(connection, self.run, self._renewed())
                steps.keep_step(connection, self._row(step, done, seconds, output))
            self.run = renewed
        log.info(
            "A step is done.",
            action="step",
            run_id=str(self.run.id),
            step=step.value,
            count_in=done.count_in,
            count_out=done.count_out,
            duration_seconds=round(seconds, 3),
        )

    def end(self, ended: Run, effect: Callable[[Connection], None] | None = None) -> Run:
        """Write the end of the run together with its effect and its schedule's figures."""
        with self._writing:
            with self.app.database.begin() as connection:
                runs.move_run(connection, self.run, ended)
                if effect is not None:
                    effect(connection)
                record_end(connection, ended)
            self.run = ended  # only now: what was rolled back has not ended
        log_end(ended)
        return ended

    def retry(self, reason: str, at: datetime) -> Run:
        """Return the run to the queue after a fault that may pass, to be tried again then."""
        log.warning("A run failed and is tried again.", reason=reason, run_id=str(self.run.id))
        return self._requeue(self.run.retry(reason, at))

    def give_back(self) -> Run:
        """Return the run to the queue, for whoever comes next."""
        return self._requeue(self.run.release())

    def _requeue(self, queued: Run) -> Run:
        with self._writing:
            with self.app.database.begin() as connection:
                runs.move_run(connection, self.run, queued)
            self.run = queued
        return queued

    def _row(
        self, step: Step, done: Done[T], seconds: float, output: bytes | None
    ) -> steps.StepRow:
        return steps.StepRow(
            run_id=self.run.id,
            step=step,
            epoch=self.run.epoch,
            count_in=done.count_in,
            count_out=done.count_out,
            seconds=seconds,
            finished_at=self.app.clock(),
            output=output,
        )

    def _kept(self, step: Step, kind: type[T]) -> T | None:
        if self.run.epoch == 1:
            return None  # the first claim has no checkpoints: spare the question
        with self.app.database.read() as connection:
            row = steps.get_step(connection, self.run.id, step)
        return None if row is None or row.output is None else unpack(kind, row.output)

    def _renewed(self) -> Run:
        return self.run.renew(self.app.clock(), self.app.settings.lease)

    def _keep_renewing(self) -> None:
        pause = self.app.settings.lease.total_seconds() / RENEWALS_PER_LEASE
        while not self._closed.wait(pause):
            try:
                self._renew_once()
            except LeaseLost:
                return  # the main thread hears of it at its next write
            except AutopilotError as error:
                log.warning("A lease could not be renewed.", action="renew", error=str(error))

    def _renew_once(self) -> None:
        with self._writing:
            if self.run.owner_token is None:
                return
            with self.app.database.begin() as connection:
                renewed = runs.move_run(connection, self.run, self._renewed())
            self.run = renewed
