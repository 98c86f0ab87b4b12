"""Which due slots run, and the recorded reason of each that does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from service.asking import all_runs, only_schedule, rows
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, WEEK, Clock
from service.scheduling import DAY, HOUR, MINUTE, change, daily, hourly, notices, reasons, schedule
from sqlalchemy import delete, update

from autopilot.domain.run import RunStatus
from autopilot.errors import Conflict
from autopilot.service.claim import claim_next
from autopilot.service.context import App
from autopilot.service.editing import update_schedule
from autopilot.service.generate import generate
from autopilot.service.plan import plan
from autopilot.store import queue
from autopilot.store import runs as run_store
from autopilot.store.tables import newsletter_runs

NINE_UTC = SUNDAY + timedelta(hours=21)  # the next morning


def statuses(app: App) -> list[str]:
    return [str(run.status) for run in all_runs(app)]


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        ("latest", ["missed", "missed", None]),
        ("none", ["missed", "missed", "missed"]),
        ("all", [None, None, None]),
    ],
)
def test_missed_slots_are_caught_up_as_asked(
    quiet: App, catch_up: str, expected: list[str | None]
) -> None:
    daily(quiet, catch_up=catch_up, max_lateness_minutes=7 * 1440)
    plan(quiet, NINE_UTC + 2 * DAY + HOUR)
    assert reasons(quiet) == expected


def test_who_catches_nothing_up_still_runs_what_it_only_waited_for(quiet: App) -> None:
    daily(quiet, catch_up="none")
    plan(quiet, NINE_UTC + 3 * quiet.settings.poll_interval)
    assert reasons(quiet) == [None]


def test_who_catches_nothing_up_skips_a_slot_no_worker_saw(quiet: App) -> None:
    daily(quiet, catch_up="none")
    plan(quiet, NINE_UTC + 3 * quiet.settings.poll_interval + SECOND)
    assert reasons(quiet) == ["missed"]


def test_each_slot_caught_up_has_its_own_window(quiet: App) -> None:
    daily(quiet, catch_up="all", max_lateness_minutes=7 * 1440)
    plan(quiet, NINE_UTC + 2 * DAY)
    slots = [NINE_UTC + day * DAY for day in range(3)]
    assert [run.scheduled_for for run in all_runs(quiet)] == slots
    assert [(run.window.start, run.window.end) for run in all_runs(quiet)] == [
        (slot - WEEK, slot) for slot in slots
    ]


def test_at_most_twenty_four_slots_are_caught_up(quiet: App) -> None:
    hourly(quiet, catch_up="all", max_lateness_minutes=7 * 1440)
    planned = plan(quiet, SUNDAY + 40 * HOUR)
    assert (planned.queued, planned.skipped) == (24, 16)
    assert statuses(quiet) == ["skipped"] * 16 + ["queued"] * 24
    assert set(reasons(quiet)[:16]) == {"missed"}


def test_all_is_not_older_than_the_lateness_allows(quiet: App) -> None:
    hourly(quiet, catch_up="all", max_lateness_minutes=150)
    plan(quiet, SUNDAY + 6 * HOUR)
    assert reasons(quiet) == ["late", "late", "late", None, None, None]


LIMITS = {
    "an hour for an hourly rule": ("0 * * * *", None, HOUR),
    "a day for a weekly rule": ("0 9 * * 1", None, DAY),
    "as set, shorter": ("0 9 * * 1", 90, 90 * MINUTE),
    "as set, longer": ("0 9 * * 1", 3 * 1440, 3 * DAY),
}


@pytest.mark.parametrize(("cron", "minutes", "limit"), LIMITS.values(), ids=list(LIMITS))
@pytest.mark.parametrize("beyond", [False, True], ids=["at the limit", "beyond"])
def test_a_slot_may_be_as_late_as_its_policy_allows(
    quiet: App, cron: str, minutes: int | None, limit: timedelta, beyond: bool
) -> None:
    policies = {"max_lateness_minutes": minutes, "catch_up": "all"}
    made = schedule(quiet, "Rule", "custom", {"cron": cron}, timezone="UTC", policies=policies)
    first = made.next_run_at
    assert first is not None
    plan(quiet, first + limit + (SECOND if beyond else timedelta()))
    assert reasons(quiet)[0] == ("late" if beyond else None)


def test_jitter_is_not_lateness(quiet: App) -> None:
    """A slot spread by its own jitter was not missed, however impatient its policies are."""
    made = daily(quiet, jitter_seconds=3_600, catch_up="none", max_lateness_minutes=1)
    slots = 0
    for _ in range(8):
        seen = only_schedule(quiet)
        plan(quiet, max(seen.due_at or seen.next_run_at, seen.next_run_at))  # type: ignore[type-var, arg-type]
        slots += 1
        with quiet.database.begin() as connection:  # they must not overlap
            connection.execute(
                update(newsletter_runs)
                .where(newsletter_runs.c.status == "queued")
                .values(status="succeeded", finished_at=SUNDAY)
            )
    assert reasons(quiet) == [None] * slots
    assert len(all_runs(quiet)) == slots
    assert made.policy.jitter_seconds == 3_600


def started(app: App, clock: Clock, at: datetime) -> None:
    """Plans and claims a slot, whose run goes on from then."""
    clock.now = at
    plan(app, at)
    assert claim_next(app) is not None


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("skip", ["running", "skipped", "skipped"]),
        ("queue_one", ["running", "queued", "skipped"]),
        ("allow", ["running", "queued", "queued"]),
    ],
)
def test_slots_that_come_while_a_run_goes_on(
    quiet: App, clock: Clock, overlap: str, expected: list[str]
) -> None:
    daily(quiet, overlap=overlap)
    started(quiet, clock, NINE_UTC)
    for day in (1, 2):
        plan(quiet, NINE_UTC + day * DAY)
    assert statuses(quiet) == expected
    told = [run.reason for run in all_runs(quiet) if run.status is RunStatus.SKIPPED]
    assert all(str(reason).startswith("overlap: the run of the slot 2026-") for reason in told)


def test_a_queued_run_waits_until_the_running_one_ended(quiet: App, clock: Clock) -> None:
    daily(quiet, overlap="queue_one")
    clock.now = NINE_UTC
    plan(quiet, clock.now)
    lease = claim_next(quiet)
    assert lease is not None
    clock.pass_(DAY)
    plan(quiet, clock.now)
    assert claim_next(quiet) is None
    lease.end(lease.run.succeed(clock.now))
    following = claim_next(quiet)
    assert following is not None
    assert following.run.scheduled_for == NINE_UTC + DAY


def test_runs_that_may_overlap_run_at_once(quiet: App, clock: Clock) -> None:
    daily(quiet, overlap="allow")
    started(quiet, clock, NINE_UTC)
    started(quiet, clock, NINE_UTC + DAY)
    assert statuses(quiet) == ["running", "running"]


def two_queued(app: App, clock: Clock) -> list[Any]:
    daily(app, catch_up="all", max_lateness_minutes=7 * 1440)
    clock.now = NINE_UTC + DAY
    plan(app, clock.now)
    found = list(all_runs(app))
    assert [run.status for run in found] == ["queued", "queued"]
    return found


def test_the_store_refuses_two_running_runs_of_one_schedule(quiet: App, clock: Clock) -> None:
    first, second = two_queued(quiet, clock)
    with quiet.database.begin() as connection:
        run_store.move_run(connection, first, first.claim(uuid4(), clock.now, MINUTE))
    with pytest.raises(Conflict), quiet.database.begin() as connection:
        run_store.move_run(connection, second, second.claim(uuid4(), clock.now, MINUTE))
    assert statuses(quiet) == ["running", "queued"]


def test_of_two_claimers_at_once_one_gets_a_run_of_the_schedule(
    quiet: App, new_app: Callable[..., App], clock: Clock
) -> None:
    """The second cannot see that the first is about to have a run: the index makes it wait."""
    two_queued(quiet, clock)
    other, got = new_app(), []
    claiming = threading.Thread(target=lambda: got.append(claim_next(other)))
    with quiet.database.begin() as connection:
        (workspace,) = {run.workspace_id for run in all_runs(other)}
        (queued,) = queue.claimable_runs(connection, workspace, clock.now, most=1)
        assert queued is not None
        run_store.move_run(connection, queued, queued.claim(uuid4(), clock.now, MINUTE))
        claiming.start()
        claiming.join(0.3)
        assert got == []
    claiming.join(20)
    assert got == [None]
    assert sorted(statuses(quiet)) == ["queued", "running"]


def weekly(app: App, *days: str, **policies: object) -> Any:
    config: dict[str, object] = {"days": list(days), "times": ["09:00"]}
    return schedule(app, "Weekly", "weekly", config, timezone="UTC", policies=policies)


def ended(app: App, status: str = "succeeded") -> None:
    """Ends what is queued."""
    with app.database.begin() as connection:
        connection.execute(
            update(newsletter_runs)
            .where(newsletter_runs.c.status == "queued")
            .values(status=status, finished_at=SUNDAY, reason="as told")
        )


@pytest.mark.parametrize(
    ("guard", "status", "expected"),
    [
        (True, "succeeded", "period"),
        (True, "failed", None),
        (True, "cancelled", None),
        (True, "skipped", None),
        (False, "succeeded", None),
    ],
)
def test_an_edit_in_the_same_week_makes_no_second_issue(
    quiet: App, clock: Clock, guard: bool, status: str, expected: str | None
) -> None:
    made = weekly(quiet, "mon", period_guard=guard)
    clock.now = NINE_UTC
    plan(quiet, clock.now)
    ended(quiet, status)
    edit = {"config": {"days": ["thu"], "times": ["09:00"]}}
    update_schedule(made.id, edit, actor="ann@example.org", app=quiet)
    plan(quiet, NINE_UTC + 3 * DAY)
    assert [run.scheduled_for for run in all_runs(quiet)] == [NINE_UTC, NINE_UTC + 3 * DAY]
    assert reasons(quiet)[1] == expected
    ended(quiet)
    assert plan(quiet, NINE_UTC + 10 * DAY).queued == 1, "the next week has an issue of its own"


def test_a_run_still_to_be_made_counts_for_its_period(quiet: App, clock: Clock) -> None:
    made = weekly(quiet, "mon", overlap="allow")
    clock.now = NINE_UTC
    plan(quiet, clock.now)
    edit = {"config": {"days": ["thu"], "times": ["09:00"]}}
    update_schedule(made.id, edit, actor="ann@example.org", app=quiet)
    plan(quiet, NINE_UTC + 3 * DAY)
    assert reasons(quiet) == [None, "period"]


def test_a_rule_gets_every_slot_it_promises(quiet: App) -> None:
    daily(quiet, "Twice", "09:00", "17:00", overlap="allow")
    for hours in (-16, 0, 8, 24, 32):
        plan(quiet, NINE_UTC + hours * HOUR)
    assert reasons(quiet) == [None] * 5


def test_a_third_issue_of_a_day_that_promises_two_is_none(quiet: App, clock: Clock) -> None:
    made = daily(quiet, "Twice", "09:00", "12:00", overlap="allow")
    clock.now = NINE_UTC + 3 * HOUR
    plan(quiet, NINE_UTC)
    plan(quiet, clock.now)
    edit = {"config": {"times": ["09:00", "18:00"]}}
    update_schedule(made.id, edit, actor="ann@example.org", app=quiet)
    plan(quiet, NINE_UTC + 9 * HOUR)
    assert reasons(quiet) == [None, None, "period"]
    assert "this day has had 2 of its 2" in str(all_runs(quiet)[-1].reason)


def test_a_custom_rule_has_no_guard(quiet: App, clock: Clock) -> None:
    made = schedule(quiet, "Custom", "custom", {"cron": "0 9 * * 1"}, timezone="UTC")
    clock.now = NINE_UTC
    plan(quiet, clock.now)
    ended(quiet)
    update_schedule(made.id, {"config": {"cron": "0 9 * * 4"}}, actor="ann", app=quiet)
    plan(quiet, NINE_UTC + 3 * DAY)
    assert reasons(quiet)[1] is None


def test_issues_of_people_do_not_count_for_the_period(energy: App, clock: Clock) -> None:
    made = only_schedule(energy)
    clock.now = MONDAY_NINE - HOUR
    generate(energy, made.specification_id, made.workspace_id, "ann@example.org")
    assert plan(energy, MONDAY_NINE).queued == 1


def test_a_slot_the_guard_takes_is_no_missed_one(quiet: App, clock: Clock) -> None:
    made = weekly(quiet, "mon")
    clock.now = NINE_UTC
    plan(quiet, clock.now)
    ended(quiet)
    edit = {"config": {"days": ["thu"], "times": ["09:00"]}}
    update_schedule(made.id, edit, actor="ann@example.org", app=quiet)
    plan(quiet, NINE_UTC + 3 * DAY)
    assert notices(quiet) == []


def test_a_slot_that_overlaps_is_no_missed_one(quiet: App, clock: Clock) -> None:
    daily(quiet)
    started(quiet, clock, NINE_UTC)
    plan(quiet, NINE_UTC + DAY)
    assert (reasons(quiet), notices(quiet)) == ([None, "overlap"], [])


def test_missed_slots_are_told_once_for_all_of_them(quiet: App) -> None:
    daily(quiet)
    plan(quiet, NINE_UTC + 5 * DAY)
    assert notices(quiet) == ["missed"]
    (notice,) = rows(quiet, "notices")
    assert "'Daily' missed 5 slots; the latest runs now" in notice.message
    plan(quiet, NINE_UTC + 6 * DAY)
    assert notices(quiet) == ["missed"]


@pytest.mark.parametrize("weeks", [1, 4])
def test_a_backup_brought_back_sends_nothing_again(quiet: App, clock: Clock, weeks: int) -> None:
    """Runs and next slots are those of the backup: what was sent since then is not known."""
    made = weekly(quiet, "mon")
    for week in range(weeks + 1):
        plan(quiet, NINE_UTC + week * WEEK)
        ended(quiet)
    with quiet.database.begin() as connection:
        connection.execute(delete(newsletter_runs))
    change(quiet, made.id, next_run_at=NINE_UTC)
    planned = plan(quiet, NINE_UTC + weeks * WEEK + 2 * DAY)
    assert (planned.queued, planned.skipped) == (0, weeks + 1)
    assert reasons(quiet) == ["missed"] * weeks + ["late"]


def test_a_restored_schedule_with_its_runs_sends_nothing_again(quiet: App) -> None:
    made = daily(quiet)
    plan(quiet, NINE_UTC)
    ended(quiet)
    change(quiet, made.id, next_run_at=NINE_UTC)
    assert plan(quiet, NINE_UTC + HOUR).queued == 0
    assert only_schedule(quiet).next_run_at == NINE_UTC + DAY


def test_of_one_tick_admitted_slots_count_for_their_period(quiet: App) -> None:
    """Two days of a week are caught up, and the rule promises two."""
    weekly(quiet, "mon", "tue", catch_up="all", max_lateness_minutes=7 * 1440)
    plan(quiet, NINE_UTC + 2 * DAY)
    assert reasons(quiet) == [None, None]
