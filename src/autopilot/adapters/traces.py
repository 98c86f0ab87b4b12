"""Traces, as far as an idle process knows them: OpenTelemetry is loaded when the first run begins."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

if TYPE_CHECKING:
    from autopilot.adapters.traces_otlp import OtlpSpan, OtlpTraces
    from autopilot.domain.run import Run

log = structlog.get_logger(__name__)
SPOKEN = "http/protobuf"
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


class Traces:
    """Sends traces to one address; where that cannot be, says so once and does nothing."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._is_loaded = False
        self._inner: OtlpTraces | None = None

    def warm_up(self) -> None:
        """Load the library."""
        self._loaded()

    def attempt(self, run: Run) -> AbstractContextManager[OtlpSpan] | None:
        """Return the span of one attempt at a run; None where it is not recorded."""
        inner = self._loaded()
        return None if inner is None else inner.attempt(run)

    def part(self, name: str) -> AbstractContextManager[OtlpSpan] | None:
        """Return the span of a part of the attempt under way; None where it is not recorded."""
        inner = self._loaded()
        return None if inner is None else inner.part(name)

    def note_past(
        self,
        run_id: UUID,
        name: str,
        started: datetime,
        ended: datetime,
        *,
        ok: bool,
        **values: str | int | float | bool,
    ) -> None:
        """Add a span of something of a run that is over."""
        if (inner := self._loaded()) is not None:
            inner.note_past(run_id, name, started, ended, ok=ok, **values)

    def flush(self) -> None:
        """Send what is waiting, for a moment at most."""
        if self._inner is not None:
            self._inner.flush()

    def close(self) -> None:
        """Send what is waiting, for two seconds at most."""
        if self._inner is not None:
            self._inner.close()

    def _loaded(self) -> OtlpTraces | None:
        with self._lock:
            if not self._is_loaded:
                self._is_loaded = True
                self._inner = self._load()
        return self._inner

    def _load(self) -> OtlpTraces | None:
        protocol = next(filter(None, map(os.environ.get, PROTOCOLS)), SPOKEN)
        if protocol != SPOKEN:
            told = f"Runs are not traced: only {SPOKEN} is spoken, and {protocol} is asked for."
            log.warning(told, action="trace")
            return None
        try:
            from autopilot.adapters.traces_otlp import OtlpTraces

            return OtlpTraces(self._url)
        except ImportError:
            told = (
                "Runs are not traced: the extra is missing."
                " Install it: pip install 'autopilot-newsletters[otel]'"
            )
            log.warning(told, action="trace")
        except Exception as error:  # noqa: BLE001 - a setting of the library must break no run
            log.warning("Runs are not traced.", action="trace", error=type(error).__name__)
        return None
