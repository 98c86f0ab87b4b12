"""Questions the tests ask a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule
from autopilot.service.context import App
from autopilot.store import runs, schedules
from autopilot.store.specifications import SpecificationRow, list_specifications
from autopilot.store.tables import metadata


def all_runs(app: App) -> Sequence[Run]:
    """Returns every run, by slot."""
    with app.database.read() as connection:
        found = runs.list_runs(connection, limit=1_000)
    return sorted(found, key=lambda run: run.scheduled_for or run.created_at)


def only_run(app: App) -> Run:
    (run,) = all_runs(app)
    return run


def only_schedule(app: App) -> Schedule:
    with app.database.read() as connection:
        (schedule,) = schedules.list_schedules(connection, with_cancelled=True)
    return schedule


def only_specification(app: App) -> SpecificationRow:
    with app.database.read() as connection:
        (row,) = list_specifications(connection, with_cancelled=True)
    return row


def count(app: App, table: str) -> int:
    with app.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0


def rows(app: App, table: str) -> Sequence[Any]:
    with app.database.read() as connection:
        return connection.execute(select(metadata.tables[table])).all()
