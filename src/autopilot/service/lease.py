"""The lease on a run while a worker executes it: renewed in the background, checked at every write."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from autopilot.domain.content import SourceReport
from autopilot.domain.run import Run, RunStatus, Step
from autopilot.service.checkpoint import pack, unpack
from autopilot.service.context import App
from autopilot.service.ending import log_end, record_end
from autopilot.service.renewal import Renewal
from autopilot.service.tracing import part
from autopilot.store import runs, steps

T = TypeVar("T")
log = structlog.get_logger(__name__)


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


class Company(Protocol):
    """The runs that were claimed together with this one, as far as it concerns them."""

    renewal: Renewal

    def stand_alone(self) -> None:
        """Record what has ended and give back what was not begun: slow work comes."""

    def put_off(self, lease: Lease, ended: Run) -> None:
        """Record this end together with those of the others."""


class Lease:
    """A claimed run. As a context manager it is renewed; every write of the run goes through it.

    Each write compares status, epoch and owner with what this worker holds; when the row is no
    longer ours, LeaseLost stops the worker before its next effect. A run claimed with others
    (`company`) may leave the record of its end to them, unless it has an effect.
    """

    def __init__(
        self, app: App, run: Run, stopping: Callable[[], bool], company: Company | None = None
    ) -> None:
        self.app = app
        self.run = run
        self._stopping = stopping
        self._company = company
        self._renewal = Renewal(app) if company is None else company.renewal
        self._has_worked = False

    def __enter__(self) -> Lease:
        if self._company is None:
            self._renewal.hold((self.run,))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._company is None:
            self._renewal.close()

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
        self._has_worked = True
        if self._company is not None:
            self._company.stand_alone()
        started = time.perf_counter()
        with part(self.app, step.value) as span:
            done = work()
            span.note(count_in=done.count_in, count_out=done.count_out)
        seconds = time.perf_counter() - started
        self.keep(step, done, seconds=seconds, final=final(done.output))
        return done.output

    def note_sources(self, reports: tuple[SourceReport, ...]) -> None:
        """Remember what each source gave; it is written with the run's next move."""
        self.run = replace(self.run, sources=reports)
        self._has_worked = True

    def keep(self, step: Step, done: Done[T], *, seconds: float, final: bool = True) -> None:
        """Store a finished step in the same transaction that proves the run is still ours."""
        output = pack(done.output) if final else None
        self._keep(self._row(step, done, seconds, output))
        log.info(
            "A step is done.",
            action="step",
            run_id=str(self.run.id),
            step=step.value,
            count_in=done.count_in,
            count_out=done.count_out,
            duration_seconds=round(seconds, 3),
        )

    def keep_so_far(self, step: Step, output: bytes) -> None:
        """Store what a step under way has so far, in the transaction that proves the run is ours."""
        row = steps.StepRow(
            run_id=self.run.id,
            step=step,
            epoch=self.run.epoch,
            count_in=0,
            count_out=0,
            seconds=0.0,
            finished_at=self.app.clock(),
            output=output,
            partial=True,
        )
        self._keep(row)

    def kept_so_far(self, step: Step) -> bytes | None:
        """Return what an earlier attempt had of a step when it died."""
        row = self._stored(step)
        return row.output if row is not None and row.partial else None

    def _keep(self, row: steps.StepRow) -> None:
        with self._renewal.writing:
            with self.app.database.begin() as connection:
                renewed = runs.move_run(connection, self.run, self._renewed())
                steps.keep_step(connection, row)
            self.run = renewed

    def end(self, ended: Run, effect: Callable[[Connection], None] | None = None) -> Run:
        """Write the end of the run together with its effect and its schedule's figures.

        A run that did nothing, and with company, is recorded with the others when their turn ends.
        """
        has_no_trace = effect is None and not self._has_worked
        # A failure is told, and may pause its schedule, at once.
        if self._company is not None and has_no_trace and ended.status is not RunStatus.FAILED:
            self._company.put_off(self, ended)
            return ended
        return self.end_alone(ended, effect)

    def end_alone(self, ended: Run, effect: Callable[[Connection], None] | None = None) -> Run:
        """Write the end of the run in a transaction of its own."""
        with self._renewal.writing:
            with self.app.database.begin() as connection:
                runs.move_run(connection, self.run, ended)
                if effect is not None:
                    effect(connection)
                record_end(connection, ended)
            self.run = ended  # only now: what was rolled back has not ended
        log_end(ended)
        return ended

    def skip(self, reason: str) -> Run:
        """End the run without an issue, for a reason that is nobody's fault."""
        return self.end(self.run.skip(reason, self.app.clock()))

    def fail(self, reason: str) -> Run:
        """End the run without an issue, for a fault."""
        return self.end(self.run.fail(reason, self.app.clock()))

    def retry(self, reason: str, at: datetime) -> Run:
        """Return the run to the queue after a fault that may pass, to be tried again then."""
        log.warning(
            "A run failed and is tried again.",
            action="retry",
            reason=reason,
            run_id=str(self.run.id),
        )
        return self._requeue(self.run.retry(reason, at))

    def give_back(self) -> Run:
        """Return the run to the queue, for whoever comes next."""
        return self._requeue(self.run.release())

    def _requeue(self, queued: Run) -> Run:
        with self._renewal.writing:
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
        row = self._stored(step)
        if row is None or row.output is None or row.partial:
            return None
        return unpack(kind, row.output)

    def _stored(self, step: Step) -> steps.StepRow | None:
        if self.run.epoch == 1:
            return None  # the first claim has no checkpoints: spare the question
        with self.app.database.read() as connection:
            return steps.get_step(connection, self.run.id, step)

    def _renewed(self) -> Run:
        return self.run.renew(self.app.clock(), self.app.settings.lease)
