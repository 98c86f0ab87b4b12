"""Every due slot becomes exactly one run, or a row that says why not."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from service.asking import all_runs, count, only_run, only_schedule, rows
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, WEEK, Clock, apply, document
from service.processes import tick_once
from service.scheduling import DAY, HOUR, change, reasons, schedule
from sqlalchemy import text, update

from autopilot.domain.run import RunStatus
from autopilot.domain.schedule import ScheduleStatus
from autopilot.errors import Conflict
from autopilot.service import plan as module
from autopilot.service.claim import claim_next
from autopilot.service.context import App
from autopilot.service.plan import plan
from autopilot.service.schedules import disable_schedule
from autopilot.service.tick import next_wake, tick
from autopilot.store.tables import newsletter_specifications


def daily(app: App, name: str = "Daily", zone: str = "UTC", at: str = "09:00") -> Any:
    return schedule(app, name, "daily", {"times": [at]}, timezone=zone)


def test_a_slot_is_not_due_a_moment_before_its_time(energy: App) -> None:
    assert plan(energy, MONDAY_NINE - timedelta(microseconds=1)).queued == 0
    assert plan(energy, MONDAY_NINE).queued == 1


def test_a_due_slot_becomes_one_run_and_the_schedule_moves_on(energy: App) -> None:
    planned = plan(energy, MONDAY_NINE + SECOND)
    assert (planned.queued, planned.skipped) == (1, 0)
    run = only_run(energy)
    assert (run.status, run.scheduled_for, run.due_at) == ("queued", MONDAY_NINE, MONDAY_NINE)
    assert (run.window.start, run.window.end) == (MONDAY_NINE - WEEK, MONDAY_NINE)
    (row,) = rows(energy, "newsletter_runs")
    assert (row.slot_local, row.slot_fold, row.zone) == ("2026-11-23T09:00", 0, "Europe/Berlin")
    assert row.tzdata_version
    assert only_schedule(energy).next_run_at == MONDAY_NINE + WEEK
    assert plan(energy, MONDAY_NINE + SECOND).queued == 0


def test_of_missed_slots_the_latest_runs_and_the_others_say_why(quiet: App) -> None:
    daily(quiet)
    planned = plan(quiet, SUNDAY + 3 * DAY)
    assert (planned.queued, planned.skipped) == (1, 2)
    runs = all_runs(quiet)
    assert [run.status for run in runs] == ["skipped", "skipped", "queued"]
    assert reasons(quiet) == ["missed", "missed", None]
    assert [run.window.end for run in runs] == [run.scheduled_for for run in runs]
    assert only_schedule(quiet).run_count == 2


@pytest.mark.parametrize(
    ("late", "runs"),
    [(23 * HOUR, True), (24 * HOUR, True), (24 * HOUR + SECOND, False), (6 * DAY, False)],
    ids=str,
)
def test_a_slot_found_too_late_is_skipped(energy: App, late: timedelta, runs: bool) -> None:
    plan(energy, MONDAY_NINE + late)
    assert reasons(energy) == [None if runs else "late"]


def test_a_short_period_makes_a_short_patience(quiet: App) -> None:
    """Every ten minutes: the latest slot is never late, for the next one is not yet due."""
    schedule(quiet, "Often", "custom", {"cron": "*/10 * * * *"})
    plan(quiet, SUNDAY + HOUR - SECOND)
    assert reasons(quiet) == ["missed"] * 4 + [None]


def test_of_very_many_missed_slots_the_last_hundred_get_rows(quiet: App) -> None:
    schedule(quiet, "Hourly", "custom", {"cron": "0 * * * *"})
    planned = plan(quiet, SUNDAY + 150 * HOUR)
    assert (planned.queued, planned.skipped) == (1, 149)
    runs = all_runs(quiet)
    assert (len(runs), runs[-1].scheduled_for) == (100, SUNDAY + 150 * HOUR)
    (line,) = [row for row in rows(quiet, "audit_log") if row.action == "schedule.slots_missed"]
    assert line.detail == {"slots_without_row": 50, "rows": 100}
    assert only_schedule(quiet).run_count == 149


def test_a_slot_is_skipped_while_the_run_before_it_goes_on(quiet: App, clock: Clock) -> None:
    daily(quiet)
    clock.now = SUNDAY + DAY
    plan(quiet, clock.now)
    assert claim_next(quiet) is not None
    clock.now += DAY
    plan(quiet, clock.now)
    assert [run.status for run in all_runs(quiet)] == ["running", "skipped"]
    assert reasons(quiet) == [None, "overlap"]


BROKEN = {
    "nothing": {},
    "a list": [],
    "a text": "daily",
    "a number": 5,
    "no such key": {"hours": [1]},
    "times of another type": {"times": 5},
    "times of mixed types": {"times": ["09:00", None, {"a": 1}]},
    "a deep nest": json.loads("[" * 50 + "]" * 50),
}


@pytest.mark.parametrize("config", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_config_breaks_off_only_its_schedule(quiet: App, config: Any) -> None:
    broken, whole = daily(quiet, "Broken"), daily(quiet, "Whole")
    change(quiet, broken.id, schedule_config=config)
    assert plan(quiet, SUNDAY + DAY).queued == 1
    assert only_run(quiet).schedule_id == whole.id
    row = next(row for row in rows(quiet, "autopilot_schedules") if row.id == broken.id)
    assert (row.status, row.enabled, row.next_run_at) == ("error", False, None)
    assert "stored rule" in row.status_reason
    assert [row.action for row in rows(quiet, "audit_log")].count("schedule.broken") == 1
    (notice,) = rows(quiet, "notices")  # its owner hears of it, once
    assert (notice.kind, notice.schedule_id) == ("paused", broken.id)


@pytest.mark.parametrize(
    "changes",
    [{"timezone": "Nowhere/Land"}, {"cadence_override": "hourly"}],
    ids=["zone", "cadence"],
)
def test_other_broken_columns_break_off_only_their_schedule(
    quiet: App, changes: dict[str, object]
) -> None:
    broken, whole = daily(quiet, "Broken"), daily(quiet, "Whole")
    change(quiet, broken.id, **changes)
    assert plan(quiet, SUNDAY + DAY).queued == 1
    assert only_run(quiet).schedule_id == whole.id
    found = {row.id: row.status for row in rows(quiet, "autopilot_schedules")}
    assert found[broken.id] == "error"


def test_a_rule_with_no_slot_left_is_finished(quiet: App) -> None:
    last: dict[str, object] = {"times": ["09:00"], "end_date": f"{SUNDAY + DAY:%Y-%m-%d}"}
    schedule(quiet, "Last", "daily", last, timezone="UTC")
    plan(quiet, SUNDAY + DAY)
    seen = only_schedule(quiet)
    assert (seen.status, seen.next_run_at) == (ScheduleStatus.FINISHED, None)
    assert only_run(quiet).status == "queued"
    assert plan(quiet, SUNDAY + WEEK).queued == 0


def test_slots_of_a_pause_leave_no_rows(energy: App, clock: Clock) -> None:
    disable_schedule(only_schedule(energy).id, app=energy)
    assert plan(energy, MONDAY_NINE + 3 * WEEK).queued == 0
    assert all_runs(energy) == []


def test_an_edit_of_timing_takes_effect_after_the_edit(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE - HOUR
    apply(energy, document().replace('times: ["09:00"]', 'times: ["08:30"]'))
    plan(energy, MONDAY_NINE + SECOND)
    (run,) = all_runs(energy)
    assert run.scheduled_for == MONDAY_NINE - HOUR / 2
    assert only_schedule(energy).next_run_at == MONDAY_NINE - HOUR / 2 + WEEK


def test_an_edit_of_content_leaves_a_due_slot_due(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE + SECOND
    apply(energy, document().replace("name: Power grid", "name: Grids"))
    assert plan(energy, clock.now).queued == 1


def test_a_clock_that_steps_back_repeats_no_slot(energy: App) -> None:
    plan(energy, MONDAY_NINE + SECOND)
    assert plan(energy, MONDAY_NINE - HOUR).queued == 0
    assert plan(energy, MONDAY_NINE + 2 * SECOND).queued == 0
    assert len(all_runs(energy)) == 1


def test_more_schedules_than_a_batch_are_all_planned(
    quiet: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    for number in range(7):
        daily(quiet, f"Daily {number}")
    assert plan(quiet, SUNDAY + DAY).queued == 7


def test_planning_what_takes_long_leaves_others_room_to_write(
    quiet: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        daily(quiet, f"Daily {number}", at=f"09:0{number}")
    monkeypatch.setattr(module, "BATCH_SECONDS", 0.0)
    rests: list[float] = []
    monkeypatch.setattr(module.time, "sleep", rests.append)
    assert plan(quiet, SUNDAY + DAY).queued == 3
    assert len({run.schedule_id for run in all_runs(quiet)}) == 3
    assert rests == [module.REST_SECONDS] * 2


def test_nothing_is_planned_with_a_time_that_turned_out_wrong(energy: App) -> None:
    assert plan(energy, MONDAY_NINE + 800 * WEEK, is_still=lambda: False).skipped == 0
    assert all_runs(energy) == []
    assert only_schedule(energy).next_run_at == MONDAY_NINE


def test_windows_of_neighbouring_slots_meet_where_clocks_change(quiet: App, clock: Clock) -> None:
    """2027-03-28 has no 02:30 in Berlin: that slot is moved, and its issue begins where the
    one before it ended.
    """
    berlin = ZoneInfo("Europe/Berlin")
    clock.now = datetime(2027, 3, 26, 12, tzinfo=UTC)
    schedule(
        quiet,
        "Night",
        "daily",
        {"times": ["02:30"]},
        timezone="Europe/Berlin",
        cadence_override="daily",
    )
    for day in (27, 28, 29, 30):
        plan(quiet, datetime(2027, 3, day, 12, tzinfo=berlin))
    windows = [run.window for run in all_runs(quiet)]
    assert len(windows) == 4
    assert [it.end for it in windows[:-1]] == [it.start for it in windows[1:]]


def many_ticks(apps: list[App], now: datetime) -> None:
    faults: list[BaseException] = []
    start = threading.Barrier(len(apps))

    def work(app: App) -> None:
        try:
            start.wait()
            tick(app, now=now)
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    working = [threading.Thread(target=work, args=(app,)) for app in apps]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    assert faults == []


def test_ticks_at_once_in_threads_make_one_run_for_each_slot(
    quiet: App, new_app: Callable[..., App], clock: Clock
) -> None:
    for number in range(10):
        daily(quiet, f"Daily {number}")
    clock.now = SUNDAY + DAY
    many_ticks([new_app() for _ in range(4)], clock.now)
    runs = all_runs(quiet)
    assert len(runs) == len({run.schedule_id for run in runs}) == 10
    assert {run.status for run in runs} == {RunStatus.SKIPPED}  # no sources
    assert {run.attempt for run in runs} == {1}
    assert {row.run_count for row in rows(quiet, "autopilot_schedules")} == {1}


def test_ticks_at_once_in_processes_make_one_run_for_each_slot(
    quiet: App, store_url: str, clock: Clock
) -> None:
    for number in range(10):
        daily(quiet, f"Daily {number}")
    context = multiprocessing.get_context("spawn")
    now = SUNDAY + DAY
    working = [context.Process(target=tick_once, args=(store_url, now)) for _ in range(3)]
    for process in working:
        process.start()
    for process in working:
        process.join(60)
    assert [process.exitcode for process in working] == [0, 0, 0]
    runs = all_runs(quiet)
    assert len(runs) == len({run.schedule_id for run in runs}) == 10
    assert {(run.status, run.attempt) for run in runs} == {(RunStatus.SKIPPED, 1)}


def test_a_slot_that_has_a_run_already_gets_no_second(energy: App) -> None:
    """As after a backup of the schedules alone: the row of the run is the truth."""
    before = only_schedule(energy)
    plan(energy, MONDAY_NINE + SECOND)
    change(energy, before.id, next_run_at=before.next_run_at)
    planned = plan(energy, MONDAY_NINE + SECOND)
    assert (planned.queued, planned.skipped) == (0, 0)
    assert len(all_runs(energy)) == 1
    assert only_schedule(energy).next_run_at == MONDAY_NINE + WEEK


def test_a_tick_executes_at_most_its_limit_and_leaves_the_rest(quiet: App, clock: Clock) -> None:
    for number in range(3):
        daily(quiet, f"Daily {number}")
    clock.now = SUNDAY + DAY
    report = tick(quiet, limit=1)
    assert (report.queued, len(report.runs)) == (3, 1)
    assert tick(quiet, deadline=clock.now).runs == ()
    assert len(tick(quiet).runs) == 2


def test_a_tick_of_another_time_takes_no_living_run(energy: App, clock: Clock) -> None:
    """`now` says which slots are due; whether a worker lives is for the clock to say."""
    plan(energy, MONDAY_NINE)
    clock.now = MONDAY_NINE + SECOND
    lease = claim_next(energy)
    assert tick(energy, now=MONDAY_NINE + DAY).rescued == 0
    assert lease is not None
    assert only_run(energy) == replace(lease.run)


def test_a_worker_wakes_for_whatever_comes_first(energy: App, clock: Clock) -> None:
    poll = energy.settings.poll_interval
    assert next_wake(energy, SUNDAY) == SUNDAY + poll
    assert next_wake(energy, MONDAY_NINE - SECOND) == MONDAY_NINE
    clock.now = MONDAY_NINE
    plan(energy, clock.now)
    assert claim_next(energy) is not None
    assert next_wake(energy, clock.now) == MONDAY_NINE + energy.settings.lease


def test_a_cancelled_specification_makes_no_more_issues(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE + SECOND
    plan(energy, clock.now)
    with energy.database.begin() as connection:
        connection.execute(update(newsletter_specifications).values(status="cancelled"))
    (run,) = tick(energy).runs
    assert run.status is RunStatus.SKIPPED
    assert "cancelled" in str(run.reason)
    assert count(energy, "issues") == 0


def test_a_run_without_its_schedule_goes_on(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE + SECOND
    plan(energy, clock.now)
    with energy.database.begin() as connection:
        connection.execute(text(f"DELETE FROM {_schedules(energy)}"))
    (run,) = tick(energy).runs
    assert (run.status, run.schedule_id) == (RunStatus.SUCCEEDED, None)


def _schedules(app: App) -> str:
    return "autopilot.autopilot_schedules" if app.database.is_postgres else "autopilot_schedules"


def test_an_edit_between_looking_and_moving_on_takes_the_run_back(
    energy: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock would stop it if the rows were read without one: the guard in the UPDATE does."""
    stale = only_schedule(energy)
    disable_schedule(stale.id, app=energy)
    with monkeypatch.context() as looking:
        looking.setattr(module.due, "schedules_to_plan", lambda *_, **__: [stale])
        with pytest.raises(Conflict, match="changed while it was planned"):
            plan(energy, MONDAY_NINE + SECOND)
    assert all_runs(energy) == []
    assert only_schedule(energy).status is ScheduleStatus.PAUSED
