"""When a slot's run may begin, and what edits, pauses and another calendar do to the next slot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from service.asking import all_runs, only_run, only_schedule, rows
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, WEEK, Clock, apply, document
from service.feeds import Feeds
from service.scheduling import DAY, HOUR, MINUTE, change, daily, hourly, read, reasons, schedule

from autopilot.domain.recurrence.slots import slots_between
from autopilot.domain.run import RunStatus
from autopilot.domain.schedule import ScheduleStatus
from autopilot.service import recompute as recompute_module
from autopilot.service.claim import claim_next
from autopilot.service.context import App
from autopilot.service.editing import update_schedule
from autopilot.service.plan import plan
from autopilot.service.recompute import recompute
from autopilot.service.schedules import (
    disable_schedule,
    enable_schedule,
    get_due_schedules,
    update_schedule_after_run,
)
from autopilot.service.tick import next_wake, tick
from autopilot.service.timing import begin_at

NINE_UTC = SUNDAY + timedelta(hours=21)
ANN = "ann@example.org"


def test_a_run_begins_its_lead_before_its_slot(quiet: App, clock: Clock) -> None:
    made = daily(quiet, lead_minutes=90)
    assert (made.next_run_at, made.due_at) == (NINE_UTC, NINE_UTC - 90 * MINUTE)
    assert plan(quiet, NINE_UTC - 90 * MINUTE - SECOND).queued == 0
    assert plan(quiet, NINE_UTC - 90 * MINUTE).queued == 1
    run = only_run(quiet)
    assert (run.scheduled_for, run.due_at) == (NINE_UTC, NINE_UTC - 90 * MINUTE)
    assert run.window.end == NINE_UTC
    assert only_schedule(quiet).next_run_at == NINE_UTC + DAY
    clock.now = NINE_UTC - 90 * MINUTE
    assert claim_next(quiet) is not None


def test_a_slot_with_a_lead_is_one_slot(quiet: App) -> None:
    daily(quiet, lead_minutes=90, overlap="allow")
    for minutes in (-90, -60, -1, 0, 1, 60):
        plan(quiet, NINE_UTC + minutes * MINUTE)
    assert [run.scheduled_for for run in all_runs(quiet)] == [NINE_UTC]


def test_a_lead_longer_than_the_period_begins_several_slots(quiet: App) -> None:
    daily(quiet, lead_minutes=50 * 60, overlap="allow", catch_up="all")
    for hour in range(48):
        plan(quiet, SUNDAY + hour * HOUR)
    found = [run.scheduled_for for run in all_runs(quiet)]
    assert found == [NINE_UTC + day * DAY for day in range(len(found))]
    assert set(reasons(quiet)) == {None}
    assert found[-1] == NINE_UTC + 3 * DAY


def test_a_worker_wakes_for_a_lead(quiet: App) -> None:
    daily(quiet, lead_minutes=90)
    assert next_wake(quiet, NINE_UTC - 91 * MINUTE) == NINE_UTC - 90 * MINUTE


def test_a_loop_of_the_original_plan_makes_one_run_of_a_lead(quiet: App, clock: Clock) -> None:
    """`update_schedule_after_run` moves past the slot, not only past now."""
    made = daily(quiet, lead_minutes=90)
    clock.now = NINE_UTC - 90 * MINUTE
    assert [due.id for due in get_due_schedules(app=quiet)] == [made.id]
    moved = update_schedule_after_run(made.id, True, app=quiet)
    assert moved.next_run_at == NINE_UTC + DAY
    assert get_due_schedules(app=quiet) == []


def test_jitter_is_the_same_at_every_call_and_before_the_next_slot(quiet: App) -> None:
    made = schedule(
        quiet,
        "Often",
        "custom",
        {"cron": "*/5 * * * *"},
        timezone="UTC",
        policies={"jitter_seconds": 3_600},
    )
    rule, spread = made.rule, set()
    for slot in slots_between(rule, SUNDAY, SUNDAY + 3 * HOUR):
        begins = begin_at(made, made.policy, rule, slot)
        assert begin_at(read(quiet, made), made.policy, rule, slot) == begins
        assert slot.utc <= begins < slot.utc + 5 * MINUTE
        spread.add(begins - slot.utc)
    assert len(spread) > 20


def test_a_run_with_jitter_begins_at_its_own_time(quiet: App, clock: Clock) -> None:
    made = daily(quiet, jitter_seconds=3_600)
    assert made.due_at is not None
    assert NINE_UTC < made.due_at <= NINE_UTC + HOUR
    assert next_wake(quiet, made.due_at - SECOND) == made.due_at
    assert plan(quiet, made.due_at - SECOND).queued == 0
    assert plan(quiet, made.due_at).queued == 1
    run = only_run(quiet)
    assert (run.scheduled_for, run.due_at, run.window.end) == (NINE_UTC, made.due_at, NINE_UTC)


def test_schedules_of_one_time_are_spread(quiet: App) -> None:
    due = {daily(quiet, f"Daily {n}", jitter_seconds=3_600).due_at for n in range(8)}
    assert len(due) >= 7


def test_resuming_replays_nothing(quiet: App, clock: Clock) -> None:
    made = hourly(quiet, catch_up="all", max_lateness_minutes=1440)
    disable_schedule(made.id, reason="holidays", app=quiet)
    clock.now = SUNDAY + 5 * HOUR + MINUTE
    assert plan(quiet, clock.now).queued == 0
    resumed = enable_schedule(made.id, app=quiet)
    assert resumed.next_run_at == SUNDAY + 6 * HOUR
    assert plan(quiet, clock.now).queued == 0
    assert all_runs(quiet) == []


@pytest.mark.parametrize(
    ("changes", "policies"),
    [
        ({"config": {"times": ["09:30"]}}, {}),
        ({"timezone": "Europe/London"}, {}),
        ({}, {"lead_minutes": 5}),
        ({}, {"jitter_seconds": 5}),
    ],
    ids=["times", "zone", "lead", "jitter"],
)
def test_an_edit_of_timing_takes_effect_strictly_after_now(
    quiet: App, clock: Clock, changes: dict[str, Any], policies: dict[str, object]
) -> None:
    made = daily(quiet)
    clock.now = NINE_UTC + 30 * MINUTE
    edited = update_schedule(made.id, changes, policies=policies, actor=ANN, app=quiet)
    assert edited.next_run_at is not None
    assert edited.next_run_at > clock.now
    assert plan(quiet, clock.now).queued == 0


@pytest.mark.parametrize(
    ("changes", "policies"),
    [
        ({"notes": "read me", "name": "Mornings"}, {}),
        ({"categories_override": ["grid"]}, {}),
        ({}, {"catch_up": "all", "overlap": "allow", "retries": 1, "priority": 3}),
        ({"config": {"times": ["09:00"]}}, {}),
    ],
    ids=["words", "content", "policies", "the same timing"],
)
def test_an_edit_of_anything_else_leaves_a_due_slot_due(
    quiet: App, clock: Clock, changes: dict[str, Any], policies: dict[str, object]
) -> None:
    made = daily(quiet)
    clock.now = NINE_UTC + MINUTE
    update_schedule(made.id, changes, policies=policies, actor=ANN, app=quiet)
    assert plan(quiet, clock.now).queued == 1
    assert only_run(quiet).scheduled_for == NINE_UTC


def test_a_slot_due_when_its_schedule_is_paused_is_not_made_up_for(
    quiet: App, clock: Clock
) -> None:
    made = daily(quiet)
    clock.now = NINE_UTC + MINUTE
    disable_schedule(made.id, app=quiet)
    assert enable_schedule(made.id, app=quiet).next_run_at == NINE_UTC + DAY


def test_another_calendar_moves_future_slots_at_the_start(
    quiet: App, clock: Clock, events: list[Any]
) -> None:
    made = daily(quiet)
    wrong = NINE_UTC + HOUR
    change(quiet, made.id, next_run_at=wrong, computed_with="rules 0, tzdata 1999a")
    assert recompute(quiet) == 1
    moved = read(quiet, made)
    assert (moved.next_run_at, moved.computed_with) == (NINE_UTC, made.computed_with)
    (told,) = [event for event in events if event.get("action") == "recompute"]
    assert told["before"] != told["after"]
    assert recompute(quiet) == 0


def test_what_the_present_calendar_computed_is_left_alone(quiet: App) -> None:
    made = daily(quiet)
    change(quiet, made.id, next_run_at=NINE_UTC + HOUR)
    assert recompute(quiet) == 0
    assert read(quiet, made).next_run_at == NINE_UTC + HOUR


def test_a_store_that_knows_no_calendar_yet_is_computed(quiet: App) -> None:
    """As after the migration from the first tables."""
    made = daily(quiet)
    change(quiet, made.id, computed_with=None)
    assert recompute(quiet) == 0, "computed again, and found where it was"
    assert read(quiet, made).computed_with == made.computed_with


def test_a_due_slot_stays_due_whatever_the_calendar_says(quiet: App, clock: Clock) -> None:
    made = daily(quiet)
    change(quiet, made.id, next_run_at=NINE_UTC - HOUR, computed_with="rules 0")
    clock.now = NINE_UTC - HOUR
    assert recompute(quiet) == 0
    assert read(quiet, made).next_run_at == NINE_UTC - HOUR


def test_a_slot_that_waits_for_its_jitter_is_not_lost_to_another_calendar(
    quiet: App, clock: Clock
) -> None:
    made = daily(quiet, jitter_seconds=3_600)
    assert made.due_at is not None
    change(quiet, made.id, computed_with="rules 0")
    clock.now = made.due_at - SECOND
    recompute(quiet)
    assert plan(quiet, made.due_at).queued == 1
    assert only_run(quiet).scheduled_for == NINE_UTC


def test_a_slot_begun_with_a_lead_does_not_come_back_with_another_calendar(
    quiet: App, clock: Clock
) -> None:
    made = daily(quiet, lead_minutes=90)
    clock.now = NINE_UTC - HOUR
    plan(quiet, clock.now)
    change(quiet, made.id, computed_with="rules 0")
    assert recompute(quiet) == 0
    assert read(quiet, made).next_run_at == NINE_UTC + DAY


def test_a_broken_schedule_does_not_keep_the_others_from_being_computed(quiet: App) -> None:
    broken, bad, whole = daily(quiet, "Broken"), daily(quiet, "Bad"), daily(quiet, "Whole")
    for made in (broken, bad, whole):
        change(quiet, made.id, next_run_at=NINE_UTC + HOUR, computed_with="rules 0")
    change(quiet, broken.id, schedule_config={"times": 5})
    change(quiet, bad.id, policies={"overlap": "sometimes"})
    assert recompute(quiet) == 1
    assert read(quiet, whole).next_run_at == NINE_UTC


def test_a_rule_that_another_calendar_ends_is_finished(
    quiet: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = daily(quiet)
    change(quiet, made.id, computed_with="rules 0")
    monkeypatch.setattr(recompute_module, "upcoming", lambda *_: None)
    recompute(quiet)
    assert read(quiet, made).status is ScheduleStatus.FINISHED


CORRUPT = {
    "an unknown policy": {"patience": 5},
    "a value out of range": {"retries": -1},
    "another type": {"overlap": {"a": 1}},
    "a list": [1, 2],
    "an empty list": [],
    "a text": "skip",
    "a number": 5,
}


@pytest.mark.parametrize("policies", CORRUPT.values(), ids=list(CORRUPT))
def test_corrupt_policies_take_only_their_schedule_out(quiet: App, policies: Any) -> None:
    broken, whole = daily(quiet, "Broken"), daily(quiet, "Whole")
    change(quiet, broken.id, policies=policies)
    if policies == []:
        return  # reads as none
    assert plan(quiet, NINE_UTC).queued == 1
    assert only_run(quiet).schedule_id == whole.id
    row = next(row for row in rows(quiet, "autopilot_schedules") if row.id == broken.id)
    assert (row.status, row.enabled, row.next_run_at) == ("error", False, None)
    assert row.status_reason
    assert [row.action for row in rows(quiet, "audit_log")].count("schedule.broken") == 1


@pytest.mark.parametrize("column", ["policies", "schedule_config"])
def test_a_run_ends_although_its_schedule_was_corrupted_meanwhile(
    app: App, feeds: Feeds, clock: Clock, column: str
) -> None:
    text = document(feeds.url("gone.xml"))
    apply(app, text.replace("type: weekly", "retries: 0, type: weekly"))
    clock.now = MONDAY_NINE
    plan(app, clock.now)
    change(app, only_schedule(app).id, **{column: {"patience": 5}})
    (run,) = tick(app).runs
    assert run.status is RunStatus.FAILED
    assert "none of the 1 sources" in str(run.reason)
    assert only_schedule(app).failure_count == 1


def test_a_corrupt_schedule_can_be_mended(quiet: App, clock: Clock) -> None:
    made = daily(quiet)
    change(quiet, made.id, policies={"patience": 5, "retries": 2})
    plan(quiet, NINE_UTC)
    assert read(quiet, made).status is ScheduleStatus.ERROR
    clock.now = NINE_UTC + HOUR
    mended = update_schedule(made.id, {}, policies={"patience": None}, actor=ANN, app=quiet)
    assert (mended.status, mended.next_run_at) == (ScheduleStatus.ACTIVE, NINE_UTC + DAY)
    assert mended.policies == {"retries": 2}


def test_an_applied_file_mends_a_corrupt_schedule(energy: App, feeds: Feeds, clock: Clock) -> None:
    change(energy, only_schedule(energy).id, schedule_config={"times": 5})
    plan(energy, MONDAY_NINE)
    assert only_schedule(energy).status is ScheduleStatus.ERROR
    clock.now = MONDAY_NINE + HOUR
    apply(energy, document(feeds.url("feed.xml")))
    assert only_schedule(energy).next_run_at == MONDAY_NINE + WEEK


def test_previews_of_a_worker_that_starts(
    quiet: App, new_app: Callable[..., App], clock: Clock
) -> None:
    """A restarted worker finds the schedules as the last one left them."""
    daily(quiet)
    plan(quiet, NINE_UTC)
    clock.now = NINE_UTC + HOUR
    again = new_app()
    assert recompute(again) == 0
    assert only_schedule(again).next_run_at == NINE_UTC + DAY
