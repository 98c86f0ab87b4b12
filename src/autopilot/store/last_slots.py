"""Last slots: how the last ones of many schedules ended, in one question."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Table,
    select,
    true,
)

from autopilot.domain.run import RunStatus, Trigger
from autopilot.store.bulk import among_ids
from autopilot.store.listing import is_exactly, one_of_these
from autopilot.store.tables import (
    autopilot_schedules,
    newsletter_runs,
)


# As the partial indexes have them.
def last_slots(
    connection: Connection,
    schedule_ids: Collection[UUID],
    *,
    workspace_ids: Collection[UUID] | None,
    last: int,
) -> Mapping[UUID, Sequence[tuple[UUID, RunStatus]]]:
    """Return the runs of the last slots of these schedules, by id and status, oldest first."""
    mine = autopilot_schedules
    if connection.dialect.name == "postgresql":
        run: FromClause = _latest_slots(mine, last).lateral("run")
        joined = mine.join(run, true())
    else:
        run = newsletter_runs.alias("run")
        latest = _latest_slots(mine, last).with_only_columns(newsletter_runs.c.id)
        joined = mine.join(run, run.c.id.in_(latest))
    query = (
        select(mine.c.id, run.c.id, run.c.status)
        .select_from(joined)
        .where(among_ids(connection, mine.c.id, schedule_ids))
        .order_by(run.c.scheduled_for)
    )
    if workspace_ids is not None:
        query = query.where(one_of_these(connection, mine.c.workspace_id, workspace_ids))
    found: dict[UUID, list[tuple[UUID, RunStatus]]] = {each: [] for each in schedule_ids}
    for schedule_id, run_id, status in connection.execute(query):
        found[schedule_id].append((run_id, RunStatus(status)))
    return found


def _latest_slots(schedule: Table, last: int) -> Select[Any]:
    table = newsletter_runs
    return (
        select(table.c.id, table.c.status, table.c.scheduled_for)
        .where(
            table.c.autopilot_schedule_id == schedule.c.id,
            is_exactly(table.c.trigger, Trigger.SCHEDULE),
            # Every row with a slot is asked for: where NULL comes first differs between the databases.
            table.c.scheduled_for.is_not(None),
        )
        .order_by(table.c.scheduled_for.desc())
        .limit(last)
        .correlate(schedule)
    )
