"""What planning asks reads what is open or near, however much went before: by these indexes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event, insert, text
from store.rows import ENDED, NOW, SCHEDULE, SOUND, put_all

from autopilot.store import due, runs
from autopilot.store.database import Database
from autopilot.store.glance import glance
from autopilot.store.tables import newsletter_runs

DAY = timedelta(days=1)
SOME_TIME_AGO = 2_000


@pytest.fixture
def old(database: Database) -> Database:
    """A schedule that has run for years."""
    sound = SOUND["newsletter_runs"] | ENDED
    with database.begin() as connection:
        put_all(connection)
        rows = [
            sound | {"id": uuid4(), "scheduled_for": NOW - day * DAY}
            for day in range(1, SOME_TIME_AGO)
        ]
        connection.execute(insert(newsletter_runs), rows)
    with database.begin() as connection:
        connection.execute(text("ANALYZE"))
    return database


def explained(connection: Connection, ask: Callable[[Connection], object]) -> str:
    """How the store would answer what this asks it, in its own words."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        asked.append((statement, given))

    event.listen(connection, "before_cursor_execute", note)
    ask(connection)
    event.remove(connection, "before_cursor_execute", note)
    ((statement, given),) = asked
    words = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    found = connection.exec_driver_sql(f"{words} {statement}", given)
    return "\n".join(str(row[-1]) for row in found)


QUESTIONS: dict[str, tuple[Callable[[Connection], object], str]] = {
    "open": (lambda it: runs.open_slots(it, [SCHEDULE]), "ix_newsletter_runs_open"),
    "issued": (
        lambda it: runs.issued_slots(it, [SCHEDULE], since=NOW - DAY),
        "uq_newsletter_runs_slot",
    ),
    "last": (lambda it: runs.last_slot(it, SCHEDULE), "uq_newsletter_runs_slot"),
    "between": (
        lambda it: runs.count_slots(it, SCHEDULE, start=NOW - DAY, end=NOW),
        "uq_newsletter_runs_slot",
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_slots_is_answered_by_an_index(old: Database, question: str) -> None:
    ask, index = QUESTIONS[question]
    with old.read() as connection:
        plan = explained(connection, ask)
    assert index in plan
    if question in {"issued", "between"}:  # within the schedule only what is near is read
        assert "scheduled_for>?" in plan or "scheduled_for >=" in plan


WITHOUT_STATISTICS: dict[str, Callable[[Connection], object]] = {
    "a tick's first": glance,
    "due": lambda it: due.schedules_to_plan(it, NOW, limit=5),
    "whose": lambda it: due.whose_are_due(it, NOW),
}


@pytest.mark.parametrize("question", WITHOUT_STATISTICS)
def test_what_is_due_is_found_in_a_store_whose_rows_nobody_counted(
    database: Database, question: str
) -> None:
    with database.begin() as connection:
        put_all(connection)
        if database.is_postgres:  # it would read so few rows as they lie
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        plan = explained(connection, WITHOUT_STATISTICS[question])
    assert "ix_autopilot_schedules_due" in plan


def test_the_answers_are_those_of_before(old: Database) -> None:
    with old.read() as connection:
        assert runs.open_slots(connection, [SCHEDULE, uuid4()]) == {SCHEDULE: [NOW]}
        assert runs.open_slots(connection, []) == {}
        issued = runs.issued_slots(connection, [SCHEDULE], since=NOW - 2 * DAY)
        assert sorted(issued[SCHEDULE]) == [NOW - 2 * DAY, NOW - DAY, NOW]
        assert runs.last_slot(connection, SCHEDULE) == NOW
        assert runs.last_slot(connection, uuid4()) is None
        assert runs.count_slots(connection, SCHEDULE, start=NOW - DAY, end=NOW) == 1
