"""One glance at a workspace: every word of it is true, and a large store costs no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from service.asking import only_schedule, only_specification
from service.conftest import MONDAY_NINE, SUNDAY, WEEK, Clock, apply, document
from service.feeds import Feeds
from sqlalchemy import event, insert, update

from autopilot.domain.access import LOCAL, Grant, Principal, Role
from autopilot.errors import NotFound
from autopilot.service.access.reach import Reach
from autopilot.service.attendance import arrive, note_tick
from autopilot.service.context import App
from autopilot.service.generate import generate
from autopilot.service.needs import needs_of
from autopilot.service.overview import RUNS, SLOTS, Overview, overview
from autopilot.service.schedules import create_autopilot_schedule, disable_schedule
from autopilot.service.tick import tick
from autopilot.store.tables import (
    autopilot_schedules,
    issues,
    newsletter_runs,
    usage,
    workspaces,
)


def looked(app: App) -> Overview:
    return overview(Reach(app, LOCAL), only_specification(app).workspace_id)


def wants(app: App) -> Sequence[str]:
    return [need.what for need in needs_of(looked(app))]


def test_all_is_well_where_a_worker_works_and_the_last_slot_was_good(
    energy: App, clock: Clock
) -> None:
    clock.now = MONDAY_NINE
    worker = arrive(energy)
    tick(energy)
    note_tick(energy, worker)
    seen = looked(energy)
    assert needs_of(seen) == ()
    (ran,) = seen.last
    assert (ran.outcome, ran.specification, ran.schedule) == (
        "succeeded",
        "Energy Weekly",
        "Monday nine",
    )
    assert ran.issue_id is not None
    assert (seen.feeds.working, seen.feeds.in_need) == (1, 0)
    assert (seen.schedules.on, seen.schedules.total) == (1, 1)


def test_slots_of_all_schedules_stand_in_their_order(energy: App) -> None:
    row = only_specification(energy)
    create_autopilot_schedule(
        row.id, row.workspace_id, "ann@example.org", "Daily", "daily",
        {"times": ["07:00", "18:00"]}, timezone="Asia/Tokyo", app=energy,
    )  # fmt: skip
    seen = looked(energy)
    moments = [slot.at for slot in seen.coming]
    assert moments == sorted(moments)
    assert len(moments) == 2 * 7 + 1
    assert {slot.schedule for slot in seen.coming} == {"Daily", "Monday nine"}
    assert all(SUNDAY < moment <= SUNDAY + WEEK for moment in moments)
    assert not seen.has_more


def test_of_many_slots_the_first_are_shown_and_the_rest_is_said_to_be_there(energy: App) -> None:
    row = only_specification(energy)
    create_autopilot_schedule(
        row.id, row.workspace_id, "ann@example.org", "Hourly", "custom",
        {"interval": {"hours": 1}, "anchor": "2026-01-01T00:00:00Z"}, app=energy,
    )  # fmt: skip
    seen = looked(energy)
    assert len(seen.coming) == SLOTS
    assert seen.has_more
    assert seen.coming[0].at - SUNDAY <= timedelta(hours=1)


def test_nobody_looking_after_the_schedules_comes_first(energy: App, clock: Clock) -> None:
    assert wants(energy)[0].startswith("No worker is running")
    worker = arrive(energy)
    note_tick(energy, worker)
    assert wants(energy) == []
    clock.pass_(timedelta(hours=3))
    assert wants(energy)[0].startswith("No worker has looked after the schedules lately")


def test_without_a_schedule_no_worker_is_missed(quiet: App) -> None:
    assert wants(quiet) == []


def test_a_failing_schedule_is_named_with_its_reason(app: App, feeds: Feeds, clock: Clock) -> None:
    apply(app, document(feeds.url("dead.xml")).replace("type: weekly", "retries: 0, type: weekly"))
    clock.now = MONDAY_NINE
    tick(app)
    (need,) = [need for need in needs_of(looked(app)) if need.page == "autopilot"]
    assert "Monday nine" in need.what
    assert "could be read" in need.what
    assert need.query == {"schedule": str(only_schedule(app).id)}
    assert looked(app).schedules.failing == 1


def test_a_source_that_died_is_told_with_advice(energy: App, feeds: Feeds, clock: Clock) -> None:
    row = only_specification(energy)
    del feeds.pages["feed.xml"]
    for _ in range(3):
        clock.pass_(timedelta(hours=1))
        generate(energy, row.id, row.workspace_id, "ann@example.org")
    seen = looked(energy)
    (troubled,) = seen.feeds.worst
    assert (seen.feeds.in_need, seen.feeds.working) == (1, 0)
    assert troubled.specification == "Energy Weekly"
    assert troubled.health.advice
    assert "1 source needs care." in wants(energy)


def test_off_is_said_once_there_is_an_issue(energy: App) -> None:
    row = only_specification(energy)
    generate(energy, row.id, row.workspace_id, "ann@example.org")
    disable_schedule(only_schedule(energy).id, reason="holidays", app=energy)
    assert wants(energy) == ["Autopilot is off: no schedule is on."]
    assert looked(energy).schedules.paused == 1


def test_issues_that_wait_for_people_are_counted_with_the_first_deadline(energy: App) -> None:
    row = only_specification(energy)
    arrive(energy)
    run = generate(energy, row.id, row.workspace_id, "ann@example.org")
    until = SUNDAY + timedelta(hours=4)
    with energy.database.begin() as connection:
        connection.execute(
            update(issues)
            .where(issues.c.run_id == run.id)
            .values(status="waiting", release_at=until)
        )
    seen = looked(energy)
    assert (seen.review.waiting, seen.review.first_release_at) == (1, until)
    assert "1 issue waits for a review." in wants(energy)


def test_money_is_that_of_the_month_in_the_workspaces_zone(energy: App) -> None:
    row = only_specification(energy)
    run = generate(energy, row.id, row.workspace_id, "ann@example.org")
    for moment, dollars in ((SUNDAY, 6_000_000), (SUNDAY - 5 * WEEK, 1_000_000)):
        with energy.database.begin() as connection:
            connection.execute(
                insert(usage).values(
                    id=uuid4(), workspace_id=row.workspace_id, specification_id=row.id,
                    run_id=run.id, model="m", calls=1, input_tokens=10, output_tokens=5,
                    micro_usd=dollars, at=moment,
                )
            )  # fmt: skip
            connection.execute(update(workspaces).values(budget={"month_usd": 5.0}))
    money = looked(energy).money
    assert (money.spent, money.limit, money.tokens, money.is_used_up) == (6.0, 5.0, 15, True)
    assert any("5.00 US dollars" in what for what in wants(energy))


def test_what_is_not_theirs_is_not_there(energy: App) -> None:
    row = only_specification(energy)
    stranger = Principal(name="eve", grants={uuid4(): Grant(role=Role.ADMIN)})
    with pytest.raises(NotFound):
        overview(Reach(energy, stranger), row.workspace_id)


def test_a_large_store_is_asked_no_more_than_a_small_one(energy: App) -> None:
    generate(energy, only_specification(energy).id, only_specification(energy).workspace_id, "ann")
    few = questions(energy)
    fill(energy, schedules=500, runs=2_000)
    assert questions(energy) <= few + 1  # for the names of the schedules that ran
    assert few < 30
    seen = looked(energy)
    assert (seen.schedules.on, len(seen.last), len(seen.coming)) == (501, RUNS, SLOTS)


def questions(app: App) -> int:
    """How many statements one glance takes."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(app.database.engine, "before_cursor_execute", note)
    try:
        looked(app)
    finally:
        event.remove(app.database.engine, "before_cursor_execute", note)
    return len(asked)


def fill(app: App, *, schedules: int, runs: int) -> None:
    """Fills the store as years would, with copies of the one schedule and of one run."""
    row = only_specification(app)
    run = generate(app, row.id, row.workspace_id, "ann@example.org")
    with app.database.begin() as connection:
        schedule = dict(connection.execute(autopilot_schedules.select()).mappings().one())
        old = dict(
            connection.execute(
                newsletter_runs.select().where(newsletter_runs.c.id == run.id)
            ).mappings().one()
        )  # fmt: skip
        ids = [uuid4() for _ in range(schedules)]
        connection.execute(
            insert(autopilot_schedules),
            [schedule | {"id": it, "schedule_name": f"Copy {n}"} for n, it in enumerate(ids)],
        )
        for start in range(0, runs, 1_000):
            connection.execute(
                insert(newsletter_runs),
                [_copy(old, ids, number) for number in range(start, start + 1_000)],
            )


def _copy(run: dict[str, object], schedules: Sequence[UUID], number: int) -> dict[str, object]:
    slot = SUNDAY - timedelta(minutes=number)
    return run | {
        "id": uuid4(),
        "autopilot_schedule_id": schedules[number % len(schedules)],
        "trigger": "schedule",
        "scheduled_for": slot,
        "created_at": slot,
    }
