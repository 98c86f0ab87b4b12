"""Schedules the tests make, and what became of their slots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.asking import all_runs, only_specification, rows
from sqlalchemy import update

from autopilot.domain.schedule import Schedule
from autopilot.service.context import App
from autopilot.service.schedules import create_autopilot_schedule, get_schedule_detail
from autopilot.store.tables import autopilot_schedules

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def schedule(app: App, name: str, kind: str, config: dict[str, object], **more: Any) -> Schedule:
    """Creates another schedule of the specification."""
    row = only_specification(app)
    return create_autopilot_schedule(
        row.id, row.workspace_id, "ann@example.org", name, kind, config, app=app, **more
    )


def daily(app: App, name: str = "Daily", *at: str, **policies: object) -> Schedule:
    """A schedule for every day in UTC, at nine unless told."""
    times = list(at) or ["09:00"]
    return schedule(app, name, "daily", {"times": times}, timezone="UTC", policies=policies)


def hourly(app: App, **policies: object) -> Schedule:
    cron: dict[str, object] = {"cron": "0 * * * *"}
    return schedule(app, "Hourly", "custom", cron, timezone="UTC", policies=policies)


def read(app: App, seen: Schedule) -> Schedule:
    """The schedule as it is now."""
    return get_schedule_detail(seen.id, app=app).schedule


def change(app: App, schedule_id: object, **values: object) -> None:
    """Changes a row behind Autopilot's back."""
    with app.database.begin() as connection:
        connection.execute(
            update(autopilot_schedules)
            .where(autopilot_schedules.c.id == schedule_id)
            .values(**values)
        )


def reasons(app: App) -> list[str | None]:
    """The first word of each run's reason, by slot."""
    return [run.reason and run.reason.split(":")[0] for run in all_runs(app)]


def notices(app: App) -> list[str]:
    """The kinds of notices of schedules, oldest first; those of sources stand for themselves."""
    told = sorted(rows(app, "notices"), key=lambda row: row.at)
    return [row.kind for row in told if row.kind != "source"]
