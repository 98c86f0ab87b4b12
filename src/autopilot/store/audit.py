"""The audit log: who changed what, when. Never content, never a secret."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert

from autopilot.store.tables import audit_log


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
