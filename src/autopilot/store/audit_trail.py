"""The audit trail: the audit log read back, newest first, for people who look through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, tuple_

from autopilot.store.tables import audit_log as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: when, who, what was done, to which thing, and what there is to add."""

    id: UUID
    at: datetime
    actor: str
    action: str
    subject_type: str
    subject_id: UUID | None
    detail: Mapping[str, Any]


def entries_before(
    connection: Connection,
    workspace_id: UUID | None,
    *,
    noun: str = "",
    actor: str = "",
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> Sequence[Entry]:
    """Return lines of a workspace, or with None of the whole installation, newest first.

    `noun` is the first word of an action ("schedule"), `actor` who did it.
    """
    mine = (
        table.c.workspace_id.is_(None)
        if workspace_id is None
        else table.c.workspace_id == workspace_id
    )
    query = select(table).where(mine).order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
    if noun:
        query = query.where(table.c.action.startswith(f"{noun}.", autoescape=True))
    if actor:
        query = query.where(table.c.actor == actor)
    if after is not None:
        at, identity = after
        query = query.where(tuple_(table.c.at, table.c.id) < tuple_(at, identity))
    return [
        Entry(
            id=row.id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            detail=row.detail,
        )
        for row in connection.execute(query)
    ]
