"""Runs that fail: tried again, told about once, given up on, and brought back by a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from service.asking import all_runs, count, only_run, only_schedule, only_specification, rows
from service.conftest import SUNDAY, Clock, news
from service.feeds import Feeds
from service.scheduling import DAY, HOUR, MINUTE, daily, notices, schedule
from sqlalchemy import update

from autopilot.domain.run import Run, RunStatus
from autopilot.domain.schedule import ScheduleStatus
from autopilot.errors import Conflict, NotFound, SourceUnreachable
from autopilot.service import making
from autopilot.service.claim import claim_next
from autopilot.service.context import App
from autopilot.service.generate import generate
from autopilot.service.plan import plan
from autopilot.service.runs import cancel_run, retry_run
from autopilot.service.schedules import enable_schedule
from autopilot.service.tick import next_wake, tick
from autopilot.store.tables import newsletter_runs

NINE_UTC = SUNDAY + timedelta(hours=21)
LEASE = timedelta(seconds=60)
ANN = "ann@example.org"


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def tried(app: App, clock: Clock) -> Run:
    """Ticks at the time of the last run, and returns that run."""
    tick(app)
    return max(all_runs(app), key=lambda run: run.scheduled_for or run.created_at)


def tried_to_the_end(app: App, clock: Clock) -> tuple[Run, list[timedelta]]:
    """Ticks until the last run has ended; returns it, and the pauses before each retry."""
    pauses = []
    run = tried(app, clock)
    while not run.has_ended:
        pauses.append(run.due_at - clock.now)
        clock.now = run.due_at
        run = tried(app, clock)
    return run, pauses


def test_dead_sources_are_asked_again_after_growing_pauses(silent: App, clock: Clock) -> None:
    daily(silent, retries=6)
    clock.now = NINE_UTC
    run, pauses = tried_to_the_end(silent, clock)
    assert (run.status, run.failures, run.attempt, run.deaths) == (RunStatus.FAILED, 6, 7, 0)
    assert pauses == sorted(pauses)
    for number, pause in enumerate(pauses):
        middle = timedelta(seconds=30) * 2**number
        assert 0.8 * middle <= pause <= 1.2 * middle
    assert "tried 7 times" in str(run.reason)
    found = only_schedule(silent)
    assert (found.run_count, found.success_count, found.failure_count) == (1, 0, 1)


def test_a_run_waits_for_its_retry_with_the_reason_shown(silent: App, clock: Clock) -> None:
    daily(silent)
    clock.now = NINE_UTC
    run = tried(silent, clock)
    assert (run.status, run.failures, run.owner_token) == (RunStatus.QUEUED, 1, None)
    assert "none of the 1 sources could be read" in str(run.reason)
    assert next_wake(silent, clock.now) == min(
        run.due_at, clock.now + silent.settings.poll_interval
    )
    assert only_schedule(silent).run_count == 0
    clock.now = run.due_at - timedelta(microseconds=1)
    assert tick(silent).runs == ()


def test_a_source_that_comes_back_makes_the_issue(silent: App, feeds: Feeds, clock: Clock) -> None:
    daily(silent)
    clock.now = NINE_UTC
    run = tried(silent, clock)
    feeds.serve("feed.xml", *news(SUNDAY))
    clock.now = run.due_at
    run = tried(silent, clock)
    assert (run.status, run.reason, run.failures) == (RunStatus.SUCCEEDED, None, 1)
    assert feeds.hits["feed.xml"] == 2
    found = only_schedule(silent)
    assert (found.run_count, found.success_count, found.failure_count) == (1, 1, 0)
    assert notices(silent) == []


def test_nothing_is_tried_again_past_the_next_slot(silent: App, clock: Clock) -> None:
    every = {"cron": "*/5 * * * *"}
    schedule(silent, "Often", "custom", every, timezone="UTC", policies={"retries": 10})
    clock.now = SUNDAY + 5 * MINUTE
    run, pauses = tried_to_the_end(silent, clock)
    assert run.status is RunStatus.FAILED
    assert 2 <= len(pauses) < 10
    assert clock.now < SUNDAY + 10 * MINUTE
    assert run.scheduled_for == SUNDAY + 5 * MINUTE


def test_nothing_is_tried_again_that_is_told_not_to(silent: App, clock: Clock) -> None:
    daily(silent, retries=0)
    clock.now = NINE_UTC
    run = tried(silent, clock)
    assert (run.status, run.failures) == (RunStatus.FAILED, 0)
    assert "tried" not in str(run.reason)


def test_a_run_of_a_person_is_not_tried_again(silent: App, clock: Clock) -> None:
    row = only_specification(silent)
    run = generate(silent, row.id, row.workspace_id, ANN)
    assert (run.status, run.failures) == (RunStatus.FAILED, 0)


def days_of_failure(app: App, clock: Clock, days: int) -> None:
    for _ in range(days):
        due = only_schedule(app).next_run_at
        assert due is not None
        clock.now = due
        tried_to_the_end(app, clock)


def test_failures_in_a_row_pause_the_schedule_with_the_reason(silent: App, clock: Clock) -> None:
    daily(silent, retries=0, pause_after_failures=3)
    days_of_failure(silent, clock, 2)
    assert only_schedule(silent).enabled
    days_of_failure(silent, clock, 1)
    found = only_schedule(silent)
    assert (found.status, found.next_run_at) == (ScheduleStatus.ERROR, None)
    assert "paused after 3 failed runs in a row" in str(found.status_reason)
    assert "none of the 1 sources" in str(found.status_reason)
    assert (found.run_count, found.failure_count, found.consecutive_failures) == (3, 3, 3)
    assert plan(silent, clock.now + 9 * DAY).queued == 0
    assert notices(silent) == ["failed", "paused"]
    (line,) = [row for row in rows(silent, "audit_log") if row.action == "schedule.paused"]
    assert line.actor == "autopilot"


def test_without_the_policy_nothing_is_paused(silent: App, clock: Clock) -> None:
    daily(silent, retries=0, pause_after_failures=0)
    days_of_failure(silent, clock, 7)
    assert only_schedule(silent).enabled


def test_a_success_begins_the_count_anew(silent: App, feeds: Feeds, clock: Clock) -> None:
    schedule(
        silent,
        "Daily",
        "daily",
        {"times": ["09:00"]},
        timezone="UTC",
        cadence_override="daily",
        policies={"retries": 0, "pause_after_failures": 3},
    )
    days_of_failure(silent, clock, 2)
    feeds.serve("feed.xml", *news(clock.now + 20 * HOUR))
    days_of_failure(silent, clock, 1)
    assert all_runs(silent)[-1].status is RunStatus.SUCCEEDED
    feeds.pages.clear()
    days_of_failure(silent, clock, 2)
    assert only_schedule(silent).enabled
    assert notices(silent) == ["failed", "recovered", "failed"]
    recovered = next(row for row in rows(silent, "notices") if row.kind == "recovered")
    assert "works again after 2 failed" in recovered.message


def test_a_skipped_slot_neither_fails_nor_recovers(silent: App, feeds: Feeds, clock: Clock) -> None:
    daily(silent, retries=0, pause_after_failures=3)
    days_of_failure(silent, clock, 2)
    feeds.serve("feed.xml")
    days_of_failure(silent, clock, 1)
    assert all_runs(silent)[-1].status is RunStatus.SKIPPED
    found = only_schedule(silent)
    assert (found.consecutive_failures, found.enabled) == (2, True)
    assert notices(silent) == ["failed"]


def test_resuming_begins_the_count_anew(silent: App, clock: Clock) -> None:
    made = daily(silent, retries=0, pause_after_failures=2)
    days_of_failure(silent, clock, 2)
    resumed = enable_schedule(made.id, actor=ANN, app=silent)
    assert (resumed.consecutive_failures, resumed.status_reason) == (0, None)
    days_of_failure(silent, clock, 1)
    assert only_schedule(silent).enabled
    days_of_failure(silent, clock, 1)
    assert only_schedule(silent).status is ScheduleStatus.ERROR


def test_one_outage_is_told_once_however_long(silent: App, clock: Clock) -> None:
    daily(silent, retries=1, pause_after_failures=0)
    days_of_failure(silent, clock, 4)
    assert notices(silent) == ["failed"]
    (notice,) = (row for row in rows(silent, "notices") if row.kind == "failed")
    assert notice.message.startswith("'Daily' failed: none of the 1 sources")
    assert notice.run_id == all_runs(silent)[0].id


def die(*_: object, **__: object) -> Any:
    raise Killed


def test_a_retry_is_no_death_and_three_deaths_are_poison(
    silent: App, feeds: Feeds, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily(silent, retries=10)
    clock.now = NINE_UTC

    def killed() -> None:
        with monkeypatch.context() as deadly:
            deadly.setattr(making, "collect", die)
            with pytest.raises(Killed):
                tick(silent)
        clock.pass_(LEASE)

    def failed() -> None:
        tick(silent)
        clock.now = only_run(silent).due_at

    for between in (failed, failed):
        killed()
        between()
    run = only_run(silent)
    assert (run.deaths, run.failures, run.status) == (2, 2, RunStatus.QUEUED)
    killed()
    tick(silent)
    run = only_run(silent)
    assert (run.deaths, run.status) == (3, RunStatus.FAILED)
    assert str(run.reason).startswith("poison: its worker died or stalled 3 times")
    assert only_schedule(silent).failure_count == 1


def fail_in(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def stumble(*_: object) -> Any:
        raise SourceUnreachable("it did not work")

    monkeypatch.setattr(making, step, stumble)


def test_a_person_brings_a_failed_run_back_without_repeating_its_steps(
    silent: App, feeds: Feeds, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily(silent)
    feeds.serve("feed.xml", *news(SUNDAY))
    clock.now = NINE_UTC
    with monkeypatch.context() as broken:
        fail_in(broken, "_render")
        assert tried(silent, clock).status is RunStatus.FAILED
    clock.pass_(HOUR)
    queued = retry_run(only_run(silent).id, actor=ANN, app=silent)
    assert (queued.status, queued.due_at, queued.reason) == (RunStatus.QUEUED, clock.now, None)
    found = only_schedule(silent)
    assert (found.run_count, found.failure_count) == (0, 0)
    with monkeypatch.context() as watched:
        for step in ("collect", "_select", "_write"):
            watched.setattr(making, step, die)
        assert tried(silent, clock).status is RunStatus.SUCCEEDED
    found = only_schedule(silent)
    assert (found.run_count, found.success_count, found.failure_count) == (1, 1, 0)
    assert feeds.hits["feed.xml"] == 1
    assert count(silent, "issues") == 1
    assert notices(silent) == ["failed", "recovered"]
    assert [row.action for row in rows(silent, "audit_log")].count("run.retried") == 1


def test_a_slot_a_person_tries_again_and_again_is_one_failed_slot(
    silent: App, clock: Clock
) -> None:
    daily(silent, retries=0, pause_after_failures=2)
    days_of_failure(silent, clock, 1)
    for _ in range(3):
        clock.pass_(MINUTE)
        retry_run(only_run(silent).id, actor=ANN, app=silent)
        assert tried(silent, clock).status is RunStatus.FAILED
    found = only_schedule(silent)
    assert (found.run_count, found.failure_count, found.consecutive_failures) == (1, 1, 1)
    assert found.enabled
    assert notices(silent) == ["failed"]


def test_a_slot_brought_back_after_a_resume_does_not_count_below_nothing(
    silent: App, feeds: Feeds, clock: Clock
) -> None:
    made = daily(silent, retries=0, pause_after_failures=1)
    days_of_failure(silent, clock, 1)
    enable_schedule(made.id, app=silent)
    retry_run(only_run(silent).id, actor=ANN, app=silent)
    assert only_schedule(silent).consecutive_failures == 0
    assert tried(silent, clock).status is RunStatus.FAILED
    assert only_schedule(silent).status is ScheduleStatus.ERROR


@pytest.mark.parametrize("status", ["queued", "succeeded", "skipped", "cancelled"])
def test_only_a_failed_run_is_tried_again(quiet: App, clock: Clock, status: str) -> None:
    daily(quiet)
    plan(quiet, NINE_UTC)
    if status != "queued":
        with quiet.database.begin() as connection:
            connection.execute(
                update(newsletter_runs).values(status=status, finished_at=SUNDAY, reason="told")
            )
    with pytest.raises(Conflict, match=f"is {status}"):
        retry_run(only_run(quiet).id, actor=ANN, app=quiet)
    assert only_run(quiet).status == status


def test_a_queued_run_is_called_off(quiet: App, clock: Clock) -> None:
    daily(quiet)
    clock.now = NINE_UTC
    plan(quiet, clock.now)
    cancelled = cancel_run(only_run(quiet).id, "not today", actor=ANN, app=quiet)
    assert (cancelled.status, cancelled.reason) == (RunStatus.CANCELLED, "not today")
    assert tick(quiet).runs == ()
    found = only_schedule(quiet)
    assert (found.run_count, found.success_count, found.failure_count) == (1, 0, 0)
    (line,) = [row for row in rows(quiet, "audit_log") if row.action == "run.cancelled"]
    assert (line.actor, line.detail) == (ANN, {"reason": "not today"})
    with pytest.raises(Conflict):
        cancel_run(cancelled.id, "again", actor=ANN, app=quiet)


@pytest.mark.parametrize(
    ("step", "kept"), [("collect", 0), ("_select", 1), ("_write", 2), ("_render", 3)]
)
def test_the_worker_of_a_run_called_off_writes_nothing_more(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str, kept: int
) -> None:
    work = getattr(making, step)

    def call_off(*given: Any) -> Any:
        cancel_run(only_run(energy).id, "stop", actor=ANN, app=energy)
        return work(*given)

    monkeypatch.setattr(making, step, call_off)
    clock.now = NINE_UTC
    assert tick(energy).runs == ()
    run = only_run(energy)
    assert (run.status, run.reason, run.owner_token) == (RunStatus.CANCELLED, "stop", None)
    assert (count(energy, "run_steps"), count(energy, "issues")) == (kept, 0)
    assert only_schedule(energy).run_count == 1
    clock.pass_(HOUR)
    assert tick(energy).rescued == 0


def test_calling_off_a_run_frees_its_schedule_for_the_next_slot(quiet: App, clock: Clock) -> None:
    daily(quiet)
    clock.now = NINE_UTC
    plan(quiet, clock.now)
    assert claim_next(quiet) is not None
    cancel_run(only_run(quiet).id, "stuck", actor=ANN, app=quiet)
    clock.pass_(DAY)
    assert plan(quiet, clock.now).queued == 1
    assert claim_next(quiet) is not None


@pytest.mark.parametrize("verb", [retry_run, lambda *a, **k: cancel_run(a[0], "x", **k)])
def test_a_run_nobody_knows_is_told(quiet: App, verb: Any) -> None:
    with pytest.raises(NotFound, match="no run"):
        verb(only_specification(quiet).id, actor=ANN, app=quiet)


def test_an_outage_ends_with_a_success_whatever_a_person_did_meanwhile(
    silent: App, feeds: Feeds, clock: Clock
) -> None:
    made = daily(silent, retries=0, pause_after_failures=2)
    days_of_failure(silent, clock, 2)
    enable_schedule(made.id, app=silent)
    days_of_failure(silent, clock, 1)
    feeds.serve("feed.xml", *news(clock.now + 20 * HOUR))
    days_of_failure(silent, clock, 1)
    assert notices(silent) == ["failed", "paused", "recovered"]
