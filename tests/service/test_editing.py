"""Editing a schedule: everything wrong at once, nothing half written, nobody's edit lost."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from service.asking import only_schedule, rows
from service.conftest import MONDAY_NINE, SUNDAY, WEEK, Clock
from service.scheduling import DAY, HOUR, change, daily, schedule

from autopilot.domain.schedule import ScheduleStatus
from autopilot.errors import Conflict, InputRefused, NotFound
from autopilot.service.context import App
from autopilot.service.editing import EDITABLE, update_schedule
from autopilot.service.plan import plan
from autopilot.service.schedules import delete_schedule, disable_schedule

ANN = "ann@example.org"


def paths(refused: pytest.ExceptionInfo[InputRefused]) -> set[str]:
    return {problem.path for problem in refused.value.problems}


def test_everything_wrong_is_told_at_once_and_nothing_is_written(energy: App) -> None:
    seen = only_schedule(energy)
    with pytest.raises(InputRefused) as refused:
        update_schedule(
            seen.id,
            {
                "name": "",
                "config": {"days": ["someday"], "times": ["09:00"]},
                "categories_override": ["no such"],
                "cadence_override": "hourly",
            },
            policies={"retries": 99, "overlap": "sometimes", "patience": 1},
            actor=ANN,
            app=energy,
        )
    told = " ".join(str(problem) for problem in refused.value.problems)
    assert {"name", "retries", "overlap", "patience"} <= paths(refused)
    for word in ("someday", "no such", "hourly"):
        assert word in told
    assert only_schedule(energy) == seen


def test_a_field_that_cannot_be_edited_is_refused(energy: App) -> None:
    seen = only_schedule(energy)
    with pytest.raises(InputRefused) as refused:
        update_schedule(seen.id, {"time_zone": "UTC", "run_count": 0}, actor=ANN, app=energy)
    assert paths(refused) == {"time_zone", "run_count"}
    assert "timezone" in str(refused.value.problems[0].allowed)
    assert only_schedule(energy) == seen


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"name": "Mondays"}, {"name": "Mondays"}),
        ({"name": "  Mondays "}, {"name": "Mondays"}),
        ({"notes": "read me"}, {"notes": "read me"}),
        ({"categories_override": ["grid"]}, {"categories_override": ("grid",)}),
        ({"regions_override": ["DE"]}, {"regions_override": ("DE",)}),
        ({"cadence_override": "daily"}, {"cadence_override": "daily"}),
        ({"timezone": "UTC"}, {"timezone": "UTC", "next_run_at": MONDAY_NINE + HOUR}),
        (
            {"type": "daily", "config": {"times": ["07:00"]}},
            {"type": "daily", "next_run_at": MONDAY_NINE - 2 * HOUR},
        ),
    ],
    ids=",".join,
)
def test_what_is_changed_is_what_is_read_back(
    energy: App, changes: dict[str, Any], shown: dict[str, Any]
) -> None:
    seen = only_schedule(energy)
    newer = update_schedule(seen.id, changes, actor=ANN, app=energy)
    found = only_schedule(energy)
    assert {key: getattr(found, key) for key in shown} == shown
    assert newer == found
    assert found.version == seen.version + 1
    (line,) = [row for row in rows(energy, "audit_log") if row.action == "schedule.edited"]
    assert (line.actor, line.detail["changes"]) == (ANN, sorted(changes))


def test_every_editable_field_is_one_of_a_schedule(energy: App) -> None:
    assert all(hasattr(only_schedule(energy), key) for key in EDITABLE)


def test_policies_are_merged_and_none_takes_one_away(energy: App) -> None:
    seen = only_schedule(energy)
    first = {"retries": 1, "overlap": "allow"}
    update_schedule(seen.id, {}, policies=first, actor=ANN, app=energy)
    second = {"overlap": None, "priority": 5}
    newer = update_schedule(seen.id, {}, policies=second, actor=ANN, app=energy)
    assert newer.policies == {"retries": 1, "priority": 5}
    assert only_schedule(energy).policy.overlap == "skip"


def test_an_edit_of_a_version_that_is_gone_is_refused(energy: App) -> None:
    seen = only_schedule(energy)
    update_schedule(seen.id, {"notes": "first"}, actor=ANN, version=seen.version, app=energy)
    with pytest.raises(Conflict, match="somebody else"):
        update_schedule(seen.id, {"notes": "late"}, actor=ANN, version=seen.version, app=energy)
    assert only_schedule(energy).notes == "first"
    assert len([row for row in rows(energy, "audit_log") if row.action == "schedule.edited"]) == 1


def test_planning_is_no_edit(energy: App, clock: Clock) -> None:
    """Whoever looked before a slot came may still save after it."""
    seen = only_schedule(energy)
    clock.now = MONDAY_NINE
    plan(energy, clock.now)
    update_schedule(seen.id, {"notes": "x"}, actor=ANN, version=seen.version, app=energy)
    assert only_schedule(energy).next_run_at == MONDAY_NINE + WEEK


def test_a_paused_schedule_stays_paused_when_it_is_edited(energy: App) -> None:
    seen = only_schedule(energy)
    disable_schedule(seen.id, reason="holidays", app=energy)
    edit = {"config": {"days": ["tue"], "times": ["09:00"]}}
    newer = update_schedule(seen.id, edit, actor=ANN, app=energy)
    assert (newer.status, newer.status_reason) == (ScheduleStatus.PAUSED, "holidays")
    assert newer.next_run_at is None


@pytest.mark.parametrize("status", ["error", "finished"])
def test_new_timing_mends_and_other_edits_do_not(quiet: App, clock: Clock, status: str) -> None:
    made = daily(quiet)
    change(quiet, made.id, status=status, enabled=False, next_run_at=None, status_reason="broken")
    still = update_schedule(made.id, {"notes": "looked at it"}, actor=ANN, app=quiet)
    assert (still.status, still.status_reason) == (status, "broken")
    mended = update_schedule(made.id, {"config": {"times": ["10:00"]}}, actor=ANN, app=quiet)
    assert (mended.status, mended.status_reason) == (ScheduleStatus.ACTIVE, None)
    assert mended.next_run_at == SUNDAY + DAY - 2 * HOUR


def test_a_cancelled_schedule_is_not_edited(energy: App) -> None:
    seen = only_schedule(energy)
    delete_schedule(seen.id, app=energy)
    edit = {"config": {"days": ["tue"], "times": ["09:00"]}}
    with pytest.raises(Conflict, match="cancelled"):
        update_schedule(seen.id, edit, actor=ANN, app=energy)


def test_a_name_that_is_taken_is_refused_in_words(quiet: App) -> None:
    daily(quiet, "One")
    other = daily(quiet, "Two")
    with pytest.raises(Conflict, match="already has a schedule named 'One'"):
        update_schedule(other.id, {"name": "One"}, actor=ANN, app=quiet)


def test_a_schedule_nobody_knows_is_told(quiet: App) -> None:
    with pytest.raises(NotFound):
        update_schedule(uuid4(), {"notes": "x"}, actor=ANN, app=quiet)


def test_bad_policies_and_a_bad_rule_are_told_together_at_creation(quiet: App) -> None:
    with pytest.raises(InputRefused) as refused:
        schedule(quiet, "Both", "daily", {"times": ["25:00"]}, policies={"retries": -1})
    assert "retries" in paths(refused)
    assert any("25:00" in str(problem) for problem in refused.value.problems)
