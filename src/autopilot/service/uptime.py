"""Uptime: which share of the last thirty days somebody ticked, by the stretches in `workers`.

A stretch goes from an arrival to the last good tick. What all workers did is laid over each other;
a gap that is no longer than `longest_silence` is a pause between ticks, a longer one counts from its
first second. Nothing is counted before anybody was there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from autopilot.store import stretches
from autopilot.store.stretches import Stretch

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """How long since `since` nobody ticked, and the longest silence; None where there was none."""

    since: datetime
    until: datetime
    silent: timedelta = timedelta(0)
    longest: Stretch | None = None

    @property
    def ratio(self) -> float:
        """The share of time in which somebody ticked, from 0 to 1."""
        whole = self.until - self.since
        return 1.0 if whole <= timedelta(0) else max(0.0, 1 - self.silent / whole)


def read_uptime(connection: Connection, now: datetime, silence: timedelta) -> Uptime | None:
    """Return the uptime of the last thirty days; None where nobody ever ticked."""
    found = stretches.stretches(connection)
    since = max(now - MONTH, min((it.start for it in found), default=now))
    return uptime_of(found, since=since, until=now, silence=silence) if since < now else None


def uptime_of(
    found: Iterable[Stretch], *, since: datetime, until: datetime, silence: timedelta
) -> Uptime:
    """Return the uptime between two instants by these stretches, which may overlap."""
    heard, total, longest = since, timedelta(0), None
    # The instant asked about is the end of the last gap.
    for one in (*sorted(found, key=lambda it: it.start), Stretch(start=until, end=until)):
        start = min(max(one.start, since), until)
        if start - heard > silence:
            total += start - heard
            gap = Stretch(start=heard, end=start)
            if longest is None or gap.end - gap.start > longest.end - longest.start:
                longest = gap
        heard = max(heard, min(one.end, until))
    return Uptime(since=since, until=until, silent=total, longest=longest)
