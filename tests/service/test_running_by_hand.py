"""What people ask for beside the plan: run now, a test, drafts of past slots, and skipping the next."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, WEEK, Clock, apply, document, news
from service.feeds import Feeds

from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule
from autopilot.errors import AutopilotError, Conflict, NotFound
from autopilot.service.context import App
from autopilot.service.running import queue_backfill, queue_issue, queue_test, run_now
from autopilot.service.schedules import (
    delete_schedule,
    disable_schedule,
    get_autopilot_schedules,
    get_schedule_detail,
)
from autopilot.service.skipping import skip_next
from autopilot.service.tick import tick
from autopilot.store import issues, runs


@pytest.fixture
def schedule(app: App, feeds: Feeds) -> Schedule:
    feeds.serve("feed.xml", *news(SUNDAY - timedelta(hours=3)))
    apply(app, document(feeds.url("feed.xml")))
    return get_autopilot_schedules(app=app)[0]


def again(app: App, run: Run) -> Run:
    with app.database.read() as connection:
        found = runs.get_run(connection, run.id)
    assert found is not None
    return found


def test_a_run_asked_for_now_waits_for_a_worker_and_becomes_a_draft(
    app: App, schedule: Schedule
) -> None:
    run = run_now(app, schedule.id, actor="ann")
    assert (run.status, run.trigger, run.schedule_id) == (
        RunStatus.QUEUED,
        Trigger.MANUAL,
        schedule.id,
    )
    tick(app)
    assert again(app, run).status is RunStatus.SUCCEEDED
    with app.database.read() as connection:
        issue = issues.issue_of_run(connection, run.id)
    assert issue is not None
    assert issue.status == "draft"


@pytest.mark.parametrize("ask", [run_now, queue_test])
def test_what_is_asked_for_moves_neither_slot_nor_figure(
    app: App, schedule: Schedule, ask: object
) -> None:
    ask(app, schedule.id, actor="ann")  # type: ignore[operator]
    tick(app)
    after = get_schedule_detail(schedule.id, app=app).schedule
    assert (after.next_run_at, after.run_count, after.last_run_status) == (MONDAY_NINE, 0, None)


def test_an_issue_of_a_specification_can_be_asked_for_with_a_window(
    app: App, schedule: Schedule
) -> None:
    start = SUNDAY - timedelta(days=2)
    run = queue_issue(
        app, schedule.specification_id, schedule.workspace_id, actor="ann", start=start, end=SUNDAY
    )
    assert again(app, run).window.start == start
    tick(app)
    assert again(app, run).status is RunStatus.SUCCEEDED


def test_drafts_of_past_slots_wait_behind_slots_that_are_due(
    app: App, schedule: Schedule, clock: Clock
) -> None:
    drafts = queue_backfill(app, schedule.id, SUNDAY - 3 * WEEK, SUNDAY, actor="ann")
    assert [draft.scheduled_for for draft in drafts] == [
        MONDAY_NINE - 3 * WEEK,
        MONDAY_NINE - 2 * WEEK,
        MONDAY_NINE - WEEK,
    ]
    clock.now = MONDAY_NINE
    report = tick(app)
    assert report.runs[0].trigger is Trigger.SCHEDULE
    assert {again(app, draft).has_ended for draft in drafts} == {True}


def test_nothing_can_be_asked_of_a_schedule_that_is_cancelled_or_unknown(
    app: App, schedule: Schedule
) -> None:
    delete_schedule(schedule.id, actor="ann", app=app)
    with pytest.raises(Conflict, match="cancelled"):
        run_now(app, schedule.id, actor="ann")
    with pytest.raises(Conflict, match="no next slot"):
        skip_next(app, schedule.id, actor="ann")
    for ask in (run_now, queue_test, skip_next):
        with pytest.raises(NotFound):
            ask(app, uuid4(), actor="ann")


def test_the_next_slot_is_skipped_with_who_did_it_and_the_one_after_comes(
    app: App, schedule: Schedule, clock: Clock
) -> None:
    run = skip_next(app, schedule.id, actor="ann")
    assert (run.status, run.reason, run.scheduled_for) == (
        RunStatus.SKIPPED,
        "skipped by ann",
        MONDAY_NINE,
    )
    moved = get_schedule_detail(schedule.id, app=app).schedule
    assert (moved.next_run_at, moved.last_run_status, moved.run_count) == (
        MONDAY_NINE + WEEK,
        "skipped",
        1,
    )
    clock.now = MONDAY_NINE + SECOND
    assert not tick(app).runs
    clock.now = MONDAY_NINE + WEEK
    assert [made.scheduled_for for made in tick(app).runs] == [MONDAY_NINE + WEEK]


def test_a_paused_schedule_has_nothing_to_skip(app: App, schedule: Schedule) -> None:
    disable_schedule(schedule.id, actor="ann", app=app)
    with pytest.raises(Conflict, match="paused"):
        skip_next(app, schedule.id, actor="ann")


def test_whoever_saw_an_older_version_skips_nothing(app: App, schedule: Schedule) -> None:
    with pytest.raises(Conflict, match="somebody else"):
        skip_next(app, schedule.id, actor="ann", version=schedule.version + 1)
    assert not get_schedule_detail(schedule.id, app=app).runs


def test_a_slot_skipped_while_it_is_planned_has_one_run(
    app: App, schedule: Schedule, clock: Clock
) -> None:
    clock.now = MONDAY_NINE
    start = Barrier(2)

    def skip() -> None:
        start.wait()
        with_nothing_left(lambda: skip_next(app, schedule.id, actor="ann"))

    def plan() -> None:
        start.wait()
        with_nothing_left(lambda: tick(app))

    def with_nothing_left(act: object) -> None:
        try:
            act()  # type: ignore[operator]
        except AutopilotError as error:
            met.append(error)

    met: list[AutopilotError] = []
    threads = [Thread(target=skip), Thread(target=plan)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tick(app)
    slots = [run.scheduled_for for run in get_schedule_detail(schedule.id, app=app).runs]
    assert slots.count(MONDAY_NINE) == 1
    assert all(isinstance(error, Conflict) for error in met)
