"""The week: what a workspace made, sent and spent in a span of time, counted for its report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, or_, select, update

from autopilot.domain.issue import UNREAD
from autopilot.store.tables import (
    deliveries,
    issue_stories,
    issues,
    newsletter_runs,
    usage,
    workspaces,
)

Counts = Mapping[tuple[UUID, str], int]
"""How many rows by specification and status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """For which Monday a workspace was reported last (ISO date, None never), and who has it."""

    week: str | None
    to: frozenset[str]
    created_at: datetime


def unreported(connection: Connection, week: str) -> Sequence[tuple[UUID, str, str | None]]:
    """Return the workspaces that had no report for this Monday or a later one: id, zone, last Monday."""
    rows = connection.execute(_UNREPORTED, {"week": week})
    return [(row.id, row.timezone, row.reported_for) for row in rows]


def reported(connection: Connection, workspace_id: UUID) -> Reported:
    """Return how far a workspace has been reported."""
    columns = (workspaces.c.reported_for, workspaces.c.reported_to, workspaces.c.created_at)
    row = connection.execute(select(*columns).where(workspaces.c.id == workspace_id)).one()
    return Reported(week=row[0], to=frozenset(row[1]), created_at=row[2])


def add_reported(connection: Connection, workspace_id: UUID, to: Collection[str]) -> None:
    """Write down which owners have the report that is being sent."""
    connection.execute(
        update(workspaces).where(workspaces.c.id == workspace_id).values(reported_to=sorted(to))
    )


def end_reported(connection: Connection, workspace_id: UUID, week: str) -> None:
    """Write down that a week has been reported to everybody who gets it."""
    connection.execute(
        update(workspaces)
        .where(workspaces.c.id == workspace_id)
        .values(reported_for=week, reported_to=[])
    )


def issue_counts(
    connection: Connection, workspace_id: UUID, since: datetime, until: datetime
) -> Counts:
    """Return the issues made in a span."""
    return _counts(connection, issues, workspace_id, since, until)


def run_counts(
    connection: Connection, workspace_id: UUID, since: datetime, until: datetime
) -> Counts:
    """Return the runs of a span."""
    return _counts(connection, newsletter_runs, workspace_id, since, until)


def delivery_counts(
    connection: Connection, workspace_id: UUID, since: datetime, until: datetime
) -> Counts:
    """Return the deliveries of a span."""
    return _counts(connection, deliveries, workspace_id, since, until)


def spent_between(
    connection: Connection, workspace_id: UUID, since: datetime, until: datetime
) -> int:
    """Return the known money of a span in millionths of a dollar."""
    money = func.coalesce(func.sum(usage.c.micro_usd), 0)
    spent: Any = connection.scalar(
        select(money).where(
            usage.c.workspace_id == workspace_id, usage.c.at >= since, usage.c.at < until
        )
    )
    return int(spent)


def last_places(
    connection: Connection, specification_id: UUID, *, issues_back: int
) -> Sequence[Sequence[tuple[str, str | None]]]:
    """Return category and region of each story of the last issues that readers had, newest first."""
    recent = (
        select(issues.c.id)
        .where(issues.c.specification_id == specification_id, issues.c.status.not_in(UNREAD))
        .order_by(issues.c.scheduled_for.desc(), issues.c.id)
        .limit(issues_back)
    )
    ids = list(connection.scalars(recent))
    places: dict[UUID, list[tuple[str, str | None]]] = {one: [] for one in ids}
    query = select(issue_stories.c.issue_id, issue_stories.c.document)
    for row in connection.execute(query.where(issue_stories.c.issue_id.in_(ids))):
        places[row.issue_id].append((row.document["category"], row.document.get("region")))
    return list(places.values())


def _counts(
    connection: Connection, table: Table, workspace_id: UUID, since: datetime, until: datetime
) -> Counts:
    where: tuple[ColumnElement[bool], ...] = (
        table.c.workspace_id == workspace_id,
        table.c.created_at >= since,
        table.c.created_at < until,
    )
    columns = (table.c.specification_id, table.c.status)
    query = select(*columns, func.count()).where(*where).group_by(*columns)
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


# Built once: every idle tick asks it.
_UNREPORTED = select(workspaces.c.id, workspaces.c.timezone, workspaces.c.reported_for).where(
    or_(
        workspaces.c.reported_for.is_(None),
        workspaces.c.reported_for < bindparam("week", type_=workspaces.c.reported_for.type),
    )
)
