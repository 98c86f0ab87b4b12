"""One sound row of each table, as the other rows of the tests begin."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert

from autopilot.store.tables import metadata

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WORKSPACE, SPECIFICATION, SCHEDULE, RUN, SOURCE, ISSUE = (
    UUID(int=number) for number in range(1, 7)
)

SOUND: dict[str, dict[str, Any]] = {
    "workspaces": {
        "id": WORKSPACE,
        "slug": "acme",
        "name": "Acme",
        "timezone": "UTC",
        "brand": {},
    },
    "newsletter_specifications": {
        "id": SPECIFICATION,
        "workspace_id": WORKSPACE,
        "slug": "energy",
        "document": {"cadence": "weekly"},
    },
    "sources": {
        "id": SOURCE,
        "specification_id": SPECIFICATION,
        "url": "https://example.org/feed.xml",
        "document": {},
    },
    "users": {"id": UUID(int=31), "email": "ann@example.org"},
    "api_tokens": {
        "id": UUID(int=32),
        "workspace_id": WORKSPACE,
        "name": "reports",
        "role": "viewer",
        "token_hash": "0" * 64,
        "hint": "abcd",
        "created_by": "ann@example.org",
    },
    "articles": {
        "id": UUID(int=7),
        "source_id": SOURCE,
        "key": "example.org/a",
        "url": "https://example.org/a",
        "title": "A",
        "text": "",
        "published_at": NOW,
        "dated": True,
        "first_seen_at": NOW,
        "source_name": "Example",
    },
    "autopilot_schedules": {
        "id": SCHEDULE,
        "workspace_id": WORKSPACE,
        "specification_id": SPECIFICATION,
        "created_by": "ann@example.org",
        "schedule_name": "Monday nine",
        "schedule_type": "weekly",
        "schedule_config": {"days": ["mon"], "times": ["09:00"]},
        "timezone": "Europe/Berlin",
        "enabled": True,
        "status": "active",
        "next_run_at": NOW + timedelta(days=7),
    },
    "newsletter_runs": {
        "id": RUN,
        "workspace_id": WORKSPACE,
        "specification_id": SPECIFICATION,
        "autopilot_schedule_id": SCHEDULE,
        "trigger": "schedule",
        "scheduled_for": NOW,
        "zone": "Europe/Berlin",
        "window_start": NOW - timedelta(days=7),
        "window_end": NOW,
        "due_at": NOW,
        "status": "queued",
        "created_by": "ann@example.org",
    },
    "run_steps": {
        "run_id": RUN,
        "step": "collect",
        "epoch": 1,
        "count_in": 1,
        "count_out": 1,
        "seconds": 0.1,
        "finished_at": NOW,
    },
    "issues": {
        "id": ISSUE,
        "workspace_id": WORKSPACE,
        "specification_id": SPECIFICATION,
        "run_id": RUN,
        "scheduled_for": NOW,
        "status": "approved",
        "subject": "S",
        "preheader": "P",
        "writer": "extractive",
        "html_sha256": "0" * 64,
        "text_sha256": "1" * 64,
    },
    "issue_stories": {"issue_id": ISSUE, "position": 1, "key": "example.org/a", "document": {}},
    "channels": {"id": UUID(int=10), "specification_id": SPECIFICATION, "key": "email"},
    "subscribers": {
        "id": UUID(int=11),
        "workspace_id": WORKSPACE,
        "specification_id": SPECIFICATION,
        "email": "ann@example.org",
        "mailbox": "ann@example.org",
        "status": "pending",
        "source": "command",
    },
    "deliveries": {
        "id": UUID(int=12),
        "workspace_id": WORKSPACE,
        "specification_id": SPECIFICATION,
        "issue_id": ISSUE,
        "channel": "email",
        "address": "ann@example.org",
        "target": "ann@example.org",
        "status": "pending",
        "due_at": NOW,
    },
    "audit_log": {
        "id": UUID(int=8),
        "at": NOW,
        "workspace_id": WORKSPACE,
        "actor": "ann@example.org",
        "action": "schedule.created",
        "subject_type": "schedule",
        "detail": {},
    },
}
FIRST = [
    name
    for name in SOUND
    if name not in {"channels", "subscribers", "deliveries", "users", "api_tokens"}
]
"""The tables of the first release."""
RUNNING = {"status": "running", "owner_token": UUID(int=9), "lease_until": NOW}
ENDED = {"status": "succeeded", "finished_at": NOW}


def put(connection: Connection, table: str, **changes: Any) -> None:
    """Inserts a sound row with these columns changed."""
    connection.execute(insert(metadata.tables[table]).values(**SOUND[table] | changes))


def put_all(connection: Connection, tables: Iterable[str] = tuple(SOUND)) -> None:
    """Inserts one sound row into each table."""
    for table in tables:
        put(connection, table)


def another(table: str, **changes: Any) -> dict[str, Any]:
    """Returns a second row like the sound one, with an id of its own."""
    fresh = {"id": uuid4()} if "id" in SOUND[table] else {}
    return SOUND[table] | fresh | changes
