"""Status: is it on, did it work, what comes next. Read from the store alone; nothing is changed."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.notice import Notice
from autopilot.domain.run import Run, RunStatus
from autopilot.domain.schedule import Schedule
from autopilot.errors import NotFound
from autopilot.service.attendance import LATE_AFTER_POLLS
from autopilot.service.context import App
from autopilot.service.findings import Finding
from autopilot.service.outcome import outcomes_of
from autopilot.service.sending_guard import why_not
from autopilot.service.thresholds import Measured, findings_of, measure
from autopilot.store import (
    channels,
    deliveries,
    issues,
    notices,
    runs,
    schedules,
    specifications,
    workers,
    workspaces,
)
from autopilot.store.channels import ChannelRow
from autopilot.store.workers import Worker
from autopilot.store.workspaces import Workspace

RECENT = 100  # runs that "lately" looks back on
GRACE = timedelta(seconds=90)  # a tick with work to do takes longer than one without
NOTICES_SHOWN = 3
NOTICES_KEPT = timedelta(days=7)  # an older one is history, told or not


class Health(StrEnum):
    """Whether slots are looked after: nobody ever did, somebody does, or nobody has for too long."""

    OFF = "off"
    ON_TIME = "on_time"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """When a tick of any process last succeeded, and whether that is too long ago.

    Three poll intervals (`late_after`) are too long; a worker that has just started gets as long.
    """

    health: Health
    last_tick_at: datetime | None
    late_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LastIssue:
    """The newest issue: its subject, its page where it is a file, and the run that made it."""

    run: Run
    subject: str
    page: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What there is, who works on it, how the last runs ended, and the next slot.

    `sending` says why nothing may leave this store, None where it may; `waiting` counts the issues
    under review, of which the first goes out or expires at `next_release_at`; `notices` are the newest
    that no owner was told; `workers` are those believed alive, `schedules` those not cancelled, next
    slot first; `lately` counts the last RECENT runs by status; `names` gives the slug of each
    specification. `to_deliver` counts deliveries that have not ended, `troubled` are the channels
    that cannot be used just now, `outcome` says what the last run's readers got. `findings` are what
    passed a threshold.
    """

    now: datetime
    store: str
    workspaces: Sequence[Workspace]
    names: Mapping[UUID, str]
    workers: Sequence[Worker]
    scheduler: Scheduler
    sending: str | None
    waiting: int
    next_release_at: datetime | None
    notices: Sequence[Notice]
    schedules: Sequence[Schedule]
    due: int
    lately: Mapping[RunStatus, int]
    last_run: Run | None
    last_failure: Run | None
    last_issue: LastIssue | None
    measured: Measured
    findings: Sequence[Finding]
    to_deliver: int = 0
    troubled: Sequence[ChannelRow] = ()
    outcome: str | None = None

    @property
    def upcoming(self) -> Schedule | None:
        """The schedule whose slot comes next, or None when none is on."""
        return next((item for item in self.schedules if item.next_run_at is not None), None)


def read_status(app: App) -> Status:
    """Return the status of a store."""
    now, off = app.clock(), why_not(app)
    with app.database.read() as connection:
        alive = living_workers(connection, now, app.settings.poll_interval)
        listed = schedules.list_schedules(connection)
        recent = runs.list_runs(connection, limit=RECENT)
        waiting, first = issues.count_waiting(connection)
        measured = measure(connection, app.settings, now)
        return Status(
            now=now,
            store=app.settings.store_name,
            workspaces=workspaces.list_workspaces(connection),
            names=_slugs(connection),
            workers=alive,
            scheduler=scheduler_of(
                alive, workers.last_tick_at(connection), now, app.settings.poll_interval
            ),
            sending=off,
            waiting=waiting,
            next_release_at=first,
            notices=notices.list_notices(
                connection, untold_since=now - NOTICES_KEPT, limit=NOTICES_SHOWN
            ),
            schedules=listed,
            due=sum(schedule.is_due(now) for schedule in listed),
            lately=Counter(run.status for run in recent),
            last_run=next(iter(recent), None),
            last_failure=_last(connection, RunStatus.FAILED),
            last_issue=_last_issue(app, connection),
            measured=measured,
            findings=findings_of(
                measured, app.settings, is_on=any(schedule.enabled for schedule in listed)
            ),
            to_deliver=deliveries.count_waiting(connection),
            troubled=channels.troubled_channels(connection),
            outcome=next(iter(outcomes_of(connection, recent[:1]).values()), None),
        )


def health_now(app: App) -> Health:
    """Return whether slots are looked after: the one word of it that may be shown to anybody."""
    poll, now = app.settings.poll_interval, app.clock()
    with app.database.read() as connection:
        alive = living_workers(connection, now, poll)
        return scheduler_of(alive, workers.last_tick_at(connection), now, poll).health


def living_workers(
    connection: Connection, now: datetime, poll_interval: timedelta
) -> Sequence[Worker]:
    """Return the workers believed alive: seen within two polls, and not dead on this machine."""
    seen = workers.recent_workers(connection, now - 2 * poll_interval - GRACE)
    return [worker for worker in seen if not _died_here(worker)]


def specification_slugs(app: App) -> Mapping[UUID, str]:
    """Return the slug of every specification, cancelled ones too."""
    with app.database.read() as connection:
        return _slugs(connection)


def workspace_of(app: App, workspace_id: UUID) -> Workspace:
    """Return the workspace with this id; raises NotFound when it is gone."""
    with app.database.read() as connection:
        workspace = workspaces.get_workspace(connection, workspace_id)
    if workspace is None:
        raise NotFound(f"There is no workspace {workspace_id}.")
    return workspace


def scheduler_of(
    alive: Sequence[Worker], ticked: datetime | None, now: datetime, poll_interval: timedelta
) -> Scheduler:
    """Return how the scheduler is, by who is alive and when a tick last succeeded."""
    late_after = LATE_AFTER_POLLS * poll_interval
    signs = [worker.started_at for worker in alive] + ([] if ticked is None else [ticked])
    if not signs:
        health = Health.OFF
    else:
        health = Health.LATE if now - max(signs) > late_after else Health.ON_TIME
    return Scheduler(health=health, last_tick_at=ticked, late_after=late_after)


def _slugs(connection: Connection) -> Mapping[UUID, str]:
    rows = specifications.list_specifications(connection, with_cancelled=True)
    return {row.id: row.slug for row in rows}


def _died_here(worker: Worker) -> bool:
    """Whether a worker of this machine has no process any more (killed without a goodbye)."""
    if worker.hostname != socket.gethostname() or os.name != "posix":
        return False  # only POSIX can ask after a process without touching it
    try:
        os.kill(worker.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # somebody else's process: it is there
    return False


def _last(connection: Connection, status: RunStatus) -> Run | None:
    return next(iter(runs.list_runs(connection, status=status, limit=1)), None)


def _last_issue(app: App, connection: Connection) -> LastIssue | None:
    run = _last(connection, RunStatus.SUCCEEDED)
    issue = None if run is None else issues.issue_of_run(connection, run.id)
    if run is None or issue is None:
        return None
    return LastIssue(run=run, subject=issue.subject, page=app.artifacts.path(issue.html_sha256))
