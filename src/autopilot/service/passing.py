"""A pass: everything a worker would do, once - for outside clocks, which call and go away again.

Cron, the tick address, cloud functions and other schedulers all call this one verb; passes at the
same time are harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from autopilot.domain.instants import iso
from autopilot.service.attendance import present
from autopilot.service.context import App
from autopilot.service.lease import never
from autopilot.service.tick import TickReport, tick

log = structlog.get_logger(__name__)
SOURCES_AT_ONCE = 20  # looked at between issues; whoever calls waits for the slowest


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one pass did: the tick's report, and how many deliveries ended."""

    report: TickReport
    delivered: int = 0


def pass_once(
    app: App,
    *,
    limit: int | None = None,
    deadline: datetime | None = None,
    stopping: Callable[[], bool] = never,
) -> Pass:
    """Tick, then do the errands, send what is due and tell the outside watcher.

    Nothing is begun after `deadline` or once `stopping()` says so.
    """
    with present(app) as note_good_tick:
        report = tick(app, limit=limit, deadline=deadline, stopping=stopping)
        note_good_tick(report.seconds)
        delivered = do_rest(app, deadline=deadline, stopping=stopping)
    if app.traces is not None:
        app.traces.flush()  # clouds freeze a process once its pass is done
    return Pass(report=report, delivered=delivered)


def do_rest(
    app: App, *, deadline: datetime | None = None, stopping: Callable[[], bool] = never
) -> int:
    """Do the errands, send what is due and tell the outside watcher; return how many deliveries ended.

    Nothing is begun after `deadline` or once `stopping()` says so; the next pass goes on.
    """
    # Late: a pass that finds nothing needs none of it.
    from autopilot.service.deliver import deliver
    from autopilot.service.errands import run_errands
    from autopilot.service.ping import ping

    def is_over() -> bool:
        return stopping() or (deadline is not None and app.clock() >= deadline)

    if is_over():
        return 0
    run_errands(app, app.clock(), limit=SOURCES_AT_ONCE)
    delivered = 0 if is_over() else deliver(app, stopping=is_over, deadline=deadline)
    if (problem := ping(app)) is not None:
        log.warning("AUTOPILOT_PING_URL does not answer.", action="ping", reason=problem)
    return delivered


def pass_values(done: Pass) -> dict[str, Any]:
    """Return what a pass did as JSON."""
    return tick_values(done.report) | {"delivered": done.delivered}


def tick_values(report: TickReport) -> dict[str, Any]:
    """Return what a tick did as JSON."""
    from autopilot.service.report import run_summary

    return {
        "started_at": iso(report.started_at),
        "rescued": report.rescued,
        "queued": report.queued,
        "skipped": report.skipped,
        "released": report.released,
        "runs": [run_summary(run) for run in report.runs],
    }
