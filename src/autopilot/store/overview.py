"""Overview: a workspace counted and named for one glance at it, each question answered by an index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal_column, or_, select

from autopilot.domain.issue import IssueStatus
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.store.bulk import among_ids
from autopilot.store.channels import ChannelRow, troubled_channels
from autopilot.store.schedules import schedule_of
from autopilot.store.sources import ACTIVE, SourceRow, source_of
from autopilot.store.tables import (
    autopilot_schedules,
    issues,
    newsletter_specifications,
    sources,
)

LATELY = 100  # issues that are looked at for held ones


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCounts:
    """How many schedules are on, paused by a person, stopped by failures, or through; and how many of
    those that are on failed at their last slot.
    """

    on: int = 0
    paused: int = 0
    stopped: int = 0
    finished: int = 0
    failing: int = 0

    @property
    def total(self) -> int:
        """All that are not cancelled."""
        return self.on + self.paused + self.stopped + self.finished


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCounts:
    """How many active sources there are, and how many of them nobody has looked at yet."""

    total: int = 0
    unseen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCounts:
    """How many issues wait for people, when the first goes out or expires, and how many are held."""

    waiting: int = 0
    first_release_at: datetime | None = None
    held: int = 0


def count_schedules(connection: Connection, workspace_id: UUID) -> ScheduleCounts:
    """Count a workspace's schedules."""
    table = autopilot_schedules
    failing = func.sum(case((table.c.consecutive_failures > 0, 1), else_=0))
    query = (
        select(table.c.status, func.count(), failing)
        .where(table.c.workspace_id == workspace_id)
        .group_by(table.c.status)
    )
    found = {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}

    def of(status: ScheduleStatus) -> int:
        return found.get(status.value, (0, 0))[0]

    return ScheduleCounts(
        on=of(ScheduleStatus.ACTIVE),
        paused=of(ScheduleStatus.PAUSED),
        stopped=of(ScheduleStatus.ERROR),
        finished=of(ScheduleStatus.FINISHED),
        failing=found.get(ScheduleStatus.ACTIVE.value, (0, 0))[1],
    )


def troubled_schedules(
    connection: Connection, workspace_id: UUID, *, limit: int
) -> Sequence[Schedule]:
    """Return schedules that stopped, and those that are on and failed last, the worst first."""
    table = autopilot_schedules
    stopped = table.c.status == ScheduleStatus.ERROR.value
    failing = and_(table.c.status == ScheduleStatus.ACTIVE.value, table.c.consecutive_failures > 0)
    query = (
        select(table)
        .where(table.c.workspace_id == workspace_id, or_(stopped, failing))
        .order_by(stopped.desc(), table.c.consecutive_failures.desc(), table.c.id)
        .limit(limit)
    )
    return [schedule_of(row) for row in connection.execute(query)]


def count_sources(connection: Connection, workspace_id: UUID) -> SourceCounts:
    """Count the active sources of a workspace's active specifications."""
    unseen = func.sum(case((sources.c.last_fetched_at.is_(None), 1), else_=0))
    query = select(func.count(), unseen).where(*_sources_of(workspace_id))
    total, new = connection.execute(query).one()
    return SourceCounts(total=int(total), unseen=int(new or 0))


def doubtful_sources(
    connection: Connection, workspace_id: UUID, *, quiet_since: datetime, limit: int
) -> Sequence[SourceRow]:
    """Return sources that failed when last asked, or had nothing since then, the worst first."""
    query = (
        select(sources)
        .where(
            *_sources_of(workspace_id),
            or_(sources.c.consecutive_failures > 0, sources.c.newest_article_at < quiet_since),
        )
        .order_by(sources.c.consecutive_failures.desc(), sources.c.newest_article_at, sources.c.id)
        .limit(limit)
    )
    return [source_of(row) for row in connection.execute(query)]


def count_reviews(connection: Connection, workspace_id: UUID) -> ReviewCounts:
    """Count the issues that people are asked about; held ones among the newest 100 alone."""
    # A literal word, as in the partial index.
    is_waiting = issues.c.status == literal_column(f"'{IssueStatus.WAITING.value}'")
    query = select(func.count(), func.min(issues.c.release_at)).where(
        is_waiting, issues.c.workspace_id == workspace_id
    )
    waiting, first = connection.execute(query).one()
    newest = (
        select(issues.c.status)
        .where(issues.c.workspace_id == workspace_id)
        .order_by(issues.c.created_at.desc())
        .limit(LATELY)
        .subquery()
    )
    held = select(func.count()).where(newest.c.status == IssueStatus.HELD.value)
    return ReviewCounts(
        waiting=int(waiting), first_release_at=first, held=int(connection.scalar(held) or 0)
    )


def channels_in_trouble(connection: Connection, workspace_id: UUID) -> Sequence[ChannelRow]:
    """Return the channels of a workspace's specifications whose last attempts failed."""
    troubled = troubled_channels(connection)
    ours = names_of(connection, {row.specification_id for row in troubled}, workspace_id)
    return [row for row in troubled if row.specification_id in ours]


def names_of(
    connection: Connection, specification_ids: Collection[UUID], workspace_id: UUID
) -> Mapping[UUID, str]:
    """Return the names of those of these specifications that lie in a workspace."""
    if not specification_ids:
        return {}
    table = newsletter_specifications
    query = select(table.c.id, table.c.document["name"].as_string()).where(
        among_ids(connection, table.c.id, specification_ids), table.c.workspace_id == workspace_id
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def schedule_names(connection: Connection, schedule_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the names of these schedules."""
    if not schedule_ids:
        return {}
    table = autopilot_schedules
    query = select(table.c.id, table.c.schedule_name).where(
        among_ids(connection, table.c.id, schedule_ids)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def issues_by_run(
    connection: Connection, run_ids: Collection[UUID]
) -> Mapping[UUID, tuple[UUID, str]]:
    """Return the issue that each of these runs made: its id and its subject."""
    if not run_ids:
        return {}
    query = select(issues.c.run_id, issues.c.id, issues.c.subject).where(
        among_ids(connection, issues.c.run_id, run_ids)
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def has_issue(connection: Connection, workspace_id: UUID) -> bool:
    """Return whether an issue was ever made in a workspace."""
    query = select(issues.c.id).where(issues.c.workspace_id == workspace_id).limit(1)
    return connection.execute(query).first() is not None


def _sources_of(workspace_id: UUID) -> Sequence[ColumnElement[bool]]:
    specification = newsletter_specifications
    ours = select(specification.c.id).where(
        specification.c.workspace_id == workspace_id, specification.c.status == ACTIVE
    )
    return (sources.c.specification_id.in_(ours), sources.c.status == ACTIVE)
