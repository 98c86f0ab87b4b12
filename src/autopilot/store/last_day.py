"""The last day: how many runs ended how, and which slots began late, each answered by an index.

The questions are of some workspaces, or with None of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select, union_all

from autopilot.domain.run import RunStatus, Trigger
from autopilot.store.schedules import ACTIVE, DUE_AT
from autopilot.store.tables import autopilot_schedules, newsletter_runs, workspaces

Whose = Sequence[UUID] | None
MOST_NAMED = 20
# As the partial indexes have them.
_WITHOUT_ISSUE: ColumnElement[bool] = literal_column("status IN ('failed', 'skipped', 'cancelled')")
_OPEN: ColumnElement[bool] = literal_column("status IN ('queued', 'running')")
_QUEUED: ColumnElement[bool] = literal_column("status = 'queued'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How many runs succeeded and failed, and when the first of those that failed was made."""

    succeeded: int = 0
    failed: int = 0
    first_failed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """When a slot's run could begin, and when it began."""

    due_at: datetime
    started_at: datetime

    @property
    def lateness(self) -> timedelta:
        """By how much it began after its time."""
        return max(self.started_at - self.due_at, timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many runs should have begun by now, and when the first of them should have."""

    count: int = 0
    since: datetime | None = None


def all_workspaces(connection: Connection) -> Whose:
    """Return all workspaces: one by one where they are few, since SQLite takes any list that it has
    to ask for to be long, and would rather read every run there is.
    """
    found = connection.scalars(select(workspaces.c.id).limit(MOST_NAMED + 1)).all()
    return found if len(found) <= MOST_NAMED else None


def count_ended(connection: Connection, since: datetime, whose: Whose) -> Ended:
    """Return how the runs ended that were made since then. Those with an issue, which are most, are
    what is left of all: an index counts both without a look at a row.
    """
    table = newsletter_runs
    lately = (_of(table.c.workspace_id, whose), table.c.created_at >= since)
    counts = select(func.count()).select_from(table)
    asked = (counts.where(*lately), counts.where(_OPEN, *lately))
    total, unended = connection.execute(select(*(it.scalar_subquery() for it in asked))).one()
    kinds = (table.c.status, func.count(), func.min(table.c.created_at))
    query = select(*kinds).where(_WITHOUT_ISSUE, *lately).group_by(table.c.status)
    without = {status: (count, first) for status, count, first in connection.execute(query)}
    failed, first = without.get(RunStatus.FAILED, (0, None))
    return Ended(
        succeeded=max(0, total - unended - sum(count for count, _ in without.values())),
        failed=failed,
        first_failed_at=first,
    )


def starts_since(
    connection: Connection, since: datetime, whose: Whose, *, most: int
) -> Sequence[Start]:
    """Return the first starts of the slots' runs made since then, newest first, at most so many.

    A run that is tried again is due later than it first was, and never later than its slot by that.
    """
    table = newsletter_runs
    query = (
        select(table.c.due_at, table.c.scheduled_for, table.c.started_at)
        .where(
            _of(table.c.workspace_id, whose),
            table.c.created_at >= since,
            table.c.trigger == Trigger.SCHEDULE.value,
            table.c.started_at.is_not(None),
        )
        .order_by(table.c.created_at.desc())
        .limit(most)
    )
    return [
        Start(due_at=min(due, slot or due), started_at=started)
        for due, slot, started in connection.execute(query)
    ]


def waiting_since(connection: Connection, before: datetime, whose: Whose) -> Waiting:
    """Return the runs that were due before then and are not begun, and slots that are not planned.

    Counted for each workspace and chosen afterwards: asked for one alone, SQLite would rather look
    through all its runs than at the few that are due.
    """
    table, schedules = newsletter_runs, autopilot_schedules
    queued = select(table.c.workspace_id, func.count(), func.min(table.c.due_at)).where(
        _QUEUED, table.c.due_at < before
    )
    # Not grouped: for the order of a group every schedule would be looked at.
    unplanned = select(schedules.c.workspace_id, literal_column("1"), DUE_AT).where(
        ACTIVE, before > DUE_AT
    )
    query = union_all(queued.group_by(table.c.workspace_id), unplanned)
    rows = connection.execute(query)
    found = [(count, first) for owner, count, first in rows if whose is None or owner in whose]
    return Waiting(
        count=sum(count for count, _ in found),
        since=min((first for _, first in found), default=None),
    )


def _of(column: ColumnElement[UUID], whose: Whose) -> ColumnElement[bool]:
    """The workspaces: the indexes of what is recent begin with one."""
    everywhere: Select[Any] = select(workspaces.c.id)
    return column.in_(everywhere if whose is None else whose)
