"""Traces over OTLP/HTTP with OpenTelemetry: in batches, from a thread of their own, to one address.

The ids of a run's trace follow from the run's id, so that attempts in several processes, and the
delivery after them, are one trace: the first attempt is its root, everything later a child of that.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from requests import Session

from autopilot import __version__
from autopilot.domain.run import Run

log = structlog.get_logger(__name__)
SECONDS = 3.0  # for one try to send a batch, unless the library's own variables say otherwise
FLUSH_SECONDS, CLOSE_SECONDS = 1.0, 2.0
TIMEOUTS = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
Value = str | int | float | bool


class OtlpSpan:
    """A span under way."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.trace_id = f"{context.trace_id:032x}" if context.is_valid else None

    def note(self, **values: Value) -> None:
        """Add attributes."""
        self._span.set_attributes({f"autopilot.{name}": value for name, value in values.items()})

    def fail(self, fault: type[BaseException] | None = None) -> None:
        """Mark it as failed; the kind of the fault is recorded, and nothing that the fault says."""
        self._span.set_status(Status(StatusCode.ERROR))
        if fault is not None:
            self._span.set_attribute("error.type", fault.__qualname__)
            self._span.add_event("exception", {"exception.type": fault.__qualname__})


class OtlpTraces:
    """Makes spans and sends them; what the other side does neither slows nor breaks a run."""

    def __init__(self, url: str) -> None:
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        logging.getLogger(
            "opentelemetry"
        ).propagate = False  # what it has to say is said once, below
        self._ids = _Ids()
        self._exporter = _Quiet(_exporter(url))
        # Ended by `close`: the library's own end waits for as long as the other side likes.
        self._provider = TracerProvider(
            id_generator=self._ids, resource=_resource(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("autopilot", __version__)

    @contextmanager
    def attempt(self, run: Run) -> Iterator[OtlpSpan]:
        """Give the span of one attempt at a run."""
        if run.epoch > 1:
            span = self._tracer.start_span("run", context=self._inside(run.id))
        else:
            with self._ids.of(run.id):
                span = self._tracer.start_span("run", context=Context())
        with self._current(span) as told:
            told.note(**_of_run(run))
            yield told

    @contextmanager
    def part(self, name: str) -> Iterator[OtlpSpan]:
        """Give the span of a part of the attempt under way."""
        with self._current(self._tracer.start_span(name)) as told:
            told.note(step=name)
            yield told

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
        span = self._tracer.start_span(
            name, context=self._inside(run_id), start_time=_nanoseconds(started)
        )
        told = OtlpSpan(span)
        told.note(run_id=str(run_id), step=name, **values)
        if not ok:
            told.fail()
        span.end(end_time=_nanoseconds(max(started, ended)))

    def flush(self) -> None:
        """Send what is waiting, for a moment at most; not where the last try failed."""
        if not self._exporter.has_failed:
            _within(FLUSH_SECONDS, self._provider.force_flush)

    def close(self) -> None:
        """Send what is waiting, for two seconds at most."""
        _within(CLOSE_SECONDS, self._provider.shutdown)

    @contextmanager
    def _current(self, span: trace.Span) -> Iterator[OtlpSpan]:
        told = OtlpSpan(span)
        with trace.use_span(
            span, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            try:
                yield told
            except BaseException as error:
                told.fail(type(error))
                raise

    def _inside(self, run_id: UUID) -> Context:
        """What is begun in here is a child of the run's first attempt, kept or left out as that is."""
        trace_id, span_id = ids_of(run_id)
        decided = self._provider.sampler.should_sample(None, trace_id, "run").decision
        is_kept = decided is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if is_kept else TraceFlags.DEFAULT)
        root = SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
        return trace.set_span_in_context(NonRecordingSpan(root), Context())


def ids_of(run_id: UUID) -> tuple[int, int]:
    """Return the ids of a run's trace and of its root: hashed, since samplers count on even bits."""
    digest = hashlib.sha256(run_id.bytes).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


class _Ids(RandomIdGenerator):
    """Ids by chance, but for the root of a run's trace."""

    def __init__(self) -> None:
        self._wanted = threading.local()

    @contextmanager
    def of(self, run_id: UUID) -> Iterator[None]:
        """Let the next span be the root of this run's trace."""
        self._wanted.ids = ids_of(run_id)
        try:
            yield
        finally:
            self._wanted.ids = None

    def generate_trace_id(self) -> int:
        """Return the id of a new trace."""
        wanted = getattr(self._wanted, "ids", None)
        return int(wanted[0]) if wanted else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the id of a new span."""
        wanted = getattr(self._wanted, "ids", None)
        return int(wanted[1]) if wanted else super().generate_span_id()


class _Quiet(SpanExporter):
    """An exporter whose failures are told once, until it works again."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self.has_failed = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans."""
        result = self._inner.export(spans)
        if result is SpanExportResult.FAILURE and not self.has_failed:
            told = "Traces do not arrive where OTEL_EXPORTER_OTLP_ENDPOINT says; runs go on."
            log.warning(told, action="trace")
        self.has_failed = result is SpanExportResult.FAILURE
        return result

    def shutdown(self) -> None:
        """End."""
        self._inner.shutdown()


def _exporter(url: str) -> SpanExporter:
    session = Session()
    session.trust_env = False  # to that address and nowhere else: no proxy, no .netrc
    is_timed = any(map(os.environ.get, TIMEOUTS))
    return OTLPSpanExporter(endpoint=url, timeout=None if is_timed else SECONDS, session=session)


def _resource() -> Resource:
    ours = Resource({"service.name": "autopilot", "service.version": __version__})
    return Resource.get_empty().merge(ours).merge(OTELResourceDetector().detect())


def _of_run(run: Run) -> dict[str, Value]:
    due = min(run.due_at, run.scheduled_for or run.due_at)
    begun = run.started_at or run.due_at
    found: dict[str, Value] = {
        "run_id": str(run.id),
        "trigger": run.trigger.value,
        "attempt": run.attempt,
        "epoch": run.epoch,
        "lateness_seconds": max(0.0, (begun - due).total_seconds()),
    }
    return found | ({} if run.schedule_id is None else {"schedule_id": str(run.schedule_id)})


def _nanoseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


def _within(seconds: float, work: Callable[[], object]) -> None:
    """Do it in a thread, which is left behind where it takes longer."""
    thread = threading.Thread(target=work, name="traces", daemon=True)
    thread.start()
    thread.join(seconds)
