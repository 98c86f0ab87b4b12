"""A clock that was far ahead, and is right again: nothing waits until that time, nothing comes twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from service.conftest import MONDAY_NINE, SECOND, WEEK, Clock
from sqlalchemy import select

from autopilot.service.attendance import arrive, note_tick
from autopilot.service.clock_steps import take_back_steps
from autopilot.service.context import App
from autopilot.service.plan import plan
from autopilot.service.rescue import rescue
from autopilot.store.glance import glance
from autopilot.store.tables import autopilot_schedules, newsletter_runs, workers

AHEAD = 800 * WEEK  # of a weekly schedule: more slots than get rows


def tick_ahead(app: App, clock: Clock, ahead: timedelta) -> None:
    """One tick's planning at a time that is too late; then the clock is right again."""
    right = clock.now
    worker_id = arrive(app)
    clock.now = right + ahead
    plan(app, clock())
    note_tick(app, worker_id)
    clock.now = right


def take_back(app: App, now: datetime) -> bool:
    with app.database.read() as connection:
        mark = glance(connection).latest_mark
    return take_back_steps(app, now, mark=mark)


def next_slot(app: App) -> datetime | None:
    with app.database.read() as connection:
        found: datetime | None = connection.scalar(select(autopilot_schedules.c.next_run_at))
    return found


def slots(app: App) -> Counter[datetime]:
    with app.database.read() as connection:
        return Counter(connection.scalars(select(newsletter_runs.c.scheduled_for)))


def set_runs(app: App, **values: object) -> None:
    with app.database.begin() as connection:
        connection.execute(newsletter_runs.update().values(**values))


def test_a_slot_that_was_passed_by_far_ahead_of_its_time_runs_when_it_comes(
    energy: App, clock: Clock
) -> None:
    tick_ahead(energy, clock, AHEAD)
    assert next_slot(energy) > clock() + AHEAD - WEEK
    assert take_back(energy, clock())
    assert next_slot(energy) == MONDAY_NINE
    clock.now = MONDAY_NINE
    assert plan(energy, clock()).queued == 1


def test_a_clock_set_right_while_a_tick_plans_is_seen_by_that_tick(
    energy: App, clock: Clock
) -> None:
    ahead = clock() + AHEAD
    plan(energy, ahead)  # it began with that time; nothing else of it is in the store
    assert not take_back(energy, clock())
    assert take_back_steps(energy, clock(), mark=ahead)
    assert next_slot(energy) == MONDAY_NINE


def test_a_slot_that_was_planned_ahead_of_its_time_does_not_come_again(
    energy: App, clock: Clock
) -> None:
    tick_ahead(energy, clock, 2 * WEEK)
    before = slots(energy)
    assert take_back(energy, clock())
    for _ in range(3):
        clock.now = MONDAY_NINE if clock.now < MONDAY_NINE else clock.now + WEEK
        plan(energy, clock())
    assert before[MONDAY_NINE] == 1
    assert set(slots(energy).values()) == {1}


def test_slots_of_a_time_before_the_schedule_are_not_promised_by_a_step_back(
    energy: App, clock: Clock
) -> None:
    clock.now = MONDAY_NINE
    tick_ahead(energy, clock, timedelta(0))
    following = next_slot(energy)
    clock.now = MONDAY_NINE - 3 * WEEK
    assert take_back(energy, clock())
    assert next_slot(energy) == following


def test_a_lease_of_a_later_time_is_taken_back_unless_its_owner_renews_it(
    energy: App, clock: Clock
) -> None:
    clock.now = MONDAY_NINE
    plan(energy, clock())
    far = clock() + timedelta(days=400)
    set_runs(energy, status="running", owner_token=uuid4(), epoch=1, lease_until=far)
    assert rescue(energy, clock()) == 0
    assert take_back(energy, clock())
    assert rescue(energy, clock()) == 1


def test_a_run_put_off_to_a_later_time_begins_now(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE
    plan(energy, clock())
    tick_ahead(energy, clock, timedelta(days=400))
    set_runs(energy, due_at=clock() + timedelta(days=400))
    assert take_back(energy, clock())
    with energy.database.read() as connection:
        due = connection.execute(
            select(newsletter_runs.c.due_at).where(
                newsletter_runs.c.scheduled_for == MONDAY_NINE,
                newsletter_runs.c.status == "queued",
            )
        ).scalars()
        assert list(due) == [MONDAY_NINE]


def test_the_last_good_tick_is_never_in_the_future(energy: App, clock: Clock) -> None:
    tick_ahead(energy, clock, timedelta(days=400))
    assert take_back(energy, clock())
    with energy.database.read() as connection:
        assert connection.scalar(select(workers.c.last_tick_at)) == clock()
    assert not take_back(energy, clock())


@pytest.mark.parametrize("back", [0 * SECOND, 90 * SECOND, timedelta(minutes=59)], ids=str)
def test_a_small_step_back_changes_nothing(energy: App, clock: Clock, back: timedelta) -> None:
    tick_ahead(energy, clock, back)
    assert not take_back(energy, clock())
