"""What surrounds a list of schedules: names of their specifications, who made them, how many there are.

Whole documents are not read for it: a workspace may have thousands of specifications.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select

from autopilot.store.bulk import BulkSelect
from autopilot.store.tables import autopilot_schedules, newsletter_specifications

_specifications, _schedules = newsletter_specifications, autopilot_schedules
_NAME = _specifications.c.document["name"].as_string()


def specification_names(connection: Connection, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the names of these specifications, cancelled ones too."""
    return {row[0]: row[1] for row in _NAMES.execute(connection, list(ids))}


def specifications_in(
    connection: Connection, workspace_ids: Collection[UUID]
) -> Sequence[tuple[UUID, str]]:
    """Return the specifications of these workspaces that are not cancelled, by name."""
    query = select(_specifications.c.id, _NAME).where(
        _specifications.c.workspace_id.in_(workspace_ids), _specifications.c.status == "active"
    )
    found = [(row[0], row[1]) for row in connection.execute(query)]
    return sorted(found, key=lambda it: (it[1].casefold(), str(it[0])))


def owners_in(connection: Connection, workspace_ids: Collection[UUID]) -> Sequence[str]:
    """Return who made the schedules of these workspaces, by name."""
    query = select(_schedules.c.created_by).where(_inside(workspace_ids)).distinct()
    return sorted(connection.scalars(query))


def counts_in(connection: Connection, workspace_ids: Collection[UUID]) -> Mapping[str, int]:
    """Return how many schedules of these workspaces there are in each state."""
    query = (
        select(_schedules.c.status, func.count())
        .where(_inside(workspace_ids))
        .group_by(_schedules.c.status)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _inside(workspace_ids: Collection[UUID]) -> ColumnElement[bool]:
    return _schedules.c.workspace_id.in_(workspace_ids)


_NAMES = BulkSelect(
    _specifications.c.id, lambda is_one: select(_specifications.c.id, _NAME).where(is_one)
)
