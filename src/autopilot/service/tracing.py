"""Tracing: the trace of a run, for whoever collects traces. Where nobody does, nothing is done.

All attempts of a run and its delivery are one trace, whichever process had them. Attributes are
counts, states and ids; never a name, an address or a text of anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from structlog.contextvars import bound_contextvars

from autopilot.domain.run import Run, RunStatus

if TYPE_CHECKING:
    from autopilot.service.context import App

Value = str | int | float | bool


class Span(Protocol):
    """Something that takes a while, with what there is to say of it."""

    @property
    def trace_id(self) -> str | None:
        """The trace in hexadecimal; None where it is not recorded."""

    def note(self, **values: Value) -> None:
        """Add attributes."""

    def fail(self, fault: type[BaseException] | None = None) -> None:
        """Mark it as failed, by a fault of this kind; what the fault says may be somebody's secret."""


class Traces(Protocol):
    """Where traces go. Nothing of it raises, or waits for the other side."""

    def warm_up(self) -> None:
        """Load what the first span would have to wait for."""

    def attempt(self, run: Run) -> AbstractContextManager[Span] | None:
        """Return the span of one attempt at a run; None where it is not recorded."""

    def part(self, name: str) -> AbstractContextManager[Span] | None:
        """Return the span of a part of the attempt under way; None where it is not recorded."""

    def note_past(
        self,
        run_id: UUID,
        name: str,
        started: datetime,
        ended: datetime,
        *,
        ok: bool,
        **values: Value,
    ) -> None:
        """Add a span of something of a run that is over."""

    def flush(self) -> None:
        """Send what is waiting, for a moment at most: the process may be frozen after this."""

    def close(self) -> None:
        """Send what is waiting, for two seconds at most."""


class Untraced:
    """A span that nobody records."""

    trace_id: str | None = None

    def note(self, **values: Value) -> None:
        """Do nothing."""

    def fail(self, fault: type[BaseException] | None = None) -> None:
        """Do nothing."""


UNTRACED: AbstractContextManager[Span] = nullcontext(Untraced())


def traced(app: App, run: Run) -> AbstractContextManager[Span]:
    """Return the span of one attempt at a run; log lines written inside carry its trace's id."""
    span = None if app.traces is None else app.traces.attempt(run)
    return UNTRACED if span is None else _logged(span)


def part(app: App, name: str) -> AbstractContextManager[Span]:
    """Return the span of a part of the attempt under way."""
    return (None if app.traces is None else app.traces.part(name)) or UNTRACED


def note_end(span: Span, ended: Run) -> None:
    """Note how an attempt at a run ended; one that waits to be tried again is queued."""
    span.note(status=ended.status.value, failures=ended.failures)
    if ended.status is RunStatus.FAILED:
        span.fail()


@contextmanager
def _logged(begun: AbstractContextManager[Span]) -> Iterator[Span]:
    with begun as span:
        known = {} if span.trace_id is None else {"trace_id": span.trace_id}
        with bound_contextvars(**known):
            yield span
