"""Subjects: what the last issues of a specification were called, so that none is called so again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from autopilot.domain.issue import UNREAD
from autopilot.store.tables import issues


def last_subjects(
    connection: Connection, specification_id: UUID, *, besides: UUID, limit: int
) -> tuple[str, ...]:
    """Return the subjects of the last issues, newest first; of those readers had, without the run
    `besides`.
    """
    query = (
        select(issues.c.subject)
        .where(
            issues.c.specification_id == specification_id,
            issues.c.run_id != besides,
            issues.c.scheduled_for.is_not(None),
            issues.c.status.not_in(UNREAD),
        )
        .order_by(issues.c.scheduled_for.desc())
        .limit(limit)
    )
    return tuple(connection.execute(query).scalars())
