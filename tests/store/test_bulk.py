"""One statement about many rows: the same rows and counts on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from store.rows import NOW
from store.test_queries import LEASE, OWNER, SCHEDULE, filled, the_run

from autopilot.domain.recurrence.slots import Slot
from autopilot.domain.run import Run, RunStatus
from autopilot.domain.schedule import Upcoming
from autopilot.store import batches, runs, schedules
from autopilot.store.columns import as_text
from autopilot.store.database import Database
from autopilot.store.tables import autopilot_schedules, newsletter_runs

__all__ = ["filled"]
DAY = timedelta(days=1)


def fresh(database: Database, count: int, **changes: object) -> list[tuple[Run, Slot]]:
    """Runs of following days that are not stored yet, with their slots."""
    seen = the_run(database)
    made = []
    for day in range(1, count + 1):
        at = NOW + day * DAY
        run = replace(seen, id=uuid4(), scheduled_for=at, due_at=at, alone=False, **changes)  # type: ignore[arg-type]
        made.append((run, Slot(utc=at, local=at.replace(tzinfo=None), zone="UTC", fold=day % 2)))
    return made


def stored(database: Database, run_id: UUID) -> Run:
    with database.read() as connection:
        found = runs.get_run(connection, run_id)
    assert found is not None
    return found


def test_runs_come_back_as_they_were_added(filled: Database) -> None:
    planned = fresh(filled, 3)
    planned[1] = (replace(planned[1][0], categories_override=("grid",)), planned[1][1])
    planned[2] = (planned[2][0].skip("too late", NOW), planned[2][1])
    with filled.begin() as connection:
        added = batches.add_runs(connection, planned, tzdata_version="2026a")
    assert added == {run.id for run, _ in planned}
    assert [stored(filled, run.id) for run, _ in planned] == [run for run, _ in planned]
    with filled.read() as connection:
        rows = connection.execute(
            select(newsletter_runs).where(newsletter_runs.c.id.in_(list(added)))
        ).all()
    assert {(row.slot_local, row.slot_fold, row.tzdata_version) for row in rows} == {
        (slot.local.isoformat(timespec="minutes"), slot.fold, "2026a") for _, slot in planned
    }


def test_a_slot_that_has_a_run_is_passed_over_and_the_others_are_added(filled: Database) -> None:
    planned = fresh(filled, 4)
    again = [(replace(planned[1][0], id=uuid4()), planned[1][1])]
    with filled.begin() as connection:
        assert batches.add_runs(connection, again, tzdata_version="2026a") == {again[0][0].id}
        added = batches.add_runs(connection, planned, tzdata_version="2026a")
    assert added == {run.id for run, _ in planned} - {planned[1][0].id}


def test_nothing_is_asked_of_the_store_for_no_rows(filled: Database) -> None:
    with filled.begin() as connection:
        assert batches.add_runs(connection, [], tzdata_version="2026a") == set()
        assert batches.claim_runs(connection, [], [])
        assert batches.renew_runs(connection, [], NOW) == 0


def test_a_run_goes_through_its_states_together_with_others(filled: Database) -> None:
    queued = [run for run, _ in fresh(filled, 3)]
    with filled.begin() as connection:
        batches.add_runs(connection, fresh_pairs(queued), tzdata_version="2026a")
        claimed = [run.claim(OWNER, NOW, LEASE) for run in queued]
        assert batches.claim_runs(connection, queued, claimed)
    assert [stored(filled, run.id) for run in queued] == claimed
    with filled.begin() as connection:
        assert batches.renew_runs(connection, claimed, NOW + 2 * LEASE) == 3
        assert batches.release_runs(connection, claimed[:1]) == 1
        ended = [claimed[1].succeed(NOW + LEASE), claimed[2].skip("nothing new", NOW)]
        assert batches.end_runs(connection, list(zip(claimed[1:], ended, strict=True)))
    assert [stored(filled, run.id) for run in queued] == [claimed[0].release(), *ended]


def fresh_pairs(queued: list[Run]) -> list[tuple[Run, Slot]]:
    return [
        (run, Slot(utc=run.due_at, local=run.due_at.replace(tzinfo=None), zone="UTC"))
        for run in queued
    ]


def test_a_claim_of_runs_of_which_one_was_taken_says_so(filled: Database) -> None:
    queued = [run for run, _ in fresh(filled, 3)]
    claimed = [run.claim(OWNER, NOW, LEASE) for run in queued]
    with filled.begin() as connection:
        batches.add_runs(connection, fresh_pairs(queued), tzdata_version="2026a")
        runs.move_run(connection, queued[1], queued[1].claim(uuid4(), NOW, LEASE))
    with filled.begin() as connection:
        assert not batches.claim_runs(connection, queued, claimed)


def test_schedules_move_on_only_as_they_were_seen(filled: Database) -> None:
    with filled.read() as connection:
        seen = schedules.get_schedule(connection, SCHEDULE)
    assert seen is not None
    next_ = Upcoming(at=NOW + 9 * DAY, due_at=NOW + 8 * DAY, computed_with="rules 0")
    with filled.begin() as connection:
        stale = replace(seen, version=seen.version + 1)
        assert not schedules.advance_schedules(connection, [(stale, next_)])
        assert schedules.advance_schedules(connection, [(seen, next_)])
        assert not schedules.advance_schedules(connection, [(seen, next_)])
        assert schedules.get_schedule(connection, SCHEDULE) == seen.advance(next_)


def test_a_row_written_in_bulk_says_when(filled: Database) -> None:
    with filled.read() as connection:
        seen = schedules.get_schedule(connection, SCHEDULE)
        before = connection.scalar(select(autopilot_schedules.c.updated_at))
    assert seen is not None
    assert before is not None
    next_ = Upcoming(at=NOW + DAY, due_at=None, computed_with="rules 0")
    with filled.begin() as connection:
        schedules.advance_schedules(connection, [(seen, next_)])
    with filled.read() as connection:
        after = connection.scalar(select(autopilot_schedules.c.updated_at))
    assert after is not None
    assert after >= before
    assert abs(datetime.now(UTC) - after) < timedelta(minutes=5)


def test_both_passes_of_a_repeated_hour_are_written_apart() -> None:
    """They compare as equal in their own zone: a lookup by value would mix them up."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    second = first.replace(fold=1)
    assert first == second
    assert [as_text(first), as_text(second)] == [
        "2026-10-25 00:30:00.000000",
        "2026-10-25 01:30:00.000000",
    ]


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        as_text(datetime(2026, 1, 1))  # noqa: DTZ001
    assert as_text(None) is None
    assert RunStatus.QUEUED.value == "queued"
