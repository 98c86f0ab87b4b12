"""The audit log: who changed what, when. Never content, never a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select

from autopilot.store.tables import audit_log


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One line of the log: when, who, what, and what there is to add."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


def deeds_on(connection: Connection, workspace_id: UUID, subject: UUID) -> Sequence[Deed]:
    """Return what was done to one thing of a workspace, oldest first."""
    query = (
        select(audit_log)
        .where(audit_log.c.workspace_id == workspace_id, audit_log.c.subject_id == subject)
        .order_by(audit_log.c.at, audit_log.c.id)
    )
    return [
        Deed(at=row.at, actor=row.actor, action=row.action, detail=row.detail)
        for row in connection.execute(query)
    ]


def note(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: tuple[str, UUID],
    workspace_id: UUID | None,
    detail: dict[str, object] | None = None,
) -> None:
    """Add one line; `action` is noun.verb ("schedule.paused"), `subject` its kind and id."""
    kind, identity = subject
    connection.execute(
        insert(audit_log).values(
            id=uuid4(),
            at=at,
            workspace_id=workspace_id,
            actor=actor,
            action=action,
            subject_type=kind,
            subject_id=identity,
            detail=detail or {},
        )
    )
