"""A store with something in every table, and what is in it, as any database tells it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from service.conftest import MONDAY_NINE, SUNDAY, Clock
from sqlalchemy import insert, select
from store.rows import put

from autopilot.service.context import App
from autopilot.service.tick import tick
from autopilot.store import transfer
from autopilot.store.tables import metadata

HARD = {"a": [1, 2.5, None, True, 1e16, 12345678901234567890, "ü\u2028\\u0000"], "": {"ß": -0.1}}
GONE = MONDAY_NINE - timedelta(days=2)


def fill(app: App, clock: Clock) -> None:
    """Makes an issue by schedule, then puts in a row of every other kind."""
    clock.now = MONDAY_NINE
    (run,) = tick(app, now=MONDAY_NINE).runs
    assert run.status == "succeeded"
    with app.database.begin() as connection:
        issue = connection.execute(select(metadata.tables["issues"])).first()
        assert issue is not None
        for table, row in rows_of(issue.workspace_id, issue.specification_id, issue.id):
            connection.execute(insert(metadata.tables[table]).values(row))
        put(connection, "audit_log", workspace_id=None, detail=HARD)


def rows_of(workspace: UUID, specification: UUID, issue: UUID) -> list[tuple[str, dict[str, Any]]]:
    user, both = uuid4(), {"workspace_id": workspace, "specification_id": specification}
    sent = {"target": "a", "status": "sent", "due_at": SUNDAY, "ended_at": MONDAY_NINE}
    return [
        ("users", {"id": user, "email": "ann@example.org"}),
        ("members", {"workspace_id": workspace, "user_id": user, "role": "admin"}),
        (
            "api_tokens",
            {
                "id": uuid4(),
                "workspace_id": workspace,
                "name": "reports",
                "role": "viewer",
                "token_hash": "0" * 64,
                "hint": "abcd",
                "created_by": "ann@example.org",
            },
        ),
        (
            "web_sessions",
            {
                "id": uuid4(),
                "user_id": user,
                "token_hash": "1" * 64,
                "created_at": SUNDAY,
                "last_seen_at": SUNDAY,
                "expires_at": MONDAY_NINE,
            },
        ),
        (
            "done_requests",
            {
                "id": uuid4(),
                "key_hash": "2" * 64,
                "request_hash": "3" * 64,
                "at": SUNDAY,
                "answer": bytes(range(256)),
            },
        ),
        ("channels", {"id": uuid4(), "specification_id": specification, "key": "email"}),
        (
            "subscribers",
            both
            | {
                "id": uuid4(),
                "email": "Zoë@exämple.org",
                "mailbox": "zoë@exämple.org",
                "status": "active",
                "source": "import",
                "confirmed_at": MONDAY_NINE,
            },
        ),
        (
            "suppressions",
            both | {"id": uuid4(), "mailbox": "x@example.org", "reason": "manual", "at": SUNDAY},
        ),
        (
            "deliveries",
            both | sent | {"id": uuid4(), "issue_id": issue, "channel": "email", "address": "a"},
        ),
        (
            "review_letters",
            {
                "issue_id": issue,
                "mailbox": "Ann@Example.org",
                "address": "ann@example.org",
                "status": "pending",
                "due_at": SUNDAY,
            },
        ),
        (
            "notices",
            both | {"id": uuid4(), "kind": "failed", "message": "It failed.\n\t✓", "at": SUNDAY},
        ),
        (
            "usage",
            both
            | {
                "id": uuid4(),
                "model": "m",
                "calls": 1,
                "input_tokens": 2,
                "output_tokens": 3,
                "micro_usd": 2**40,
                "at": SUNDAY,
            },
        ),
        (
            "workers",
            {
                "id": uuid4(),
                "hostname": "old",
                "pid": 1,
                "version": "0",
                "started_at": GONE,
                "last_seen_at": GONE,
                "stopped_at": GONE,
            },
        ),
    ]


def contents(app: App) -> dict[str, list[Any]]:
    """Every row that a copy must have, as values, in an order that no database decides."""
    found: dict[str, list[Any]] = {}
    with app.database.read() as connection:
        for table in transfer.moved_tables():
            rows = [tuple(row) for row in connection.execute(select(table))]
            found[table.name] = sorted(rows, key=repr)
    return found
