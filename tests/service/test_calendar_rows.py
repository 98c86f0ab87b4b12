"""Slots the calendar itself takes, and the end of a rule, as rows with their reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.asking import all_runs, only_schedule
from service.conftest import SUNDAY, Clock
from service.scheduling import DAY, notices, schedule
from sqlalchemy import update

from autopilot.domain.run import RunStatus
from autopilot.domain.schedule import ScheduleStatus
from autopilot.service.context import App
from autopilot.service.plan import plan
from autopilot.service.schedules import disable_schedule, enable_schedule
from autopilot.store.tables import newsletter_runs

HOUR = timedelta(hours=1)
NINE_UTC = SUNDAY + 21 * HOUR


def daily(app: App, **config: object) -> None:
    given: dict[str, object] = {"times": ["09:00"], **config}
    schedule(app, "Daily", "daily", given, timezone="UTC", policies={"overlap": "allow"})


@pytest.mark.parametrize(
    "config",
    [
        {"exclude_dates": ["2026-11-24"]},
        {"exclude_dates": ["2026-11-24"], "business_days_only": True},
    ],
    ids=["excluded", "excluded business day"],
)
def test_an_excluded_slot_has_a_row_and_is_no_missed_one(
    quiet: App, config: dict[str, object]
) -> None:
    daily(quiet, **config)
    for day in range(3):
        plan(quiet, NINE_UTC + day * DAY)
    found = {run.scheduled_for: run for run in all_runs(quiet)}
    assert sorted(found) == [NINE_UTC + day * DAY for day in range(3)]
    taken = found[NINE_UTC + DAY]
    assert taken.status is RunStatus.SKIPPED
    assert taken.reason
    assert notices(quiet) == []


@pytest.mark.parametrize("wasted", ["skipped", "cancelled"])
def test_a_rule_ends_after_its_runs_and_skipped_ones_do_not_use_it_up(
    quiet: App, wasted: str
) -> None:
    daily(quiet, max_runs=2)
    plan(quiet, NINE_UTC)
    with quiet.database.begin() as connection:
        connection.execute(
            update(newsletter_runs).values(status=wasted, finished_at=NINE_UTC, reason="told")
        )
    plan(quiet, NINE_UTC + DAY)
    assert only_schedule(quiet).status is ScheduleStatus.ACTIVE
    plan(quiet, NINE_UTC + 2 * DAY)
    assert only_schedule(quiet).status is ScheduleStatus.FINISHED
    assert plan(quiet, NINE_UTC + 3 * DAY).queued == 0
    assert [run.status for run in all_runs(quiet)].count(RunStatus.QUEUED) == 2


def test_a_rule_with_an_end_is_finished_after_its_last_slot(quiet: App) -> None:
    daily(quiet, end_date="2026-11-24")
    for day in range(2):
        plan(quiet, NINE_UTC + day * DAY)
    assert only_schedule(quiet).status is ScheduleStatus.FINISHED
    assert len(all_runs(quiet)) == 2


def test_slots_the_calendar_took_inside_a_pause_leave_no_rows(quiet: App, clock: Clock) -> None:
    daily(quiet, exclude_dates=["2026-11-25"])
    plan(quiet, NINE_UTC)
    paused = disable_schedule(only_schedule(quiet).id, app=quiet)
    clock.now = NINE_UTC + 4 * DAY + HOUR
    enable_schedule(paused.id, app=quiet)
    plan(quiet, NINE_UTC + 5 * DAY)
    assert [run.scheduled_for for run in all_runs(quiet)] == [NINE_UTC, NINE_UTC + 5 * DAY]
