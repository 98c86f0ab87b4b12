"""The tables refuse what can never be, on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from store.rows import ENDED, NOW, RUN, RUNNING, SCHEDULE, SOUND, another, put, put_all

from autopilot.errors import Conflict
from autopilot.store.database import Database
from autopilot.store.tables import metadata

LATER = NOW + timedelta(days=7)
LEASE = {"owner_token": UUID(int=9), "lease_until": NOW}

NONSENSE: dict[str, tuple[str, dict[str, Any]]] = {
    "a running run without a lease": ("newsletter_runs", {"status": "running"}),
    "a running run without an owner": (
        "newsletter_runs",
        {"status": "running", "lease_until": NOW},
    ),
    "a running run without a lease's end": (
        "newsletter_runs",
        {"status": "running", "owner_token": UUID(int=9)},
    ),
    "a queued run with a lease": ("newsletter_runs", LEASE),
    "an ended run with a lease": ("newsletter_runs", ENDED | LEASE),
    "an ended run without its time": ("newsletter_runs", {"status": "succeeded"}),
    "a queued run that ended": ("newsletter_runs", {"finished_at": NOW}),
    "a running run that ended": ("newsletter_runs", RUNNING | {"finished_at": NOW}),
    "a failed run without a reason": ("newsletter_runs", ENDED | {"status": "failed"}),
    "a skipped run without a reason": ("newsletter_runs", ENDED | {"status": "skipped"}),
    "a cancelled run without a reason": ("newsletter_runs", ENDED | {"status": "cancelled"}),
    "a run in no known state": ("newsletter_runs", {"status": "thinking"}),
    "a run nobody asked for": ("newsletter_runs", {"trigger": "whim"}),
    "a scheduled run without its slot": ("newsletter_runs", {"scheduled_for": None}),
    "two runs of one slot": ("newsletter_runs", {"scheduled_for": NOW}),
    "a run of no schedule there is": (
        "newsletter_runs",
        {"autopilot_schedule_id": UUID(int=99)},
    ),
    "a run of no specification there is": (
        "newsletter_runs",
        {"specification_id": UUID(int=99)},
    ),
    "a schedule that is on but paused": ("autopilot_schedules", {"status": "paused"}),
    "an active schedule that is off": ("autopilot_schedules", {"enabled": False}),
    "a cancelled schedule that is on": ("autopilot_schedules", {"status": "cancelled"}),
    "an active schedule without a next run": ("autopilot_schedules", {"next_run_at": None}),
    "a schedule in no known state": (
        "autopilot_schedules",
        {"status": "asleep", "enabled": False},
    ),
    "a schedule of no known type": ("autopilot_schedules", {"schedule_type": "hourly"}),
    "two schedules of one name": ("autopilot_schedules", {"schedule_name": "Monday nine"}),
    "a paused schedule of a name that is taken": (
        "autopilot_schedules",
        {"schedule_name": "Monday nine", "enabled": False, "status": "paused"},
    ),
    "a schedule without a config": ("autopilot_schedules", {"schedule_config": None}),
    "two workspaces of one slug": ("workspaces", {}),
    "two specifications of one slug": ("newsletter_specifications", {}),
    "a specification in no known state": (
        "newsletter_specifications",
        {"slug": "other", "status": "asleep"},
    ),
    "two sources of one address": ("sources", {}),
    "a source in no known state": (
        "sources",
        {"url": "https://example.org/b.xml", "status": "asleep"},
    ),
    "two articles of one key in one source": ("articles", {}),
    "two issues of one run": ("issues", {}),
    "an issue in no known state": ("issues", {"run_id": UUID(int=20), "status": "lost"}),
    "a step twice": ("run_steps", {}),
    "a step nobody knows": ("run_steps", {"step": "daydream"}),
    "two stories in one place": ("issue_stories", {}),
    "two deliveries of one issue to one mailbox": ("deliveries", {"address": "Ann@example.org"}),
    "a delivery that leaves and is nobody's": (
        "deliveries",
        {"target": "b@example.org", "status": "sending"},
    ),
    "a delivery with an owner and no lease": (
        "deliveries",
        {"target": "b@example.org", "owner_token": UUID(int=9)},
    ),
    "a delivery that failed for no reason": (
        "deliveries",
        {"target": "b@example.org", "status": "failed", "ended_at": NOW},
    ),
    "a delivery that was sent at no time": (
        "deliveries",
        {"target": "b@example.org", "status": "sent"},
    ),
    "two subscribers of one mailbox": ("subscribers", {"email": "Ann@example.org"}),
    "an active subscriber who never confirmed": (
        "subscribers",
        {"mailbox": "b@example.org", "status": "active"},
    ),
    "a channel paused for no reason": ("channels", {"key": "archive", "paused_until": LATER}),
}
OWN_NAMES = {"schedule_name": "Tuesday ten"}
OWN_SLOT = {"scheduled_for": LATER}


@pytest.mark.parametrize(("table", "changes"), NONSENSE.values(), ids=list(NONSENSE))
def test_nonsense_is_refused(database: Database, table: str, changes: dict[str, Any]) -> None:
    distinct = {"newsletter_runs": OWN_SLOT, "autopilot_schedules": OWN_NAMES}.get(table, {})
    with database.begin() as connection:
        put_all(connection)
        put(
            connection,
            "newsletter_runs",
            **another("newsletter_runs", id=UUID(int=20), **OWN_SLOT)
            | {"scheduled_for": LATER + timedelta(days=7)},
        )
    row = another(table, **distinct | changes)
    with pytest.raises(Conflict, match="refused a row"), database.begin() as connection:
        connection.execute(insert(metadata.tables[table]).values(**row))


SENSE: dict[str, tuple[str, dict[str, Any]]] = {
    "a running run with its lease": ("newsletter_runs", OWN_SLOT | RUNNING),
    "an ended run with its time": ("newsletter_runs", OWN_SLOT | ENDED),
    "a failed run with its reason": (
        "newsletter_runs",
        OWN_SLOT | ENDED | {"status": "failed", "reason": "it broke"},
    ),
    "a manual run of the same instant": ("newsletter_runs", {"trigger": "manual"}),
    "a manual run without a slot": (
        "newsletter_runs",
        {"trigger": "manual", "scheduled_for": None, "autopilot_schedule_id": None},
    ),
    "a paused schedule without a next run": (
        "autopilot_schedules",
        OWN_NAMES | {"enabled": False, "status": "paused", "next_run_at": None},
    ),
    "a cancelled schedule of a name that is taken": (
        "autopilot_schedules",
        {"enabled": False, "status": "cancelled"},
    ),
}


@pytest.mark.parametrize(("table", "changes"), SENSE.values(), ids=list(SENSE))
def test_what_can_be_is_taken(database: Database, table: str, changes: dict[str, Any]) -> None:
    with database.begin() as connection:
        put_all(connection)
        connection.execute(insert(metadata.tables[table]).values(**another(table, **changes)))


def count(database: Database, table: str) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0


def test_a_run_outlives_its_schedule(database: Database) -> None:
    runs, schedules = metadata.tables["newsletter_runs"], metadata.tables["autopilot_schedules"]
    with database.begin() as connection:
        put_all(connection)
        connection.execute(delete(schedules).where(schedules.c.id == SCHEDULE))
    with database.read() as connection:
        row = connection.execute(select(runs)).one()
    assert (row.id, row.autopilot_schedule_id, row.scheduled_for) == (RUN, None, NOW)


@pytest.mark.parametrize("table", ["workspaces", "newsletter_specifications"])
def test_deleting_takes_everything_below(database: Database, table: str) -> None:
    with database.begin() as connection:
        put_all(connection)
        connection.execute(delete(metadata.tables[table]))
    above = {"workspaces", "users"}
    above |= {"audit_log", "api_tokens"} if table != "workspaces" else set()
    left = {name: count(database, name) for name in SOUND if name not in above}
    assert left == dict.fromkeys(left, 0)


STAMPED = [name for name, table in metadata.tables.items() if "updated_at" in table.c]


@pytest.mark.parametrize("table", STAMPED)
def test_the_database_itself_keeps_updated_at(database: Database, table: str) -> None:
    """Written by hand and by no function of ours: the trigger alone moves the time."""
    rows = metadata.tables[table]
    with database.begin() as connection:
        put_all(connection)
        connection.execute(update(rows).values(updated_at=NOW - timedelta(days=400)))
        # SQLite's trigger steps aside for whoever sets the column, so look at the next change.
        before = connection.scalar(select(rows.c.updated_at))
    with database.begin() as connection:
        connection.execute(text(f"UPDATE {_named(database, table)} SET created_at = created_at"))
    with database.read() as connection:
        after = connection.scalar(select(rows.c.updated_at))
    assert before is not None
    assert after is not None
    assert after > before


def _named(database: Database, table: str) -> str:
    return f"autopilot.{table}" if database.is_postgres else table
