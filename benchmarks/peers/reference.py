"""The raw reference: claim a batch, insert its runs, move the schedules on, execute, record.

It keeps what the promise needs and nothing else: one run for each slot, zone arithmetic, a lease with
owner and epoch, guarded writes.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from benchmarks.case import Case
from benchmarks.marker import connect, job

BATCH = 250
DAY = timedelta(days=1)
LEASE = timedelta(seconds=60)
POLL_SECONDS = 1.0
ZONE = "Europe/Berlin"
Claimed = list[tuple[Any, Any]]  # run and schedule

TABLES = (
    """CREATE TABLE IF NOT EXISTS schedules (
        id {id} PRIMARY KEY, zone TEXT NOT NULL, next_run_at {instant} NOT NULL,
        enabled {boolean} NOT NULL DEFAULT {true}, run_count INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS schedules_due ON schedules (next_run_at) WHERE {on}",
    """CREATE TABLE IF NOT EXISTS runs (
        id {id} PRIMARY KEY, schedule_id {id} NOT NULL REFERENCES schedules,
        scheduled_for {instant} NOT NULL, zone TEXT NOT NULL,
        window_start {instant} NOT NULL, window_end {instant} NOT NULL,
        status TEXT NOT NULL, owner_token {id}, lease_until {instant},
        epoch INTEGER NOT NULL, attempt INTEGER NOT NULL,
        started_at {instant}, finished_at {instant}, UNIQUE (schedule_id, scheduled_for))""",
    "CREATE INDEX IF NOT EXISTS runs_leased ON runs (lease_until) WHERE status = 'running'",
)
SQLITE_TYPES = {
    "id": "TEXT",
    "instant": "TEXT",
    "boolean": "INTEGER",
    "true": "1",
    "on": "enabled = 1",
}
POSTGRES_TYPES = {
    "id": "UUID",
    "instant": "TIMESTAMPTZ",
    "boolean": "BOOLEAN",
    "true": "TRUE",
    "on": "enabled",
}


def open_peer(case: Case) -> Reference:
    """Return the form for the case's store, with its tables."""
    connection = connect(case)
    types = SQLITE_TYPES if case.is_sqlite else POSTGRES_TYPES
    for statement in TABLES:
        connection.execute(statement.format(**types))
    return (SqliteReference if case.is_sqlite else PostgresReference)(case, connection)


class Reference:
    """What both forms share."""

    def __init__(self, case: Case, connection: Any) -> None:
        self.case = case
        self.connection = connection
        self.owner = uuid4().hex
        self.ends_itself = case.measure in {"drain", "rows"}

    def work(self) -> None:
        """Drain; and unless the work ends itself, sleep until the next slot, and again."""
        while True:
            self._drain()
            if self.ends_itself:
                return
            time.sleep(min(POLL_SECONDS, max(0.0, self._next_at() - time.time())))

    def poll(self) -> None:
        """Look for what is due and find nothing."""
        if self._claim(datetime.now(UTC)):
            raise RuntimeError("something was due")

    def _drain(self) -> None:
        while claimed := self._claim(datetime.now(UTC)):
            for _run, schedule in claimed:
                job(schedule)
            self._record(claimed, datetime.now(UTC))

    def _next_at(self) -> float:
        on = "enabled = 1" if self.case.is_sqlite else "enabled"  # as the index has it
        found = self.connection.execute(
            f"SELECT min(next_run_at) FROM schedules WHERE {on}"  # noqa: S608
        ).fetchone()[0]
        moment = datetime.fromisoformat(found) if isinstance(found, str) else found
        return float(moment.timestamp()) if moment else time.time() + POLL_SECONDS

    def fill(self, count: int, due: float) -> None:
        raise NotImplementedError

    def _claim(self, now: datetime) -> Claimed:
        raise NotImplementedError

    def _record(self, claimed: Claimed, now: datetime) -> None:
        raise NotImplementedError


class SqliteReference(Reference):
    """Two transactions a batch, both BEGIN IMMEDIATE; instants are text that sorts."""

    def fill(self, count: int, due: float) -> None:
        """Store schedules in one statement."""
        self.connection.execute(
            """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
            INSERT INTO schedules (id, zone, next_run_at)
            SELECT lower(hex(randomblob(16))), ?, ? FROM n""",
            (count, ZONE, _text(datetime.fromtimestamp(due, UTC))),
        )

    def _claim(self, now: datetime) -> Claimed:
        self.connection.execute("BEGIN IMMEDIATE")
        due = self.connection.execute(
            "SELECT id, zone, next_run_at FROM schedules WHERE enabled = 1 AND next_run_at <= ?"
            " ORDER BY next_run_at LIMIT ?",
            (_text(now), BATCH),
        ).fetchall()
        until, started = _text(now + LEASE), _text(now)
        rows = []
        for schedule, zone, slot in due:
            before = _days_away(slot, zone, -1)
            row = (uuid4().hex, schedule, slot, zone, before, slot, self.owner, until, started)
            rows.append(row)
        self.connection.executemany(
            "INSERT INTO runs (id, schedule_id, scheduled_for, zone, window_start, window_end,"
            " owner_token, lease_until, started_at, status, epoch, attempt)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', 1, 1)",
            rows,
        )
        self.connection.executemany(
            "UPDATE schedules SET next_run_at = ? WHERE id = ? AND next_run_at = ?",
            [(_days_away(slot, zone, 1), schedule, slot) for schedule, zone, slot in due],
        )
        self.connection.execute("COMMIT")
        return [(row[0], row[1]) for row in rows]

    def _record(self, claimed: Claimed, now: datetime) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(
            "UPDATE runs SET status = 'succeeded', finished_at = ?, owner_token = NULL,"
            " lease_until = NULL"
            " WHERE id = ? AND status = 'running' AND epoch = 1 AND owner_token = ?",
            [(_text(now), run, self.owner) for run, _schedule in claimed],
        )
        self.connection.executemany(
            "UPDATE schedules SET run_count = run_count + 1 WHERE id = ?",
            [(schedule,) for _run, schedule in claimed],
        )
        self.connection.execute("COMMIT")


class PostgresReference(Reference):
    """One statement claims, moves on and inserts; one records."""

    def fill(self, count: int, due: float) -> None:
        """Store schedules in one statement."""
        self.connection.execute(
            "INSERT INTO schedules (id, zone, next_run_at)"
            " SELECT gen_random_uuid(), %s, to_timestamp(%s) FROM generate_series(1, %s)",
            (ZONE, due, count),
        )

    def _claim(self, now: datetime) -> Claimed:
        found: Claimed = self.connection.execute(
            """WITH due AS (
                SELECT id, zone, next_run_at AS slot, next_run_at AT TIME ZONE zone AS wall
                FROM schedules WHERE enabled AND next_run_at <= %s
                ORDER BY next_run_at LIMIT %s FOR UPDATE SKIP LOCKED),
            moved AS (
                UPDATE schedules s SET next_run_at = (wall + interval '1 day') AT TIME ZONE due.zone
                FROM due WHERE s.id = due.id)
            INSERT INTO runs (id, schedule_id, scheduled_for, zone, window_start, window_end,
                owner_token, lease_until, started_at, status, epoch, attempt)
            SELECT gen_random_uuid(), id, slot, zone, (wall - interval '1 day') AT TIME ZONE zone,
                slot, %s, %s, %s, 'running', 1, 1
            FROM due RETURNING id, schedule_id""",
            (now, BATCH, self.owner, now + LEASE, now),
        ).fetchall()
        return found

    def _record(self, claimed: Claimed, now: datetime) -> None:
        self.connection.execute(
            """WITH ended AS (
                UPDATE runs SET status = 'succeeded', finished_at = %s, owner_token = NULL,
                    lease_until = NULL
                WHERE id = ANY(%s) AND status = 'running' AND epoch = 1 AND owner_token = %s
                RETURNING schedule_id)
            UPDATE schedules s SET run_count = run_count + 1
            FROM ended WHERE s.id = ended.schedule_id""",
            (now, [run for run, _schedule in claimed], self.owner),
        )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _days_away(slot: str, zone: str, days: int) -> str:
    """The same wall time some days later or earlier."""
    wall = datetime.fromisoformat(slot).astimezone(_zone(zone)) + days * DAY
    return _text(wall.astimezone(UTC))


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
