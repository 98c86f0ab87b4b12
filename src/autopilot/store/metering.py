"""Metering: the whole installation in numbers, none of which names anybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Table, func, literal_column, select

from autopilot.store.schedules import DUE_AT
from autopilot.store.sources import ACTIVE
from autopilot.store.tables import (
    autopilot_schedules,
    deliveries,
    newsletter_runs,
    newsletter_specifications,
    sources,
    usage,
    workspaces,
)

_ON: ColumnElement[bool] = literal_column("enabled")  # as in the partial index of due schedules
_OPEN: ColumnElement[bool] = literal_column("status IN ('queued', 'running')")


def count_things(connection: Connection) -> Mapping[str, int]:
    """Return how many workspaces, active specifications, schedules that are on and sources there are."""
    asked: dict[str, Select[Any]] = {
        "workspaces": select(func.count()).select_from(workspaces),
        "specifications": select(func.count())
        .select_from(newsletter_specifications)
        .where(newsletter_specifications.c.status == ACTIVE),
        "schedules": select(func.count()).select_from(autopilot_schedules).where(_ON),
        "sources": select(func.count()).select_from(sources).where(sources.c.status == ACTIVE),
    }
    return {name: int(connection.scalar(query) or 0) for name, query in asked.items()}


def count_due(connection: Connection, now: datetime) -> int:
    """Return how many schedules that are on have a slot whose time came by then."""
    query = select(func.count()).select_from(autopilot_schedules).where(_ON, now >= DUE_AT)
    return int(connection.scalar(query) or 0)


def count_open_runs(connection: Connection) -> Mapping[str, int]:
    """Return how many runs are queued and running."""
    table = newsletter_runs
    query = select(table.c.status, func.count()).where(_OPEN).group_by(table.c.status)
    return {status: int(count) for status, count in connection.execute(query)}


def count_runs_since(connection: Connection, since: datetime) -> Mapping[str, int]:
    """Return how many runs were made since then, by status."""
    return _by_status(connection, newsletter_runs, since)


def count_deliveries_since(connection: Connection, since: datetime) -> Mapping[str, int]:
    """Return how many deliveries were written down since then, by status."""
    return _by_status(connection, deliveries, since)


def count_failing_sources(connection: Connection, *, failures: int) -> int:
    """Return how many active sources failed at least so often in a row."""
    query = (
        select(func.count())
        .select_from(sources)
        .where(sources.c.status == ACTIVE, sources.c.consecutive_failures >= failures)
    )
    return int(connection.scalar(query) or 0)


def micro_usd_since(connection: Connection, since: datetime) -> int:
    """Return what all workspaces' model calls took since then, in millionths of a dollar."""
    query = select(func.coalesce(func.sum(usage.c.micro_usd), 0)).where(
        usage.c.workspace_id.in_(_everywhere()), usage.c.at >= since
    )
    return int(connection.scalar(query) or 0)


def micro_usd_by_workspace(connection: Connection, since: datetime) -> Mapping[UUID, int]:
    """Return what each workspace's model calls took since then, in millionths of a dollar."""
    query = (
        select(usage.c.workspace_id, func.coalesce(func.sum(usage.c.micro_usd), 0))
        .where(usage.c.workspace_id.in_(_everywhere()), usage.c.at >= since)
        .group_by(usage.c.workspace_id)
    )
    return {workspace_id: int(spent) for workspace_id, spent in connection.execute(query)}


def _by_status(connection: Connection, table: Table, since: datetime) -> Mapping[str, int]:
    query = (
        select(table.c.status, func.count())
        .where(table.c.workspace_id.in_(_everywhere()), table.c.created_at >= since)
        .group_by(table.c.status)
    )
    return {status: int(count) for status, count in connection.execute(query)}


def _everywhere() -> Select[Any]:
    """All workspaces: the indexes of what is recent begin with one."""
    return select(workspaces.c.id)
