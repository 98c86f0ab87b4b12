"""Glance: when anything is due, asked in one question; all that an idle tick has to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from autopilot.store.issues import NEXT_RELEASE
from autopilot.store.queue import FIRST_LEASE, FIRST_QUEUED, LATEST_LEASE
from autopilot.store.schedules import NEXT_DUE
from autopilot.store.tables import workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The earliest of each kind, None where there is none.

    `next_due` is of a schedule, `next_release` of an issue under review, `first_queued` of a run that
    may start, `first_lease` the first end of a lease. `latest_tick` and `latest_lease` are the latest
    times that were written with the clock of a worker.
    """

    next_due: datetime | None
    first_queued: datetime | None
    first_lease: datetime | None
    next_release: datetime | None
    latest_tick: datetime | None
    latest_lease: datetime | None

    @property
    def next_at(self) -> datetime | None:
        """When there is something to do next."""
        moments = (self.next_due, self.first_queued, self.first_lease, self.next_release)
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def latest_mark(self) -> datetime | None:
        """The latest end of a tick or of a lease in the store."""
        marks = (self.latest_tick, self.latest_lease)
        return max((mark for mark in marks if mark is not None), default=None)


def glance(connection: Connection) -> Glance:
    """Look at everything that may be due."""
    due, queued, lease, release, tick, latest_lease = connection.execute(_ALL).one()
    return Glance(
        next_due=due,
        first_queued=queued,
        first_lease=lease,
        next_release=release,
        latest_tick=tick,
        latest_lease=latest_lease,
    )


_ALL = select(
    NEXT_DUE.scalar_subquery(),
    FIRST_QUEUED.scalar_subquery(),
    FIRST_LEASE.scalar_subquery(),
    NEXT_RELEASE.scalar_subquery(),
    select(func.max(workers.c.last_tick_at)).scalar_subquery(),
    LATEST_LEASE.scalar_subquery(),
)
