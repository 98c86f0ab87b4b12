"""Telling: which notices somebody is still to hear of, who has heard, and who is writing to whom now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, or_, select, update

from autopilot.domain.notice import Notice, NoticeKind
from autopilot.store.tables import autopilot_schedules, newsletter_specifications, notices
from autopilot.store.tables import workspaces as workspaces_table

Outage = tuple[NoticeKind, UUID | None, UUID | None]
"""What happened to what: kind, specification and schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingNotice:
    """A notice that somebody is to hear of at `tell_at`, and who has heard of it.

    `created_by` is who made its schedule, `specification` the slug; None where it is of neither.
    """

    id: UUID
    notice: Notice
    told_to: frozenset[str]
    tell_at: datetime
    created_by: str | None
    specification: str | None

    @property
    def outage(self) -> Outage:
        """What tells it from notices of something else."""
        return self.notice.kind, self.notice.specification_id, self.notice.schedule_id

    @property
    def is_fresh(self) -> bool:
        """Whether nobody has put it off yet."""
        return self.tell_at == self.notice.at


def next_tell_at(connection: Connection) -> datetime | None:
    """Return when the next notice is to be told."""
    moment: datetime | None = connection.scalar(_NEXT)
    return moment


def workspaces_with_news(connection: Connection, now: datetime) -> Sequence[UUID]:
    """Return the workspaces that have a notice to be told by now."""
    query = select(notices.c.workspace_id).where(notices.c.tell_at <= now).distinct()
    return list(connection.scalars(query))


def claim_telling(
    connection: Connection, workspace_id: UUID, *, now: datetime, until: datetime
) -> bool:
    """Make one worker the only one that writes to a workspace's owners; False where another is."""
    until_then = workspaces_table.c.telling_until
    claiming = (
        update(workspaces_table)
        .where(workspaces_table.c.id == workspace_id, or_(until_then.is_(None), until_then <= now))
        .values(telling_until=until)
    )
    return connection.execute(claiming).rowcount == 1


def release_telling(connection: Connection, workspace_id: UUID, until: datetime) -> None:
    """Let others write again, unless the claim ran out and is somebody else's now."""
    connection.execute(
        update(workspaces_table)
        .where(workspaces_table.c.id == workspace_id, workspaces_table.c.telling_until == until)
        .values(telling_until=None)
    )


def waiting_notices(
    connection: Connection, workspace_id: UUID, now: datetime, *, limit: int
) -> Sequence[WaitingNotice]:
    """Return the notices of a workspace to be told by now, oldest first."""
    schedules, specifications = autopilot_schedules, newsletter_specifications
    query = (
        select(notices, schedules.c.created_by, specifications.c.slug)
        .outerjoin(schedules, schedules.c.id == notices.c.schedule_id)
        .outerjoin(specifications, specifications.c.id == notices.c.specification_id)
        .where(notices.c.workspace_id == workspace_id, notices.c.tell_at <= now)
        .order_by(notices.c.at, notices.c.id)
        .limit(limit)
    )
    return [_waiting(row) for row in connection.execute(query)]


def last_told_at(connection: Connection, workspace_id: UUID) -> datetime | None:
    """Return when the owners of a workspace last heard of anything."""
    moment: datetime | None = connection.scalar(
        select(func.max(notices.c.told_at)).where(notices.c.workspace_id == workspace_id)
    )
    return moment


def told_since(connection: Connection, workspace_id: UUID, since: datetime) -> Mapping[Outage, int]:
    """Return what was told of since then, and how often."""
    query = select(notices.c.kind, notices.c.specification_id, notices.c.schedule_id).where(
        notices.c.workspace_id == workspace_id, notices.c.told_at >= since
    )
    return Counter((NoticeKind(row[0]), row[1], row[2]) for row in connection.execute(query))


def add_told(connection: Connection, waiting: WaitingNotice, told_to: Collection[str]) -> None:
    """Write down who has heard of a notice."""
    connection.execute(
        update(notices).where(notices.c.id == waiting.id).values(told_to=sorted(told_to))
    )


def settle(
    connection: Connection,
    waiting: WaitingNotice,
    *,
    tell_at: datetime | None,
    told_at: datetime | None,
) -> None:
    """Write down when it is to be told next, if at all, and when everybody had heard of it."""
    connection.execute(
        update(notices)
        .where(notices.c.id == waiting.id)
        .values(tell_at=tell_at, told_at=func.coalesce(told_at, notices.c.told_at))
    )


def _waiting(row: Row[Any]) -> WaitingNotice:
    return WaitingNotice(
        id=row.id,
        notice=Notice(
            workspace_id=row.workspace_id,
            specification_id=row.specification_id,
            schedule_id=row.schedule_id,
            run_id=row.run_id,
            kind=NoticeKind(row.kind),
            message=row.message,
            at=row.at,
        ),
        told_to=frozenset(row.told_to),
        tell_at=row.tell_at,
        created_by=row.created_by,
        specification=row.slug,
    )


# Built once: every idle tick asks it.
_NEXT = select(func.min(notices.c.tell_at)).where(notices.c.tell_at.is_not(None))
