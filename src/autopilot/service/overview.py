"""The overview of a workspace: is it on, did it work, what comes next. Read in a few questions."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.model import MICRO
from autopilot.domain.recurrence.slots import Flag, slots_between
from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule
from autopilot.errors import RuleInvalid
from autopilot.service.access.reach import Reach
from autopilot.service.budget import month_start
from autopilot.service.findings import Finding
from autopilot.service.outcome import outcomes_of
from autopilot.service.sending_guard import why_not
from autopilot.service.source_health import (
    NEEDS_CARE,
    PACE_LOOKS_BACK,
    SILENT_AFTER,
    Health,
    health_of,
    usual_gap,
)
from autopilot.service.status import Scheduler, living_workers, scheduler_of
from autopilot.service.thresholds import findings_of, measure
from autopilot.service.uptime import Uptime
from autopilot.store import articles, listing, usage, workers
from autopilot.store import overview as store
from autopilot.store.channels import ChannelRow
from autopilot.store.overview import ReviewCounts, ScheduleCounts, SourceCounts
from autopilot.store.sources import SourceRow
from autopilot.store.workers import Worker
from autopilot.store.workspaces import Workspace

AHEAD = timedelta(days=7)
SLOTS = 40  # of all schedules together; what is more is said to be there
RUNS = 20
DOUBTS = 40  # sources looked at closely
TROUBLED = 5  # named one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A run as lists show it: its outcome, whose it was, and the issue it made."""

    run: Run
    outcome: str
    specification: str
    schedule: str | None
    issue_id: UUID | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A slot to come: its instant, the zone of its schedule, whose it is, what is odd about it."""

    at: datetime
    zone: str
    schedule_id: UUID
    schedule: str
    specification: str
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubled:
    """A source that needs somebody, with its sentence and its advice."""

    row: SourceRow
    health: Health
    specification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """The sources: how many there are, how many need somebody, and the worst of these."""

    counts: SourceCounts
    in_need: int
    worst: Sequence[Troubled]

    @property
    def working(self) -> int:
        """How many were read and are well."""
        return self.counts.total - self.counts.unseen - self.in_need


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What model calls took this calendar month, in US dollars, and the month's limit if there is one."""

    since: datetime
    spent: float
    limit: float | None
    tokens: int

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left; a limit of 0 was never there to be used."""
        return bool(self.limit) and self.spent >= (self.limit or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One glance at a workspace.

    `sending` says why nothing may leave the store, None where it may; `last` are the newest runs,
    newest first; `coming` the first slots until `until`, of which there are more if `has_more`;
    `troubled` the schedules that stopped or fail, `names` the specifications named in here;
    `findings` what passed a threshold, `uptime` is None where nobody ever ticked.
    """

    now: datetime
    workspace: Workspace
    scheduler: Scheduler
    workers: Sequence[Worker]
    sending: str | None
    schedules: ScheduleCounts
    troubled: Sequence[Schedule]
    last: Sequence[Ran]
    coming: Sequence[Coming]
    until: datetime
    has_more: bool
    feeds: Feeds
    review: ReviewCounts
    money: Money
    channels: Sequence[ChannelRow]
    has_issue: bool
    names: Mapping[UUID, str]
    findings: Sequence[Finding]
    uptime: Uptime | None


class _OfSpecification(Protocol):
    @property
    def specification_id(self) -> UUID: ...


def overview(reach: Reach, workspace_id: UUID) -> Overview:
    """Return the overview of a workspace that they may read; raises NotFound otherwise."""
    workspace = reach.workspace(workspace_id)
    app = reach.app
    now, off = app.clock(), why_not(app)
    with app.database.read() as connection:
        alive = living_workers(connection, now, app.settings.poll_interval)
        ticked = workers.last_tick_at(connection)
        recent = listing.runs_before(
            connection,
            workspace_ids=[workspace.id],
            specification_id=None,
            schedule_id=None,
            status=None,
            trigger=None,
            since=None,
            until=None,
            after=None,
            limit=RUNS,
        )
        first = _first_on(connection, workspace.id)
        doubtful = store.doubtful_sources(
            connection, workspace.id, quiet_since=now - SILENT_AFTER, limit=DOUBTS
        )
        ill = _ill(connection, doubtful, now)
        troubled = store.troubled_schedules(connection, workspace.id, limit=TROUBLED)
        channels = store.channels_in_trouble(connection, workspace.id)
        of: tuple[_OfSpecification, ...] = (*recent, *first, *doubtful, *troubled, *channels)
        names = store.names_of(connection, {it.specification_id for it in of}, workspace.id)
        counts = store.count_schedules(connection, workspace.id)
        measured = measure(connection, app.settings, now, workspace.id)
        slots = list(islice(_slots(first, names, now), SLOTS + 1))
        return Overview(
            now=now,
            workspace=workspace,
            scheduler=scheduler_of(alive, ticked, now, app.settings.poll_interval),
            workers=alive,
            sending=off,
            schedules=counts,
            troubled=troubled,
            last=_told(connection, recent, names),
            coming=slots[:SLOTS],
            until=now + AHEAD,
            has_more=len(slots) > SLOTS,
            feeds=Feeds(
                counts=store.count_sources(connection, workspace.id),
                in_need=len(ill),
                worst=[
                    Troubled(
                        row=row,
                        health=health,
                        specification=names.get(row.specification_id, ""),
                    )
                    for row, health in ill[:TROUBLED]
                ],
            ),
            review=store.count_reviews(connection, workspace.id),
            money=_money(connection, workspace, now, app.settings.monthly_budget),
            channels=channels,
            has_issue=store.has_issue(connection, workspace.id),
            names=names,
            findings=findings_of(measured, app.settings, is_on=bool(counts.on)),
            uptime=measured.uptime,
        )


def _first_on(connection: Connection, workspace_id: UUID) -> Sequence[Schedule]:
    """The schedules that can have one of the first slots: those whose next slots are the first."""
    return listing.schedules_after(
        connection,
        workspace_ids=[workspace_id],
        specification_id=None,
        status=None,
        enabled=True,
        owner=None,
        text="",
        after=None,
        limit=SLOTS + 1,
    )


def _slots(
    schedules: Sequence[Schedule], names: Mapping[UUID, str], now: datetime
) -> Iterator[Coming]:
    """The slots of these schedules over the next days in their order, made as they are asked for."""
    each = [_slots_of(one, names.get(one.specification_id, ""), now) for one in schedules]
    return heapq.merge(*each, key=lambda slot: (slot.at, slot.schedule, slot.schedule_id))


def _slots_of(schedule: Schedule, specification: str, now: datetime) -> Iterator[Coming]:
    start = schedule.next_run_at
    if start is None:
        return
    try:
        rule = schedule.rule
    except RuleInvalid:
        return  # the next tick breaks it off and says why
    for slot in slots_between(rule, start - timedelta(microseconds=1), now + AHEAD):
        yield Coming(
            at=slot.utc,
            zone=schedule.timezone,
            schedule_id=schedule.id,
            schedule=schedule.name,
            specification=specification,
            flags=slot.flags,
        )


def _told(
    connection: Connection, recent: Sequence[Run], names: Mapping[UUID, str]
) -> Sequence[Ran]:
    outcomes = outcomes_of(connection, recent)
    made = store.issues_by_run(connection, [run.id for run in recent])
    schedules = store.schedule_names(
        connection, {run.schedule_id for run in recent if run.schedule_id is not None}
    )
    nothing: tuple[UUID | None, str | None] = (None, None)
    return [
        Ran(
            run=run,
            outcome=outcomes[run.id],
            specification=names.get(run.specification_id, ""),
            schedule=None if run.schedule_id is None else schedules.get(run.schedule_id),
            issue_id=made.get(run.id, nothing)[0],
            subject=made.get(run.id, nothing)[1],
        )
        for run in recent
    ]


def _ill(
    connection: Connection, doubtful: Sequence[SourceRow], now: datetime
) -> list[tuple[SourceRow, Health]]:
    """Those of the doubtful sources that need somebody; a rare writer is not silent."""
    found = []
    for row in doubtful:
        times = (
            ()
            if row.state.consecutive_failures
            else articles.publication_times(connection, row.id, now - PACE_LOOKS_BACK)
        )
        health = health_of(row, now, usual_gap=usual_gap(times))
        if health.state in NEEDS_CARE:
            found.append((row, health))
    return found


def _money(
    connection: Connection, workspace: Workspace, now: datetime, general: float | None
) -> Money:
    since = month_start(now, workspace.timezone)
    spent = usage.spent_since(connection, workspace.id, since)
    own = workspace.budget.month_usd
    return Money(
        since=since,
        spent=spent.micro_usd / MICRO,
        limit=own if own is not None else general,
        tokens=spent.tokens,
    )
