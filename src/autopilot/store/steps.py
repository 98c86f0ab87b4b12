"""Steps: what each finished step of a run took in, gave out, and how long it needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, case, null, select, update

from autopilot.domain.run import Step
from autopilot.store.inserting import insert_into
from autopilot.store.tables import run_steps as table


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One row of `run_steps`; `output` is the compressed checkpoint, dropped when not needed.

    A `partial` row holds what a step under way has so far; it is replaced when the step is done.
    """

    run_id: UUID
    step: Step
    epoch: int
    count_in: int
    count_out: int
    seconds: float
    finished_at: datetime
    output: bytes | None = None
    partial: bool = False


def keep_step(connection: Connection, row: StepRow) -> None:
    """Insert a step; what was kept of it before is replaced."""
    values = {
        "run_id": row.run_id,
        "step": row.step.value,
        "epoch": row.epoch,
        "count_in": row.count_in,
        "count_out": row.count_out,
        "seconds": row.seconds,
        "finished_at": row.finished_at,
        "output": row.output,
        "partial": row.partial,
    }
    statement = insert_into(connection, table).values(values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["run_id", "step"], set_=values)
    )


def get_step(connection: Connection, run_id: UUID, step: Step) -> StepRow | None:
    """Return what is kept of a step of a run, with its checkpoint."""
    query = select(table).where(table.c.run_id == run_id, table.c.step == step.value)
    row = connection.execute(query).first()
    return None if row is None else _row(row)


def list_steps(connection: Connection, run_id: UUID, *, outputs: bool = True) -> Sequence[StepRow]:
    """Return the finished steps of a run in their order, without their `outputs` where not wanted."""
    order = case({step.value: place for place, step in enumerate(Step)}, value=table.c.step)
    columns = [c if outputs or c is not table.c.output else null().label(c.name) for c in table.c]
    query = (
        select(*columns).where(table.c.run_id == run_id, table.c.partial.is_(False)).order_by(order)
    )
    return [_row(row) for row in connection.execute(query)]


def drop_checkpoints(connection: Connection, run_ids: Collection[UUID], *, keep: Step) -> None:
    """Free the checkpoints of ended runs, but for the one that says why each article is in or out."""
    connection.execute(
        update(table)
        .where(table.c.run_id.in_(run_ids), table.c.step != keep.value)
        .values(output=None)
    )


def _row(row: Row[Any]) -> StepRow:
    return StepRow(
        run_id=row.run_id,
        step=Step(row.step),
        epoch=row.epoch,
        count_in=row.count_in,
        count_out=row.count_out,
        seconds=row.seconds,
        finished_at=row.finished_at,
        output=row.output,
        partial=row.partial,
    )
