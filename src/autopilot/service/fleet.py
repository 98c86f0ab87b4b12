"""Fleet: the verbs of many machines behind a message broker, whose messages carry the id of a run.

One of them prepares: what is due becomes queued runs. Their ids are handed out, and whoever gets one
executes it. The claim in the database decides, so a message that comes twice, late or never is
harmless: a run that nobody took is still queued, and is handed out again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from autopilot.domain.run import Run
from autopilot.errors import LeaseLost
from autopilot.service.claim import claim_run, startable_in_turn
from autopilot.service.context import App
from autopilot.service.execute import execute
from autopilot.service.lease import Lease, never
from autopilot.service.tick import TickReport, tick
from autopilot.store import queue

log = structlog.get_logger(__name__)


def prepare(app: App) -> TickReport:
    """Take back what lost its worker, let go reviewed issues and plan due slots; execute nothing."""
    return tick(app, limit=0)


def queued_in_turn(app: App, *, most: int) -> Sequence[Run]:
    """Return up to so many queued runs that may start, in the order in which workers claim them.

    Nothing is held: the same run is returned again until somebody claims it.
    """
    if not is_anything_queued(app):
        return ()
    return startable_in_turn(app, most=most)


def is_anything_queued(app: App) -> bool:
    """Return whether a queued run is due."""
    with app.database.read() as connection:
        return queue.is_anybody_waiting(connection, app.clock())


def execute_run(app: App, run_id: UUID, *, stopping: Callable[[], bool] = never) -> Run | None:
    """Claim this run and execute it; return it as it ended.

    None when it was not to be had: it has ended, somebody else has it or took it over, it is not
    due, has to wait for another one, or there is no such run.
    """
    claimed = claim_run(app, run_id)
    if claimed is None:
        return None
    try:
        return execute(Lease(app, claimed, stopping))
    except LeaseLost:
        return None


def has_rest(app: App) -> bool:
    """Return whether there are errands, deliveries that are due, or a watcher who waits to hear."""
    from autopilot.service.deliver import has_due
    from autopilot.service.errands import has_errands

    now = app.clock()
    return app.settings.ping_url is not None or has_due(app, now) or has_errands(app, now)
