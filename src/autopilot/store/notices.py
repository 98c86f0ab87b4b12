"""Notices: what owners should hear of, kept until they were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, insert, select

from autopilot.domain.notice import Notice, NoticeKind
from autopilot.store.bulk import BulkSelect
from autopilot.store.tables import notices


def add_notice(connection: Connection, notice: Notice) -> None:
    """Keep a notice."""
    connection.execute(
        insert(notices).values(
            id=uuid4(),
            workspace_id=notice.workspace_id,
            specification_id=notice.specification_id,
            schedule_id=notice.schedule_id,
            run_id=notice.run_id,
            kind=notice.kind.value,
            message=notice.message,
            at=notice.at,
            tell_at=notice.at,
        )
    )


def last_kinds(
    connection: Connection, schedule_ids: Collection[UUID], *, among: Iterable[NoticeKind]
) -> Mapping[UUID, NoticeKind]:
    """Return which of these kinds each schedule's last notice was; one that had none is left out."""
    kinds = [kind.value for kind in among]
    found = _KINDS.execute(connection, schedule_ids, kinds=kinds)
    return {row[0]: NoticeKind(row[1]) for row in found}


def list_notices(
    connection: Connection,
    *,
    workspace_id: UUID | None = None,
    untold_since: datetime | None = None,
    limit: int = 20,
) -> Sequence[Notice]:
    """Return notices, newest first; with `untold_since` those from then on that nobody was told."""
    query = select(notices).order_by(notices.c.at.desc(), notices.c.id).limit(limit)
    if workspace_id is not None:
        query = query.where(notices.c.workspace_id == workspace_id)
    if untold_since is not None:
        query = query.where(notices.c.told_at.is_(None), notices.c.at >= untold_since)
    return [
        Notice(
            workspace_id=row.workspace_id,
            specification_id=row.specification_id,
            schedule_id=row.schedule_id,
            run_id=row.run_id,
            kind=NoticeKind(row.kind),
            message=row.message,
            at=row.at,
        )
        for row in connection.execute(query)
    ]


_KINDS = BulkSelect(
    notices.c.schedule_id,
    lambda is_one: (
        select(notices.c.schedule_id, notices.c.kind)
        .where(is_one, notices.c.kind.in_(bindparam("kinds", expanding=True)))
        .order_by(notices.c.at)
    ),
)
