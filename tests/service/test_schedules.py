"""Schedules as people and the original plan's scripts work with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from service.asking import all_runs, only_schedule, only_specification, rows
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, WEEK, Clock, apply, document
from sqlalchemy import update

from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.errors import Conflict, InputRefused, NotFound, RuleInvalid
from autopilot.service import schedules as service
from autopilot.service.context import App, use
from autopilot.service.generate import execute_generator, generate
from autopilot.service.plan import plan
from autopilot.service.tick import tick
from autopilot.store.tables import autopilot_schedules, newsletter_specifications

PLANNED_NAMES = [
    "create_autopilot_schedule",
    "get_autopilot_schedules",
    "get_due_schedules",
    "update_schedule_after_run",
    "calculate_next_run",
    "enable_schedule",
    "disable_schedule",
    "delete_schedule",
    "get_schedule_detail",
]
NINE = {"times": ["09:00"]}


def create(app: App, name: str = "Daily", **changes: Any) -> Schedule:
    row = only_specification(app)
    given: dict[str, Any] = {"schedule_type": "daily", "schedule_config": NINE} | changes
    return service.create_autopilot_schedule(
        row.id, row.workspace_id, "ann@example.org", name, app=app, **given
    )


def test_the_names_of_the_plan_are_importable() -> None:
    assert set(PLANNED_NAMES) <= set(service.__all__)
    assert all(callable(getattr(service, name)) for name in PLANNED_NAMES)


def test_a_schedule_begins_strictly_after_now_in_the_workspaces_zone(
    energy: App, clock: Clock
) -> None:
    clock.now = MONDAY_NINE
    schedule = create(energy)
    assert (schedule.timezone, schedule.next_run_at) == (
        "Europe/Berlin",
        MONDAY_NINE + timedelta(days=1),
    )
    assert service.get_schedule_detail(schedule.id, app=energy).schedule == schedule
    actions = [(row.action, row.actor) for row in rows(energy, "audit_log")]
    assert actions.count(("schedule.created", "ann@example.org")) == 2


def test_a_schedule_can_be_created_switched_off(energy: App) -> None:
    schedule = create(energy, enabled=False)
    assert (schedule.status, schedule.next_run_at) == (ScheduleStatus.PAUSED, None)


def test_everything_wrong_is_told_at_once(energy: App) -> None:
    with pytest.raises(InputRefused) as told:
        create(
            energy,
            " ",
            schedule_config={"times": ["25:00"], "colour": "red"},
            timezone="EST",
            categories_override=["grid", "cars"],
            regions_override=["FR"],
            cadence_override="hourly",
        )
    assert sorted({problem.path for problem in told.value.problems}) == [
        "cadence_override",
        "categories_override",
        "config.colour",
        "config.times[0]",
        "name",
        "regions_override",
        "timezone",
    ]
    assert len(service.get_autopilot_schedules(app=energy)) == 1


def test_a_name_is_taken_until_its_schedule_is_cancelled(energy: App) -> None:
    first = create(energy)
    with pytest.raises(Conflict, match="already has a schedule named 'Daily'"):
        create(energy)
    service.delete_schedule(first.id, app=energy)
    assert create(energy).id != first.id


def test_a_schedule_needs_a_specification_of_the_workspace(energy: App) -> None:
    row = only_specification(energy)
    for specification, workspace in ((uuid4(), row.workspace_id), (row.id, uuid4())):
        with pytest.raises(NotFound):
            service.create_autopilot_schedule(
                specification, workspace, "ann", "Daily", "daily", NINE, app=energy
            )


def test_a_cancelled_specification_gets_no_schedule(energy: App) -> None:
    with energy.database.begin() as connection:
        connection.execute(update(newsletter_specifications).values(status="cancelled"))
    with pytest.raises(Conflict, match="cancelled"):
        create(energy)


def test_lists_are_filtered(energy: App) -> None:
    row, other = only_specification(energy), create(energy, enabled=False)
    cancelled = create(energy, "Gone")
    service.delete_schedule(cancelled.id, app=energy)

    def names(**filters: Any) -> list[str]:
        found = service.get_autopilot_schedules(app=energy, **filters)
        return [schedule.name for schedule in found]

    assert names() == ["Monday nine", "Daily"]
    assert names(enabled=True) == ["Monday nine"]
    assert names(enabled=False) == ["Daily"]
    assert names(status="paused") == [other.name]
    assert names(status=ScheduleStatus.CANCELLED) == ["Gone"]
    assert names(workspace_id=row.workspace_id, specification_id=row.id) == names()
    assert names(workspace_id=uuid4()) == names(specification_id=uuid4()) == []
    assert names(owner="ann@example.org") == names()
    assert names(owner="bob@example.org") == []


def test_pausing_keeps_the_reason_and_resuming_replays_nothing(energy: App, clock: Clock) -> None:
    identity = only_schedule(energy).id
    paused = service.disable_schedule(identity, reason="holiday", actor="ann", app=energy)
    assert (paused.status_reason, paused.next_run_at) == ("holiday", None)
    clock.now = MONDAY_NINE + 3 * WEEK + SECOND
    resumed = service.enable_schedule(identity, actor="ann", app=energy)
    assert (resumed.next_run_at, resumed.status_reason) == (MONDAY_NINE + 4 * WEEK, None)
    assert plan(energy, clock.now).queued == 0
    assert all_runs(energy) == []
    assert only_schedule(energy) == resumed
    actions = [row.action for row in rows(energy, "audit_log")]
    assert sorted(actions) == ["schedule.created", "schedule.paused", "schedule.resumed"]


def test_enabling_what_is_on_leaves_a_due_slot_due(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE + SECOND
    same = service.enable_schedule(only_schedule(energy).id, app=energy)
    assert same.next_run_at == MONDAY_NINE
    assert plan(energy, clock.now).queued == 1


def test_deleting_softly_keeps_the_row_and_its_runs(energy: App, clock: Clock) -> None:
    identity = only_schedule(energy).id
    clock.now = MONDAY_NINE + SECOND
    tick(energy)
    service.delete_schedule(identity, app=energy)
    assert only_schedule(energy).status is ScheduleStatus.CANCELLED
    assert all_runs(energy)[0].schedule_id == identity
    assert service.get_autopilot_schedules(app=energy) == []
    for verb in (service.enable_schedule, service.disable_schedule, service.delete_schedule):
        with pytest.raises(Conflict):
            verb(identity, app=energy)


def test_deleting_for_good_keeps_runs_and_issues(energy: App, clock: Clock) -> None:
    identity = only_schedule(energy).id
    clock.now = MONDAY_NINE + SECOND
    tick(energy)
    service.delete_schedule(identity, hard=True, actor="ann", app=energy)
    assert all_runs(energy)[0].schedule_id is None
    assert len(rows(energy, "issues")) == 1
    assert "schedule.deleted" in [row.action for row in rows(energy, "audit_log")]
    with pytest.raises(NotFound):
        service.get_schedule_detail(identity, app=energy)


def test_the_detail_tells_rule_slots_and_runs(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE + SECOND
    tick(energy)
    detail = service.get_schedule_detail(only_schedule(energy).id, slots=2, app=energy)
    assert "Monday" in detail.description
    assert "09:00" in detail.description
    assert [slot.utc for slot in detail.upcoming] == [MONDAY_NINE + WEEK, MONDAY_NINE + 2 * WEEK]
    assert [run.scheduled_for for run in detail.runs] == [MONDAY_NINE]


def test_the_detail_of_a_broken_schedule_says_what_is_wrong(energy: App) -> None:
    with energy.database.begin() as connection:
        connection.execute(update(autopilot_schedules).values(schedule_config={"days": 5}))
    detail = service.get_schedule_detail(only_schedule(energy).id, app=energy)
    assert "cannot be used" in detail.description
    assert detail.upcoming == ()
    with pytest.raises(RuleInvalid):
        service.enable_schedule(detail.schedule.id, app=energy)


def test_an_edit_that_came_second_is_told(energy: App) -> None:
    from autopilot.store.schedules import edit_schedule

    seen = only_schedule(energy)
    with energy.database.begin() as connection:
        edit_schedule(connection, seen, seen.pause(None))
    with (
        pytest.raises(Conflict, match="changed by somebody else"),
        energy.database.begin() as connection,
    ):
        edit_schedule(connection, seen, seen.cancel())


def external_loop(app: App, clock: Clock) -> list[bool]:
    """The loop of the original plan, as a script would write it."""
    made: list[bool] = []
    for schedule in service.get_due_schedules():
        success, error, result, _ = execute_generator(
            schedule.specification_id, schedule.workspace_id, schedule.created_by
        )
        service.update_schedule_after_run(
            schedule.id, success, error, UUID(result["run_id"]) if result else None
        )
        made.append(success)
    return made


def test_a_loop_of_the_original_plan_works(energy: App, clock: Clock) -> None:
    use(energy)
    assert external_loop(energy, clock) == []
    clock.now = MONDAY_NINE + SECOND
    assert external_loop(energy, clock) == [True]
    assert external_loop(energy, clock) == []
    schedule = only_schedule(energy)
    assert (schedule.run_count, schedule.success_count) == (1, 1)
    assert (schedule.last_run_status, schedule.last_run_at) == ("succeeded", clock.now)
    assert schedule.next_run_at == MONDAY_NINE + WEEK
    assert all_runs(energy)[0].schedule_id == schedule.id


def test_a_failure_of_an_external_run_is_counted(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE + SECOND
    identity = only_schedule(energy).id
    after = service.update_schedule_after_run(identity, False, "it broke", app=energy)
    assert (after.run_count, after.success_count, after.failure_count) == (1, 0, 1)
    assert (after.last_run_status, after.last_run_error) == ("failed", "it broke")
    assert after.next_run_at == MONDAY_NINE + WEEK


def test_a_run_is_recorded_once(energy: App, clock: Clock) -> None:
    row, identity = only_specification(energy), only_schedule(energy).id
    run = generate(energy, row.id, row.workspace_id, "ann@example.org")
    for _ in range(2):
        service.update_schedule_after_run(identity, True, run_id=run.id, app=energy)
    assert only_schedule(energy).run_count == 1
    clock.now = MONDAY_NINE + SECOND
    (own,) = tick(energy).runs
    service.update_schedule_after_run(identity, True, run_id=own.id, app=energy)
    assert only_schedule(energy).run_count == 2


def test_a_run_nobody_knows_is_told_and_not_swallowed(energy: App, clock: Clock) -> None:
    """Swallowed, the schedule would stay due and the loop would make the same issue forever."""
    clock.now = MONDAY_NINE + SECOND
    with pytest.raises(NotFound, match="no run"):
        service.update_schedule_after_run(
            only_schedule(energy).id, True, run_id=uuid4(), app=energy
        )


def test_a_run_of_another_specification_is_not_adopted(energy: App, clock: Clock) -> None:
    apply(energy, document().replace("slug: energy", "slug: other").replace("acme", "rival"))
    rival = next(row for row in rows(energy, "newsletter_specifications") if row.slug == "other")
    run = generate(energy, rival.id, rival.workspace_id, "bob@example.org")
    own = next(
        item
        for item in service.get_autopilot_schedules(app=energy)
        if item.specification_id != rival.id
    )
    with pytest.raises(NotFound):
        service.update_schedule_after_run(own.id, True, run_id=run.id, app=energy)
    assert all_runs(energy)[0].schedule_id is None


@pytest.mark.parametrize("verb", PLANNED_NAMES[5:])
def test_a_schedule_nobody_knows_is_told(app: App, verb: str) -> None:
    with pytest.raises(NotFound, match="no schedule"):
        getattr(service, verb)(uuid4(), app=app)


def test_previews_come_from_the_code_that_schedules(energy: App) -> None:
    rule = only_schedule(energy).rule
    slots = list(service.preview(rule, SUNDAY, 3))
    assert [slot.utc for slot in slots] == [MONDAY_NINE + WEEK * n for n in range(3)]
