"""Next slots: which schedules of many specifications come first, in one question."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, func, select

from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.store.bulk import among_ids
from autopilot.store.schedules import schedule_of
from autopilot.store.tables import autopilot_schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The schedules of a specification that come first, and how many it has in all."""

    first: Sequence[Schedule] = ()
    in_all: int = 0


def upcoming(
    connection: Connection, specification_ids: Collection[UUID], *, most: int
) -> Mapping[UUID, Upcoming]:
    """Return up to so many schedules of each specification by their next slot; cancelled ones count
    nowhere, and a specification without any is left out.
    """
    table = autopilot_schedules
    whose = table.c.specification_id
    order = (table.c.next_run_at.is_(None), table.c.next_run_at, table.c.schedule_name, table.c.id)
    ranked = (
        select(
            table.c.id,
            func.row_number().over(partition_by=whose, order_by=order).label("place"),
            func.count().over(partition_by=whose).label("in_all"),
        )
        .where(
            among_ids(connection, whose, specification_ids),
            table.c.status != ScheduleStatus.CANCELLED.value,
        )
        .subquery()
    )
    rows = connection.execute(
        select(table, ranked.c.in_all)
        .join(ranked, ranked.c.id == table.c.id)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.place)
    )
    first: dict[UUID, list[Schedule]] = {}
    counts: dict[UUID, int] = {}
    for row in rows:
        first.setdefault(row.specification_id, []).append(schedule_of(row))
        counts[row.specification_id] = row.in_all
    return {key: Upcoming(first=found, in_all=counts[key]) for key, found in first.items()}
