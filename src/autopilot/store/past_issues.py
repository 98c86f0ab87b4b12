"""Past issues: what readers had of a newsletter, newest first, for its public archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select

from autopilot.domain.issue import UNREAD, IssueStatus
from autopilot.store.issues import IssueRow, issue_from
from autopilot.store.tables import issues

_read_at = func.coalesce(issues.c.scheduled_for, issues.c.created_at)
_NEVER_READ = [status.value for status in (*UNREAD, IssueStatus.NOT_SENT)]


def past_issues(
    connection: Connection, specification_id: UUID, now: datetime, *, limit: int, offset: int = 0
) -> Sequence[IssueRow]:
    """Return issues whose time has come and that readers had, newest first."""
    query = (
        select(issues)
        .where(*_read(specification_id, now))
        .order_by(_read_at.desc(), issues.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [issue_from(row) for row in connection.execute(query)]


def past_issue(
    connection: Connection, specification_id: UUID, now: datetime, issue_id: UUID
) -> IssueRow | None:
    """Return one of them; None for another newsletter's, or one that nobody has had."""
    query = select(issues).where(*_read(specification_id, now), issues.c.id == issue_id)
    row = connection.execute(query).first()
    return None if row is None else issue_from(row)


def _read(specification_id: UUID, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        issues.c.specification_id == specification_id,
        issues.c.status.not_in(_NEVER_READ),
        issues.c.draft_sha256.is_not(None),
        _read_at <= now,
    )
