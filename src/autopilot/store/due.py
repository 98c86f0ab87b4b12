"""Due: which schedules have a slot that has come, and whose they are; what every tick asks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    Text,
    bindparam,
    case,
    cast,
    func,
    select,
    type_coerce,
)

from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.store.schedules import ACTIVE, DUE_AT
from autopilot.store.tables import autopilot_schedules as table


def schedules_to_plan(connection: Connection, now: datetime, *, limit: int) -> Sequence[Schedule]:
    """Return due schedules, longest due first, passing over rows another tick holds.

    Their texts, figures and notes are left out. Equal documents are one object in all of them.
    """
    return [_due(row) for row in connection.execute(_DUE, {"now": now, "limit": limit})]


def whose_are_due(connection: Connection, now: datetime) -> tuple[bool, UUID | None]:
    """Return whether schedules are due, and the one workspace of all if none of them has a priority.

    A priority is looked for in the text of the policies: they may be no document at all.
    """
    first, last, has_priority = connection.execute(_WHOSE_DUE, {"now": now}).one()
    sole = None if first is None or first != last or has_priority else UUID(first)
    return first is not None, sole


def count_due_schedules(connection: Connection, now: datetime) -> int:
    """Return how many schedules have a slot that has come and is not planned yet."""
    query = select(func.count()).select_from(table).where(ACTIVE, _IS_DUE)
    return int(connection.scalar(query, {"now": now}) or 0)


def _due(row: Sequence[Any]) -> Schedule:
    """A schedule out of the columns of `_DUE`, in their order."""
    config, policies = _read(row[7]), _read(row[9])
    return Schedule(
        id=_id(row[0]),
        workspace_id=_shared_id(row[1]),
        specification_id=_shared_id(row[2]),
        created_by=row[3],
        name=row[4],
        type=row[5],
        timezone=row[6],
        config=config,
        status=_STATUSES[row[8]],
        # What is no object is kept as one that no policy has, to be refused with the others.
        policies=policies if isinstance(policies, dict) else _no_policies(row[9]),
        next_run_at=row[10],
        due_at=row[11],
        computed_with=row[12],
        version=row[13],
        categories_override=_tupled(row[14]),
        regions_override=_tupled(row[15]),
        cadence_override=row[16],
        consecutive_failures=row[17],
        status_reason=row[18],
    )


def _id(stored: UUID | str) -> UUID:
    """PostgreSQL's driver gives ids, SQLite's gives their digits."""
    return stored if isinstance(stored, UUID) else UUID(int=int(stored, 16))


_shared_id = lru_cache(maxsize=1_024)(_id)


# Schedules of a batch are mostly written alike.
@lru_cache(maxsize=1_024)
def _read(text: str) -> Any:
    """A document out of its text; one that is none stays text, and whoever wants to use it says so."""
    try:
        return json.loads(text)
    except ValueError:
        return text


@lru_cache(maxsize=64)
def _no_policies(text: str) -> Mapping[str, object]:
    return {"policies": text}


def _tupled(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


_IDS = (table.c.id, table.c.workspace_id, table.c.specification_id)
_STATUSES = {status.value: status for status in ScheduleStatus}
_IS_DUE = bindparam("now", type_=table.c.next_run_at.type) >= DUE_AT
_COLUMNS: tuple[ColumnElement[Any], ...] = (
    *(type_coerce(column, String) for column in _IDS),
    table.c.created_by,
    table.c.schedule_name,
    table.c.schedule_type,
    table.c.timezone,
    cast(table.c.schedule_config, Text),
    table.c.status,
    cast(table.c.policies, Text),
    table.c.next_run_at,
    table.c.due_at,
    table.c.computed_with,
    table.c.version,
    table.c.categories_override,
    table.c.regions_override,
    table.c.cadence_override,
    table.c.consecutive_failures,
    table.c.status_reason,
)
_DUE = (
    select(*_COLUMNS)
    .where(ACTIVE, _IS_DUE)
    .order_by(DUE_AT)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)  # SQLite has one writer and ignores it
)
_OWNER = cast(table.c.workspace_id, String)
_WHOSE_DUE = select(
    func.min(_OWNER),
    func.max(_OWNER),
    func.max(case((cast(table.c.policies, Text).like("%priority%"), 1), else_=0)),
).where(ACTIVE, _IS_DUE)
