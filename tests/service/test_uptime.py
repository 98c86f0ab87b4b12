"""Uptime: a month's presence of workers, counted from the stretches in which somebody ticked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from service.conftest import SUNDAY, Clock
from sqlalchemy import func, select

from autopilot.service.attendance import arrive, leave, longest_silence, note_tick, present
from autopilot.service.context import App
from autopilot.service.uptime import MONTH, Uptime, read_uptime, uptime_of
from autopilot.store import workers as rows
from autopilot.store.stretches import Stretch
from autopilot.store.tables import workers

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SILENCE = timedelta(minutes=15)  # three polls of five minutes


def stretch(start: timedelta, end: timedelta) -> Stretch:
    return Stretch(start=SUNDAY + start, end=SUNDAY + end)


CASES: dict[str, tuple[list[Stretch], timedelta]] = {
    "always there": ([stretch(0 * HOUR, 10 * HOUR)], 0 * HOUR),
    "a short pause is none": (
        [stretch(0 * HOUR, 5 * HOUR), stretch(5 * HOUR + SILENCE, 10 * HOUR)],
        0 * HOUR,
    ),
    "a long pause counts from its first second": (
        [stretch(0 * HOUR, 5 * HOUR), stretch(6 * HOUR, 10 * HOUR)],
        1 * HOUR,
    ),
    "another one was there meanwhile": (
        [stretch(0 * HOUR, 5 * HOUR), stretch(6 * HOUR, 10 * HOUR), stretch(2 * HOUR, 7 * HOUR)],
        0 * HOUR,
    ),
    "a short one inside a long one ends nothing": (
        [stretch(0 * HOUR, 10 * HOUR), stretch(1 * HOUR, 2 * HOUR)],
        0 * HOUR,
    ),
    "silent now": ([stretch(0 * HOUR, 7 * HOUR)], 3 * HOUR),
    "begun before": ([stretch(-5 * HOUR, 8 * HOUR)], 2 * HOUR),
    "in the future, of a clock that was ahead": ([stretch(0 * HOUR, 99 * HOUR)], 0 * HOUR),
    "nobody": ([], 10 * HOUR),
}


@pytest.mark.parametrize("name", CASES)
def test_gaps_of_all_workers_together_are_counted(name: str) -> None:
    found, silent = CASES[name]
    until = SUNDAY + 10 * HOUR
    told = uptime_of(found, since=SUNDAY, until=until, silence=SILENCE)
    assert told.silent == silent
    assert told.ratio == pytest.approx(1 - silent / (10 * HOUR))
    assert uptime_of(found[::-1], since=SUNDAY, until=until, silence=SILENCE) == told


def test_the_longest_silence_is_named() -> None:
    found = [stretch(0 * HOUR, 1 * HOUR), stretch(2 * HOUR, 3 * HOUR), stretch(6 * HOUR, 10 * HOUR)]
    told = uptime_of(found, since=SUNDAY, until=SUNDAY + 10 * HOUR, silence=SILENCE)
    assert told.longest == stretch(3 * HOUR, 6 * HOUR)
    assert told.silent == 4 * HOUR


def seen(app: App) -> Uptime | None:
    with app.database.read() as connection:
        return read_uptime(connection, app.clock(), longest_silence(app.settings))


def count(app: App) -> int:
    with app.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(workers)) or 0


def work(app: App, clock: Clock, worker: Any, span: timedelta) -> None:
    """Tick every five minutes."""
    for _ in range(int(span / (5 * MINUTE))):
        clock.pass_(5 * MINUTE)
        note_tick(app, worker)


def test_nothing_is_counted_before_anybody_was_there(app: App, clock: Clock) -> None:
    assert seen(app) is None
    began = clock.now
    work(app, clock, arrive(app), 2 * HOUR)
    told = seen(app)
    assert told is not None
    assert (told.since, told.ratio, told.longest) == (began, 1.0, None)


def test_a_worker_that_slept_begins_a_new_stretch(app: App, clock: Clock) -> None:
    """A machine that was suspended, or a store that was away: its row alone would hide the gap."""
    worker = arrive(app)
    work(app, clock, worker, 1 * HOUR)
    clock.pass_(2 * HOUR)
    note_tick(app, worker)
    work(app, clock, worker, 1 * HOUR)
    told = seen(app)
    assert told is not None
    assert (told.silent, told.ratio) == (2 * HOUR, 0.5)
    assert count(app) == 2
    with app.database.read() as connection:
        (alive,) = rows.recent_workers(connection, clock.now - HOUR)
    assert alive.id == worker


def test_one_that_was_forgotten_is_known_again(app: App, clock: Clock) -> None:
    frozen = arrive(app)
    clock.pass_(3 * DAY)
    leave(app, arrive(app))  # whoever arrives tidies up
    note_tick(app, frozen)
    with app.database.read() as connection:
        (alive,) = rows.recent_workers(connection, clock.now)
    assert alive.id == frozen


def test_a_month_of_ticks_from_outside_is_few_rows_and_one_stretch(
    new_app: Callable[..., App], clock: Clock
) -> None:
    app = new_app(AUTOPILOT_POLL_INTERVAL="3600")
    for _ in range(24 * 33):
        with present(app) as note:
            note(0.1)
        clock.pass_(HOUR)
    assert count(app) <= 24 + 3
    told = seen(app)
    assert told is not None
    assert (told.since, told.until, told.ratio) == (clock.now - MONTH, clock.now, 1.0)


def test_what_was_before_the_month_is_forgotten_but_not_the_last_tick(
    app: App, clock: Clock
) -> None:
    for _ in range(2):
        worker = arrive(app)
        note_tick(app, worker)
        leave(app, worker)
        clock.pass_(50 * DAY)
    arrive(app)
    with app.database.read() as connection:
        assert rows.last_tick_at(connection) == SUNDAY + 50 * DAY
    assert count(app) == 2


def test_the_slowest_tick_of_a_day_is_kept(app: App, clock: Clock) -> None:
    worker = arrive(app)

    def times() -> tuple[float | None, float | None]:
        with app.database.read() as connection:
            found = rows.tick_times(connection, clock.now - DAY)
        return found.last, found.slowest

    assert times() == (None, None)
    for seconds in (0.1, 42.0, 0.2):
        clock.pass_(5 * MINUTE)
        note_tick(app, worker, seconds=seconds)
    assert times() == (0.2, 42.0)
    clock.pass_(DAY)
    note_tick(app, worker, seconds=0.3)
    assert times() == (0.3, 0.3)
