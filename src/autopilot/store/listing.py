"""Listing: pages of rows for people who look through many, each read by an index and continued by key.

A page says where it ended; the next one begins right after that, however many rows came or went
meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    func,
    literal_column,
    select,
    true,
    tuple_,
)

from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.domain.issue import IssueStatus
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.store.bulk import among_ids
from autopilot.store.deliveries import delivery_of
from autopilot.store.issues import IssueRow, issue_from
from autopilot.store.runs import run_of
from autopilot.store.schedules import schedule_of
from autopilot.store.tables import (
    autopilot_schedules,
    deliveries,
    issues,
    newsletter_runs,
    workspaces,
)

# As the partial indexes have them.
_WITHOUT_ISSUE = (RunStatus.FAILED, RunStatus.SKIPPED, RunStatus.CANCELLED)
_OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)
_TO_REVIEW = (IssueStatus.HELD, IssueStatus.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page of things that are listed newest first ended."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLine:
    """Where a page of schedules ended; `next_run_at` is None among those that are off."""

    next_run_at: datetime | None
    name: str
    id: UUID


def schedules_after(
    connection: Connection,
    *,
    workspace_ids: Collection[UUID] | None,
    specification_id: UUID | None,
    status: ScheduleStatus | None,
    enabled: bool | None,
    owner: str | None,
    text: str,
    after: ScheduleLine | None,
    limit: int,
) -> Sequence[Schedule]:
    """Return schedules in the order of their next slot, then those that are off, by name.

    `workspace_ids` of None is all of them. Cancelled ones are listed only when asked for by status.
    """
    table = autopilot_schedules
    query = select(table.c.id)
    if workspace_ids is not None:
        query = query.where(one_of_these(connection, table.c.workspace_id, workspace_ids))
    if specification_id is not None:
        query = query.where(table.c.specification_id == specification_id)
    if status is not None:
        query = query.where(table.c.status == status.value)
    elif not enabled:
        query = query.where(table.c.status != ScheduleStatus.CANCELLED.value)
    if owner is not None:
        query = query.where(table.c.created_by == owner)
    if text:
        query = query.where(
            func.lower(table.c.schedule_name).contains(text.lower(), autoescape=True)
        )
    rows: list[Row[Any]] = []
    can_be_on = status in (None, ScheduleStatus.ACTIVE) and enabled is not False
    if can_be_on and (after is None or after.next_run_at is not None):
        rows += connection.execute(_those_on(query, after, limit))
    can_be_off = status is not ScheduleStatus.ACTIVE and enabled is not True
    if can_be_off and len(rows) < limit:
        place = after if after is not None and after.next_run_at is None else None
        rows += connection.execute(_those_off(query, place, limit - len(rows)))
    return [schedule_of(row) for row in rows]


def runs_before(
    connection: Connection,
    *,
    workspace_ids: Collection[UUID] | None,
    specification_id: UUID | None,
    schedule_id: UUID | None,
    status: RunStatus | None,
    trigger: Trigger | None,
    since: datetime | None,
    until: datetime | None,
    after: Place | None,
    limit: int,
) -> Sequence[Run]:
    """Return runs, the newest first; `since` and `until` (exclusive) are about when they were made."""
    table = newsletter_runs
    conditions = _given(
        (table.c.specification_id, specification_id), (table.c.autopilot_schedule_id, schedule_id)
    )
    is_of_one = bool(conditions)
    if status is not None:
        conditions += _of_status(status)
    if trigger is not None:
        conditions.append(is_exactly(table.c.trigger, trigger))
    if since is not None:
        conditions.append(table.c.created_at >= since)
    if until is not None:
        conditions.append(table.c.created_at < until)
    if status in _OPEN and not is_of_one:
        if workspace_ids is not None:
            conditions.append(
                one_of_these(connection, _by_no_index(table.c.workspace_id), workspace_ids)
            )
        workspace_ids, is_of_one = None, True
    rows = _newest(connection, table, conditions, workspace_ids, after, limit, is_of_one)
    return [run_of(row) for row in rows]


def issues_before(
    connection: Connection,
    *,
    workspace_ids: Collection[UUID] | None,
    specification_id: UUID | None,
    schedule_id: UUID | None,
    statuses: Collection[IssueStatus],
    since: datetime | None = None,
    until: datetime | None = None,
    after: Place | None,
    limit: int,
) -> Sequence[IssueRow]:
    """Return issues, the newest first; `since` and `until` (exclusive) are about when they were made."""
    conditions = _given((issues.c.specification_id, specification_id))
    is_of_one = bool(conditions)
    if schedule_id is not None:
        of_schedule = select(newsletter_runs.c.id).where(
            newsletter_runs.c.autopilot_schedule_id == schedule_id
        )
        conditions.append(issues.c.run_id.in_(of_schedule))
        is_of_one = True
    if statuses:
        conditions.append(issues.c.status.in_([status.value for status in statuses]))
        if {*statuses} <= {*_TO_REVIEW}:
            conditions.append(_among(issues.c.status, _TO_REVIEW))
    if since is not None:
        conditions.append(issues.c.created_at >= since)
    if until is not None:
        conditions.append(issues.c.created_at < until)
    rows = _newest(connection, issues, conditions, workspace_ids, after, limit, is_of_one)
    return [issue_from(row) for row in rows]


def deliveries_before(
    connection: Connection,
    *,
    workspace_ids: Collection[UUID] | None,
    issue_id: UUID | None,
    statuses: Collection[DeliveryStatus],
    channel: str | None,
    after: Place | None,
    limit: int,
) -> Sequence[Delivery]:
    """Return deliveries, the newest first."""
    conditions = _given((deliveries.c.issue_id, issue_id))
    is_of_one = bool(conditions)
    if statuses:
        conditions.append(deliveries.c.status.in_([status.value for status in statuses]))
    if channel is not None:
        conditions.append(deliveries.c.channel == channel)
    rows = _newest(connection, deliveries, conditions, workspace_ids, after, limit, is_of_one)
    return [delivery_of(row) for row in rows]


def _of_status(status: RunStatus) -> Iterable[ColumnElement[bool]]:
    """Words that lead to the few runs of this status by a partial index; of most runs none is needed."""
    column = newsletter_runs.c.status
    yield is_exactly(column, status)
    if status in _WITHOUT_ISSUE:
        yield _among(column, _WITHOUT_ISSUE)


def _those_on(query: Select[Any], after: ScheduleLine | None, limit: int) -> Select[Any]:
    table = autopilot_schedules
    keys = (table.c.next_run_at, table.c.schedule_name, table.c.id)
    query = query.where(table.c.enabled == true())
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(after.next_run_at, after.name, after.id))
    return _in_order(query, keys, limit)


def _those_off(query: Select[Any], after: ScheduleLine | None, limit: int) -> Select[Any]:
    table = autopilot_schedules
    keys = (table.c.schedule_name, table.c.id)
    query = query.where(table.c.enabled != true())
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(after.name, after.id))
    return _in_order(query, keys, limit)


def _in_order(ids: Select[Any], keys: Sequence[ColumnElement[Any]], limit: int) -> Select[Any]:
    """The rows of the first ids. Thousands may be due at once: they are sorted without their columns."""
    first = ids.order_by(*keys).limit(limit)
    return select(autopilot_schedules).where(autopilot_schedules.c.id.in_(first)).order_by(*keys)


def _newest(
    connection: Connection,
    table: Table,
    conditions: Sequence[ColumnElement[bool]],
    workspace_ids: Collection[UUID] | None,
    after: Place | None,
    limit: int,
    is_of_one: bool,
) -> Sequence[Row[Any]]:
    """Read a page in one go where one index has it in order, else workspace by workspace."""
    query = select(table).where(*conditions)
    query = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(_is_older(table, after))
    if is_of_one:
        if workspace_ids is not None:
            query = query.where(one_of_these(connection, table.c.workspace_id, workspace_ids))
        return connection.execute(query).all()
    return _in_turn(connection, table, query, workspace_ids, after, limit)


def _in_turn(
    connection: Connection,
    table: Table,
    query: Select[Any],
    workspace_ids: Collection[UUID] | None,
    after: Place | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Merge the pages of workspaces, of those with the newest rows first, until no other can matter."""
    found: list[Row[Any]] = []
    for workspace_id, newest in _heads(connection, table, workspace_ids, after):
        if len(found) == limit and found[-1].created_at > newest:
            break
        rows = connection.execute(query.where(table.c.workspace_id == workspace_id))
        found = sorted([*found, *rows], key=_age, reverse=True)[:limit]
    return found


def _age(row: Row[Any]) -> tuple[datetime, str]:
    return row.created_at, row.id.hex


def _heads(
    connection: Connection,
    table: Table,
    workspace_ids: Collection[UUID] | None,
    after: Place | None,
) -> Iterable[tuple[UUID, datetime]]:
    """The workspaces that have anything, each with the time of its newest row, the newest first."""
    if workspace_ids is not None and len(workspace_ids) == 1:
        return [(next(iter(workspace_ids)), datetime.max.replace(tzinfo=UTC))]
    newest = select(func.max(table.c.created_at)).where(table.c.workspace_id == workspaces.c.id)
    if after is not None:
        newest = newest.where(table.c.created_at <= after.at)
    query = select(workspaces.c.id, newest.scalar_subquery())
    if workspace_ids is not None:
        query = query.where(one_of_these(connection, workspaces.c.id, workspace_ids))
    heads = [(row[0], row[1]) for row in connection.execute(query) if row[1] is not None]
    return sorted(heads, key=lambda head: head[1], reverse=True)


def _is_older(table: Table, after: Place) -> ColumnElement[bool]:
    return tuple_(table.c.created_at, table.c.id) < tuple_(after.at, after.id)


def one_of_these(
    connection: Connection, column: ColumnElement[UUID], ids: Collection[UUID]
) -> ColumnElement[bool]:
    return column == next(iter(ids)) if len(ids) == 1 else among_ids(connection, column, ids)


def _by_no_index(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column, so spelled that a partial index is chosen rather than one that begins with it."""
    return func.coalesce(column, column)


def is_exactly(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Literal, as in the partial indexes: a bound value would keep SQLite from using them."""
    return column == literal_column(f"'{word}'")


def _among(column: ColumnElement[str], words: Iterable[str]) -> ColumnElement[bool]:
    return column.in_([literal_column(f"'{word}'") for word in words])


def _given(*pairs: tuple[ColumnElement[Any], object]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in pairs if value is not None]
