"""Slots that become claimed runs at once, and all that keeps them from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from service.asking import all_runs, rows
from service.conftest import SUNDAY, Clock, apply, document
from service.scheduling import DAY, change, daily
from service.test_fairness import queue, three

from autopilot.domain.run import Run, RunStatus
from autopilot.errors import StoreUnavailable
from autopilot.service import pace as pace_module
from autopilot.service import supply as module
from autopilot.service import tick as tick_module
from autopilot.service.claim import claim_runs
from autopilot.service.context import App
from autopilot.service.lease import Lease
from autopilot.service.plan import plan
from autopilot.service.supply import Supply
from autopilot.service.tick import tick

__all__ = ["three"]
TOMORROW = SUNDAY + DAY


def due(app: App, clock: Clock, count: int = 3, **policies: object) -> None:
    """Lets so many schedules of one workspace have a slot now."""
    for number in range(count):
        daily(app, f"Daily {number}", **policies)
    clock.now = TOMORROW


def supply(app: App, clock: Clock) -> Supply:
    return Supply(app, clock.now, by_clock=True)


def states(app: App) -> list[str]:
    return sorted(run.status.value for run in all_runs(app))


def succeed(lease: Lease) -> Run:
    with lease:
        return lease.end(lease.run.succeed(lease.app.clock()))


def test_a_slot_whose_turn_it_is_becomes_a_claimed_run(quiet: App, clock: Clock) -> None:
    due(quiet, clock)
    claimed = supply(quiet, clock).next_runs(2)
    stored = {run.id: run for run in all_runs(quiet)}
    assert [stored[run.id] for run in claimed] == list(claimed)
    for run in claimed:
        assert (run.status, run.epoch, run.attempt) == (RunStatus.RUNNING, 1, 1)
        assert run.lease_until == TOMORROW + quiet.settings.lease
        assert run.started_at == TOMORROW
    assert len({run.owner_token for run in claimed}) == 1


def test_the_row_is_the_one_that_a_claim_of_a_queued_run_leaves(quiet: App, clock: Clock) -> None:
    due(quiet, clock, 2)
    (planned,) = supply(quiet, clock).next_runs(1)
    later = supply(quiet, clock)
    later.plan_rest()
    (claimed,) = later.next_runs(1)
    own = {"id": claimed.id, "schedule_id": claimed.schedule_id, "owner_token": None}
    assert replace(planned, **own) == replace(claimed, owner_token=None)  # type: ignore[arg-type]


def test_the_other_slots_wait_for_the_next_batch_and_all_get_their_runs(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(quiet, clock, 7)
    monkeypatch.setattr(tick_module, "execute", succeed)
    monkeypatch.setattr(pace_module, "QUICK_BATCH_SECONDS", 60)
    report = tick(quiet)
    assert (report.queued, len(report.runs)) == (7, 7)
    assert states(quiet) == ["succeeded"] * 7
    assert {run.epoch for run in all_runs(quiet)} == {1}


def test_a_tick_that_may_execute_little_plans_all(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(quiet, clock, 5)
    monkeypatch.setattr(tick_module, "execute", succeed)
    report = tick(quiet, limit=2)
    assert (report.queued, len(report.runs)) == (5, 2)
    assert states(quiet) == ["queued"] * 3 + ["succeeded"] * 2


def test_before_slow_work_every_due_slot_has_its_run(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(quiet, clock, 5)
    seen: list[list[str]] = []

    def slow(lease: Lease) -> Run:
        lease._company.stand_alone()  # type: ignore[union-attr]
        seen.append(states(quiet))
        return succeed(lease)

    monkeypatch.setattr(tick_module, "execute", slow)
    tick(quiet)
    assert seen[0] == ["queued"] * 4 + ["running"]
    assert states(quiet) == ["succeeded"] * 5


def test_a_fault_of_planning_ends_no_run(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(quiet, clock)
    made = supply(quiet, clock)
    (run,) = made.next_runs(1)

    def failing(*_: object, **__: object) -> None:
        raise StoreUnavailable("The server was restarted.")

    monkeypatch.setattr(module, "plan", failing)
    made.make_way()
    with pytest.raises(StoreUnavailable):
        made.next_runs(1)
    assert states(quiet) == ["running"]
    assert all_runs(quiet)[0].id == run.id


def test_whoever_waits_in_the_queue_comes_first(three: App, clock: Clock) -> None:
    queue(three, "a")
    schedule_in_all(three, clock, "a")
    claimed = supply(three, clock).next_runs(1)
    assert [run.schedule_id for run in claimed] == [None]
    assert states(three) == ["queued", "running"]


def schedule_in_all(app: App, clock: Clock, names: str, **policies: object) -> None:
    """Lets a schedule of each of these workspaces have a slot now."""
    from service.test_fairness import places

    from autopilot.service.schedules import create_autopilot_schedule

    for name in names:
        row = places(app)[name]
        create_autopilot_schedule(
            row.id,
            row.workspace_id,
            "ann@example.org",
            f"Daily {name}",
            "daily",
            {"times": ["09:00"]},
            timezone="UTC",
            policies=policies,
            app=app,
        )
    clock.now = TOMORROW


def test_slots_of_two_workspaces_are_queued_and_claimed_by_turns(three: App, clock: Clock) -> None:
    schedule_in_all(three, clock, "ab")
    assert len(supply(three, clock).next_runs(1)) == 1
    assert states(three) == ["queued", "running"]


def test_a_slot_with_a_priority_lets_all_be_queued(quiet: App, clock: Clock) -> None:
    urgent = daily(quiet, "Urgent", priority=5)
    due(quiet, clock, 2)
    (first,) = supply(quiet, clock).next_runs(1)
    assert first.schedule_id == urgent.id
    assert states(quiet) == ["queued"] * 2 + ["running"]


def test_where_runs_are_capped_they_are_claimed_from_the_queue(
    quiet: App, new_app: Callable[..., App], clock: Clock
) -> None:
    due(quiet, clock)
    capped = new_app(AUTOPILOT_MAX_RUNNING="1")
    assert len(supply(capped, clock).next_runs(3)) == 1
    assert states(quiet) == ["queued"] * 2 + ["running"]


def test_a_slot_beside_a_run_of_its_schedule_is_queued(quiet: App, clock: Clock) -> None:
    due(quiet, clock, 1, overlap="queue_one")
    assert len(supply(quiet, clock).next_runs(1)) == 1
    clock.now = TOMORROW + DAY
    assert not supply(quiet, clock).next_runs(1)
    assert states(quiet) == ["queued", "running"]


def test_a_slot_beside_a_run_that_a_person_asked_for_is_not_lost(quiet: App, clock: Clock) -> None:
    due(quiet, clock, 2)
    (first,) = supply(quiet, clock).next_runs(1)
    hide(quiet, first)
    change(quiet, first.schedule_id, next_run_at=first.scheduled_for)
    supply(quiet, clock).next_runs(5)
    assert states(quiet).count("queued") + states(quiet).count("running") == 3


def test_a_run_that_a_person_asked_for_holds_up_neither_its_schedule_nor_others(
    quiet: App, clock: Clock
) -> None:
    due(quiet, clock, 2)
    (asked_for,) = supply(quiet, clock).next_runs(1)
    hide(quiet, asked_for)
    assert asked_for.alone
    change(quiet, asked_for.schedule_id, next_run_at=asked_for.scheduled_for)
    plan(quiet, clock.now)
    assert len(claim_runs(quiet, most=5)) == 2
    assert states(quiet) == ["running"] * 3


def hide(app: App, run: Run) -> None:
    """Makes a run one that a person asked for."""
    from sqlalchemy import update

    from autopilot.store.tables import newsletter_runs

    with app.database.begin() as connection:
        connection.execute(
            update(newsletter_runs)
            .where(newsletter_runs.c.id == run.id)
            .values(trigger="manual", scheduled_for=None)
        )


def test_nothing_is_planned_with_a_clock_that_turned_out_wrong(quiet: App, clock: Clock) -> None:
    due(quiet, clock)
    made = supply(quiet, clock)
    clock.now = SUNDAY
    assert not made.next_runs(3)
    assert states(quiet) == []


def test_ids_of_a_batch_lie_side_by_side_and_are_random_otherwise(quiet: App, clock: Clock) -> None:
    due(quiet, clock, 5)
    claimed = supply(quiet, clock).next_runs(5)
    assert len({run.id.hex[:3] for run in claimed}) == 1
    assert len({run.id.hex[3:] for run in claimed}) == 5
    assert {run.id.version for run in claimed} == {4}


def test_a_worker_asked_to_stop_leaves_slots_to_the_next(quiet: App, clock: Clock) -> None:
    due(quiet, clock)
    report = tick(quiet, stopping=lambda: True)
    assert (report.queued, report.runs) == (0, ())
    assert rows(quiet, "newsletter_runs") == []
    assert len(tick(quiet).runs) == 3


def test_two_applied_specifications_of_one_workspace_are_no_strangers(
    app: App, clock: Clock
) -> None:
    text = document().split("    schedules:")[0]
    apply(app, text)
    daily(app, "One")
    apply(app, text.replace("slug: energy", "slug: second"))
    clock.now = TOMORROW
    assert len(supply(app, clock).next_runs(2)) == 1
