"""Thresholds: whether ticks are quick, slots begin in time, runs succeed and a worker is there.

What is measured is of the last 24 hours, the worker's presence of the last thirty days; the
thresholds are settings (docs/reference/settings.md). What passes one is a finding. That nobody
ticks just now is the scheduler's state, not a finding here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from autopilot.service.attendance import longest_silence
from autopilot.service.findings import Finding, Level
from autopilot.service.uptime import Uptime, read_uptime
from autopilot.settings import Settings
from autopilot.store import last_day, workers
from autopilot.store.last_day import Ended, Start, Waiting
from autopilot.store.workers import TickTimes

DAY = timedelta(days=1)
MOST_STARTS = 2_000  # slots whose lateness is looked at, newest first
MORE_WORKERS = "Let one more worker help: autopilot worker"
STARTED_AGAIN = "Let the system start it again by itself: docs/how-to/run-a-worker.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured: ticks, the starts of slots' runs, of which `late` began past the threshold,
    slots that wait past it, the ends of runs, and the uptime (None where nobody ever ticked).
    """

    now: datetime
    ticks: TickTimes
    starts: Sequence[Start]
    late: Sequence[Start]
    waiting: Waiting
    ended: Ended
    uptime: Uptime | None

    @property
    def failure_ratio(self) -> float:
        """The share of failed runs among those that succeeded or failed, from 0 to 1."""
        whole = self.ended.succeeded + self.ended.failed
        return self.ended.failed / whole if whole else 0.0


def measure(
    connection: Connection, settings: Settings, now: datetime, workspace_id: UUID | None = None
) -> Measured:
    """Return what was measured; runs and slots are those of one workspace, or of all with None."""
    since, allowed = now - DAY, timedelta(seconds=settings.alert_late_seconds)
    whose = [workspace_id] if workspace_id else last_day.all_workspaces(connection)
    starts = last_day.starts_since(connection, since, whose, most=MOST_STARTS)
    return Measured(
        now=now,
        ticks=workers.tick_times(connection, since),
        starts=starts,
        late=[one for one in starts if one.lateness > allowed],
        waiting=last_day.waiting_since(connection, now - allowed, whose),
        ended=last_day.count_ended(connection, since, whose),
        uptime=read_uptime(connection, now, longest_silence(settings)),
    )


def findings_of(it: Measured, settings: Settings, *, is_on: bool) -> tuple[Finding, ...]:
    """Return what passes its threshold; empty where nothing does.

    Where no schedule is on (`is_on`), nobody misses a worker.
    """
    found = [
        _slow(it, settings),
        _waiting(it, settings),
        _late(it, settings),
        _failed(it, settings),
    ]
    found += [_away(it, settings)] if is_on else []
    return tuple(one for one in found if one is not None)


def _slow(it: Measured, settings: Settings) -> Finding | None:
    slowest, most = it.ticks.slowest, settings.alert_tick_seconds
    if slowest is None or slowest <= most:
        return None
    told = f"A tick took {slowest:.0f} s beside the issues it made, more than {most:g} s."
    fix = "See whether the store is slow: autopilot doctor"
    return _finding("tick", told, fix, it.ticks.slowest_at)


def _waiting(it: Measured, settings: Settings) -> Finding | None:
    count = it.waiting.count
    if not count:
        return None
    allowed = span(timedelta(seconds=settings.alert_late_seconds))
    noun = "1 run waits" if count == 1 else f"{count} runs wait"
    told = f"{noun} for more than {allowed} to be begun."
    return _finding("waiting", told, MORE_WORKERS, it.waiting.since)


def _late(it: Measured, settings: Settings) -> Finding | None:
    if not it.late:
        return None
    allowed = span(timedelta(seconds=settings.alert_late_seconds))
    worst = span(max(one.lateness for one in it.late))
    told = (
        f"{len(it.late)} of {len(it.starts)} slots began over {allowed} late, one of them {worst}."
    )
    return _finding("late", told, MORE_WORKERS, min(one.due_at for one in it.late))


def _failed(it: Measured, settings: Settings) -> Finding | None:
    ratio, most = it.failure_ratio, settings.alert_failed_percent
    if ratio * 100 <= most:
        return None
    whole = it.ended.succeeded + it.ended.failed
    told = (
        f"{it.ended.failed} of {whole} runs failed in 24 hours: {ratio:.1%}, more than {most:g}%."
    )
    fix = "See why: autopilot runs list --status failed"
    return _finding("failed", told, fix, it.ended.first_failed_at)


def _away(it: Measured, settings: Settings) -> Finding | None:
    least = settings.alert_uptime_percent
    if it.uptime is None or it.uptime.longest is None or it.uptime.ratio * 100 >= least:
        return None
    there, since = percent_of(it.uptime), it.uptime.since
    told = f"A worker was there {there} of the time since {since:%Y-%m-%d}, not {least:g}%."
    return _finding("uptime", told, STARTED_AGAIN, it.uptime.longest.start)


def percent_of(uptime: Uptime) -> str:
    """Return an uptime in percent, rounded down: what is not whole is never told as whole."""
    return f"{int(uptime.ratio * 1_000) / 10:g}%"


def span(length: timedelta) -> str:
    """Such as 40 s, 12 min, 3 h or 2 days, rounded down; smaller units up to twice the next."""
    seconds = int(length.total_seconds())
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _finding(check: str, message: str, fix: str, since: datetime | None) -> Finding:
    return Finding(check=check, message=message, level=Level.WARNING, fix=fix, since=since)
