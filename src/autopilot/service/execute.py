"""Execute: one claimed run to its end, whatever happens; how an issue is made stands in `making`."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import structlog
from structlog.contextvars import bound_contextvars

from autopilot.domain.run import Run, Trigger
from autopilot.errors import AutopilotError, LeaseLost, StoreUnavailable
from autopilot.service.lease import Lease, StopRequested
from autopilot.service.tracing import Span, note_end, traced

log = structlog.get_logger(__name__)


def execute(lease: Lease) -> Run:
    """Make the issue of a claimed run and return the run as it ended.

    Whatever happens is recorded on the run; only LeaseLost and StoreUnavailable mean that it was
    not: then it belongs to somebody else, or is rescued when its lease runs out.
    """
    known = bound_contextvars(run_id=str(lease.run.id))  # in whatever is logged meanwhile
    with known, traced(lease.app, lease.run) as span, lease:
        ended = _to_its_end(lease, span)
        note_end(span, ended)
        return ended


def _to_its_end(lease: Lease, span: Span) -> Run:
    from autopilot.service.making import make_issue  # an idle worker has no pipeline in memory

    try:
        return make_issue(lease)
    except StopRequested:
        return lease.give_back()
    except KeyboardInterrupt:
        _interrupted(lease)
        raise
    except StoreUnavailable:
        # Not the run's fault: once the store is back, the run goes on from its last step. If it
        # is back already, no worker has to be thought dead for that.
        with suppress(AutopilotError):
            lease.give_back()
        raise
    except LeaseLost:
        log.warning("The lease was lost; stopped.", action="lost", run_id=str(lease.run.id))
        raise
    except AutopilotError as error:
        span.fail(type(error))
        return lease.fail(error.message)
    except Exception as error:  # noqa: BLE001 - a fault of ours must end its run, not the worker
        span.fail(type(error))
        return lease.fail(_unexpected(lease, error))


def _interrupted(lease: Lease) -> None:
    """A person who asked for a run no longer wants it; a slot is still promised to its readers."""
    if lease.run.trigger is Trigger.MANUAL:
        lease.end(lease.run.cancel("interrupted by whoever asked for it", lease.app.clock()))
    else:
        lease.give_back()


def _unexpected(lease: Lease, error: Exception) -> str:
    """Log a fault of ours in full and return the sentence for people, with the id to look for."""
    error_id = uuid4().hex[:8]
    log.exception(
        "A run met a fault of Autopilot's own.",
        action="fault",
        run_id=str(lease.run.id),
        error_id=error_id,
    )
    return f"internal error {error_id}: {type(error).__name__}: {str(error)[:300]}"
