"""What a person does with a schedule: policies, changes, tests, drafts of the past, its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from autopilot.domain.policies import Policies
from autopilot.domain.policy_words import policy_sentences

Autopilot = Callable[..., Any]
UPDATE = ("schedules", "update", "Monday nine")


def test_policies_are_set_merged_and_taken_away(autopilot: Autopilot, applied: Path) -> None:
    given = ("--policy", "catch_up=all", "--policy", "retries=5", "--policy", "period_guard=false")
    first = autopilot(*UPDATE, *given, "--json").json
    assert (first["policies"]["catch_up"], first["policies"]["retries"]) == ("all", 5)
    assert first["policies"]["period_guard"] is False
    then = autopilot(*UPDATE, "--no-policy", "retries", "--policy", "priority=7", "--json").json
    assert then["policies"]["retries"] == Policies().retries
    assert (then["policies"]["catch_up"], then["policies"]["priority"]) == ("all", 7)


def test_a_lead_is_told_and_moves_no_slot(autopilot: Autopilot, applied: Path) -> None:
    before = autopilot("schedules", "show", "Monday nine", "--json").json
    assert before["due_at"] == before["next_run_at"]
    told = autopilot(*UPDATE, "--policy", "lead-minutes=30").out
    assert "Runs begin 30 minutes before their slot." in told
    assert "The next run begins at Mon" in told
    after = autopilot("schedules", "show", "Monday nine", "--json").json
    slot, due = (datetime.fromisoformat(after[key]) for key in ("next_run_at", "due_at"))
    assert slot - due == timedelta(minutes=30)
    assert after["next_run_at"] == before["next_run_at"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--policy", "retries"), "--policy: 'retries' has no ="),
        (("--policy", "retrys=1"), "did you mean 'retries'?"),
        (("--policy", "retries=many"), "allowed: a whole number, 0 to 10"),
        (("--policy", "overlap=maybe"), "allowed: skip, queue_one, allow"),
        (("--policy", "period_guard=perhaps"), "allowed: true, false"),
        (("--policy", "max_lateness_minutes=0"), "allowed: a whole number, 1 to 44640"),
        (("--no-policy", "nope"), "--no-policy: 'nope' is no policy"),
        (("--policy", "gap=skip", "--no-policy", "gap"), "is given with --policy too"),
        (("--policy", "gap=skip", "--policy", "gap=shift"), "is given twice"),
        ((), "say what is to change"),
        (("--weekly", "funday@09:00"), "--weekly: 'funday' is not a weekday"),
        (("--timezone", "EST"), "timezone: 'EST' is not an IANA"),
        (("--categories", "nope"), "'nope' is not one of"),
        (("--name", " "), "name: must have 1 to 200"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_nothing_changes(
    autopilot: Autopilot, applied: Path, options: tuple[str, ...], told: str
) -> None:
    before = autopilot("schedules", "show", "Monday nine", "--json").json
    refused = autopilot(*UPDATE, *options)
    assert refused.code == 2, refused.out
    assert told in refused.err
    assert autopilot("schedules", "show", "Monday nine", "--json").json == before


def test_rule_zone_name_and_overrides_change_and_the_rest_stays(
    autopilot: Autopilot, applied: Path
) -> None:
    options = ("--daily", "07:15", "--timezone", "Asia/Tokyo", "--name", "Dawn")
    changed = autopilot(
        *UPDATE, *options, "--categories", "solar", "--notes", "for Ada", "--json"
    ).json
    assert changed["description"] == "Every day at 07:15, Asia/Tokyo time"
    assert (changed["name"], changed["notes"]) == ("Dawn", "for Ada")
    again = autopilot(
        *("schedules", "update", "Dawn", "--categories", "", "--notes", "", "--json")
    ).json
    assert (again["categories_override"], again["notes"]) == (None, None)
    assert (again["config"], again["timezone"]) == ({"times": ["07:15"]}, "Asia/Tokyo")


def test_a_schedule_made_switched_off_says_how_to_switch_it_on(
    autopilot: Autopilot, applied: Path
) -> None:
    told = autopilot(
        *("schedules", "create", "energy-weekly", "--daily", "06:00", "--disabled"),
        *("--policy", "gap=skip"),
    ).out
    assert "A time that the clock leaves out does not run." in told
    assert "autopilot schedules resume 'Every day at 06:00'" in told
    assert "fires it" not in told


def test_pause_and_resume_are_disable_and_enable(autopilot: Autopilot, applied: Path) -> None:
    off = autopilot("schedules", "pause", "Monday nine", "--reason", "holidays", "--json").json
    assert (off["status"], off["reason"]) == ("paused", "holidays")
    assert autopilot("schedules", "resume", "Monday nine", "--json").json["status"] == "active"


def test_a_test_says_that_it_is_one_and_moves_nothing(autopilot: Autopilot, applied: Path) -> None:
    before = autopilot("schedules", "show", "Monday nine", "--json").json
    ended = autopilot("schedules", "test", "Monday nine")
    assert ended.code == 0, ended.out
    assert ended.out.startswith("This is a test of Monday nine: nobody gets it")
    report = autopilot("schedules", "test", "Monday nine", "--json").json
    assert (report["test"], report["trigger"], report["scheduled_for"]) == (True, "manual", None)
    after = autopilot("schedules", "show", "Monday nine", "--json").json
    assert (after["next_run_at"], after["runs"]) == (before["next_run_at"], before["runs"])
    assert len(autopilot("schedules", "history", "Monday nine", "--json").json["runs"]) == 2


def test_a_backfill_makes_a_draft_for_each_past_slot(autopilot: Autopilot, applied: Path) -> None:
    start = (datetime.now(UTC) - timedelta(days=15)).date().isoformat()
    before = autopilot("schedules", "show", "Monday nine", "--json").json["next_run_at"]
    told = autopilot("schedules", "backfill", "Monday nine", "--from", start).out
    assert told.count(" 09:00 Europe/Berlin  ") in {2, 3}
    made = autopilot("schedules", "backfill", "Monday nine", "--from", start, "--json")
    slots = [run["scheduled_for"] for run in made.json["runs"]]
    assert slots == sorted(slots)
    assert len(slots) in {2, 3}
    assert autopilot("schedules", "show", "Monday nine", "--json").json["next_run_at"] == before
    history = autopilot("schedules", "history", "Monday nine", "--limit", "2", "--json").json
    assert (history["schedule"], len(history["runs"])) == ("Monday nine", 2)
    assert "Slot" in autopilot("schedules", "history", "Monday nine").out


def test_a_backfill_of_nothing_or_of_the_future_says_so(
    autopilot: Autopilot, applied: Path
) -> None:
    now = datetime.now(UTC).isoformat()
    assert "No slot" in autopilot("schedules", "backfill", "Monday nine", "--from", now).out
    refused = autopilot(
        *("schedules", "backfill", "Monday nine", "--from", now, "--to", "2999-01-01")
    )
    assert (refused.code, "--to" in refused.err) == (2, True)
    assert autopilot("schedules", "backfill", "Monday nine", "--from", "soon").code == 2


def test_every_policy_that_differs_has_a_sentence_and_none_that_does_not() -> None:
    assert list(policy_sentences(Policies())) == []
    other = {
        "gap": "shift",
        "fold": "both",
        "jitter_seconds": 60,
        "catch_up": "none",
        "max_lateness_minutes": 2880,
        "overlap": "allow",
        "period_guard": False,
        "lead_minutes": 60,
        "retries": 0,
        "pause_after_failures": 0,
        "priority": -1,
        "review": {"mode": "hold", "hold_hours": 2},
    }
    assert set(other) == set(Policies.model_fields)
    told = list(policy_sentences(Policies.model_validate(other)))
    assert len(told) == len(other)
    assert "A slot found more than 2 days late is skipped." in told
    assert "Runs begin 1 hour before their slot." in told
