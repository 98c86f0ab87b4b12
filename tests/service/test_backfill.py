"""Drafts for slots of the past, beside the plan and without a trace in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from service.asking import all_runs, count, only_schedule, rows
from service.conftest import MONDAY_NINE, SUNDAY, WEEK, Clock
from service.feeds import Feeds
from service.scheduling import DAY, HOUR, change, hourly, notices, schedule

from autopilot.domain.run import RunStatus, Trigger
from autopilot.errors import InputRefused, NotFound
from autopilot.service.backfill import backfill
from autopilot.service.claim import claim_next
from autopilot.service.context import App
from autopilot.service.plan import plan
from autopilot.service.report import run_report
from autopilot.service.tick import tick

ANN = "ann@example.org"
LATER = MONDAY_NINE + 2 * HOUR


def test_each_draft_has_its_own_slots_window(energy: App, feeds: Feeds, clock: Clock) -> None:
    clock.now = MONDAY_NINE + 2 * WEEK + HOUR
    seen = only_schedule(energy)
    made = list(backfill(seen.id, MONDAY_NINE - HOUR, clock.now, actor=ANN, app=energy))
    slots = [MONDAY_NINE + week * WEEK for week in range(3)]
    assert [run.scheduled_for for run in made] == slots
    assert [(run.window.start, run.window.end) for run in made] == [(s - WEEK, s) for s in slots]
    assert [run.status for run in made] == [
        RunStatus.SUCCEEDED,
        RunStatus.SKIPPED,
        RunStatus.SKIPPED,
    ]
    assert {run.trigger for run in made} == {Trigger.MANUAL}
    assert [row.status for row in rows(energy, "issues")] == ["draft"]


def test_the_plan_does_not_move_and_nothing_is_counted(energy: App, clock: Clock) -> None:
    clock.now = LATER
    seen = only_schedule(energy)
    list(backfill(seen.id, SUNDAY, LATER, actor=ANN, app=energy))
    assert only_schedule(energy) == seen
    assert notices(energy) == []
    (run,) = tick(energy).runs
    assert (run.status, run.scheduled_for) == (RunStatus.SUCCEEDED, MONDAY_NINE)
    assert [row.status for row in rows(energy, "issues")] == ["draft", "approved"]
    assert only_schedule(energy).run_count == 1


def test_readers_have_not_had_what_was_only_a_draft(
    energy: App, feeds: Feeds, clock: Clock
) -> None:
    clock.now = LATER
    list(backfill(only_schedule(energy).id, SUNDAY, LATER, actor=ANN, app=energy))
    (run,) = tick(energy).runs
    shown = [
        {it["title"] for it in run_report(energy, each)["stories"]} for each in all_runs(energy)
    ]
    assert run.status is RunStatus.SUCCEEDED
    assert shown[0] == shown[1] != set()


def test_a_failed_draft_is_not_tried_again_and_not_told(
    silent: App, clock: Clock, feeds: Feeds
) -> None:
    made = hourly(silent, pause_after_failures=1)
    clock.now = SUNDAY + 3 * HOUR
    failed = list(backfill(made.id, SUNDAY, clock.now, actor=ANN, app=silent))
    assert [run.status for run in failed] == [RunStatus.FAILED] * 3
    found = only_schedule(silent)
    assert (found.enabled, found.failure_count, found.consecutive_failures) == (True, 0, 0)
    assert notices(silent) == []


def test_drafts_take_no_issue_from_their_period(energy: App, clock: Clock) -> None:
    clock.now = LATER
    list(backfill(only_schedule(energy).id, SUNDAY, LATER, actor=ANN, app=energy))
    assert plan(energy, clock.now).queued == 1


def test_a_slot_does_not_wait_for_a_draft_in_the_making(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now = LATER
    claimed = []

    def look(lease: object) -> object:
        plan(energy, clock.now)
        claimed.append(claim_next(energy))
        return lease

    monkeypatch.setattr("autopilot.service.backfill.execute", look)
    list(backfill(only_schedule(energy).id, SUNDAY, LATER, actor=ANN, app=energy))
    assert claimed[0] is not None
    assert claimed[0].run.trigger is Trigger.SCHEDULE
    assert [run.status for run in all_runs(energy)] == [RunStatus.RUNNING] * 2


def test_a_slot_with_an_issue_can_be_drafted_again(energy: App, clock: Clock) -> None:
    clock.now = LATER
    tick(energy)
    for _ in range(2):
        list(backfill(only_schedule(energy).id, SUNDAY, LATER, actor=ANN, app=energy))
    assert len(all_runs(energy)) == 3


SPANS: dict[str, tuple[datetime, datetime, str]] = {
    "empty": (SUNDAY, SUNDAY, "is not before"),
    "backwards": (LATER, SUNDAY, "is not before"),
    "into the future": (SUNDAY, LATER + timedelta(days=1), "is not past"),
    "both": (LATER + 2 * DAY, LATER + DAY, "is not past"),
    "more than a hundred": (LATER - 101 * HOUR, LATER, "101 slots; 100 at once"),
}


@pytest.mark.parametrize(("start", "end", "told"), SPANS.values(), ids=list(SPANS))
def test_a_span_that_cannot_be_drafted_is_refused(
    quiet: App, clock: Clock, start: datetime, end: datetime, told: str
) -> None:
    made = schedule(quiet, "Hourly", "custom", {"cron": "0 * * * *"}, timezone="UTC")
    clock.now = LATER
    with pytest.raises(InputRefused, match="cannot be backfilled") as refused:
        list(backfill(made.id, start, end, actor=ANN, app=quiet))
    assert told in str([str(problem) for problem in refused.value.problems])
    assert count(quiet, "newsletter_runs") == 0


def test_a_naive_span_is_refused_in_a_sentence(quiet: App, clock: Clock) -> None:
    made = schedule(quiet, "Hourly", "custom", {"cron": "0 * * * *"}, timezone="UTC")
    clock.now = LATER
    with pytest.raises(InputRefused, match="time zone"):
        list(backfill(made.id, datetime(2026, 11, 1), LATER, actor=ANN, app=quiet))  # noqa: DTZ001


def test_a_schedule_nobody_knows_is_told(quiet: App, clock: Clock) -> None:
    clock.now = LATER
    with pytest.raises(NotFound):
        list(backfill(uuid4(), SUNDAY, LATER, actor=ANN, app=quiet))


def test_what_a_broken_schedule_would_draft_is_refused(energy: App, clock: Clock) -> None:
    clock.now = LATER
    change(energy, only_schedule(energy).id, schedule_config={"times": 5})
    with pytest.raises(InputRefused):
        list(backfill(only_schedule(energy).id, SUNDAY, LATER, actor=ANN, app=energy))
