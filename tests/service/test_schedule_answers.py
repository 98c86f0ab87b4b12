"""A schedule's form and its type and config: each is what the other says, whichever way one goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.schedule import Schedule
from autopilot.service.schedule_answers import Answers, answers_of, changes_between, with_rule
from autopilot.service.schedule_form import look, named

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULES: list[tuple[str, dict[str, Any]]] = [
    ("daily", {"times": ["08:00", "17:30"]}),
    ("daily", {"times": ["08:00"], "every": 3, "anchor": "2026-01-05"}),
    ("daily", {"times": ["08:00"], "business_days_only": True}),
    ("weekly", {"days": ["mon", "thu"], "times": ["09:00"]}),
    ("weekly", {"days": ["fri"], "times": ["09:00"], "every": 2, "anchor": "2026-01-05"}),
    ("monthly", {"days": [1, 15, -1], "times": ["09:00"]}),
    ("monthly", {"days": [31], "missing_day": "skip", "times": ["09:00"]}),
    ("monthly", {"nth": -1, "weekday": "tue", "times": ["09:00"]}),
    (
        "monthly",
        {"business_day": -2, "times": ["09:00"], "every": 3, "anchor": "2026-01-01"},
    ),
    ("custom", {"cron": "0 9 * * 1-5"}),
    ("custom", {"rrule": "DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO"}),
    ("custom", {"interval": {"days": 1, "hours": 6}, "anchor": "2026-01-05T08:00:00Z"}),
    ("custom", {"dates": ["2026-12-24T08:00", "2026-12-31T08:00"]}),
    (
        "weekly",
        {
            "days": ["mon"],
            "times": ["09:00"],
            "start_date": "2026-01-01",
            "end_date": "2027-12-31",
            "max_runs": 12,
            "exclude_dates": ["2026-12-21"],
            "include_dates": ["2026-12-22"],
            "holidays": {"country": "DE", "subdivision": "BY", "rule": "next_business_day"},
        },
    ),
]


def stored(kind: str, config: dict[str, Any], **more: Any) -> Schedule:
    return Schedule(
        id=uuid4(),
        workspace_id=uuid4(),
        specification_id=uuid4(),
        created_by="ann",
        name="Any",
        type=kind,
        config=config,
        timezone="Europe/Berlin",
        **more,
    )


@pytest.mark.parametrize(("kind", "config"), RULES, ids=lambda it: str(it)[:40])
def test_a_form_that_is_opened_and_saved_says_the_same(kind: str, config: dict[str, Any]) -> None:
    parse_rule(kind, config, "Europe/Berlin")  # the example is a rule
    schedule = stored(kind, config)
    answers = answers_of(schedule)
    assert (answers.kind, answers.config) == (kind, config)
    assert changes_between(answers, answers) == ({}, {})


def test_every_key_of_the_calendar_language_is_in_an_example() -> None:
    from autopilot.domain.recurrence.amending import COMMON_KEYS
    from autopilot.domain.recurrence.kinds import KEYS

    for kind, keys in KEYS.items():
        used = {key for name, config in RULES if name == kind for key in config}
        assert set(keys) <= used, kind
    assert set(COMMON_KEYS) <= {key for _, config in RULES for key in config}


def test_only_what_was_changed_is_sent() -> None:
    before = answers_of(
        stored("weekly", {"days": ["mon"], "times": ["09:00"]}, policies={"retries": 1})
    )
    after = replace(before, name="Other", categories=("grid",), policies={"catch_up": "all"})
    assert changes_between(before, after) == (
        {"name": "Other", "categories_override": ("grid",)},
        {"catch_up": "all", "retries": None},
    )
    moved = replace(before, times=("8:15",))
    assert changes_between(before, moved)[0] == {
        "type": "weekly",
        "config": {"days": ["mon"], "times": ["08:15"]},
    }


def test_a_form_looked_at_has_the_slots_of_the_code_that_schedules() -> None:
    answers = replace(
        with_rule(Answers(), "daily", {"times": ["02:30"]}),
        specification_id=uuid4(),
        timezone="Europe/Berlin",
    )
    seen = look(answers, None, datetime(2027, 3, 27, 12, tzinfo=UTC))
    assert seen.sentence == "Every day at 02:30, Europe/Berlin time"
    assert len(seen.slots) == 5
    assert [flag.code.value for flag in seen.slots[0].flags] == ["gap"]
    assert "clock change" in seen.warnings[0]
    assert seen.is_complete


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        (Answers(), {"specification_id", "days"}),
        (Answers(kind="daily", times=()), {"specification_id", "times"}),
        (Answers(kind="monthly", month_days=()), {"specification_id", "month_days"}),
        (Answers(kind="daily", every=2), {"specification_id", "anchor"}),
        (Answers(kind="custom"), {"specification_id", "cron"}),
        (Answers(kind="custom", custom_by="rrule"), {"specification_id", "rrule"}),
        (Answers(kind="custom", custom_by="dates"), {"specification_id", "dates"}),
        (
            Answers(kind="custom", custom_by="interval"),
            {"specification_id", "interval_hours", "interval_from"},
        ),
    ],
    ids=lambda it: "" if isinstance(it, set) else f"{it.kind}-{it.custom_by}",
)
def test_what_is_missing_is_missing_and_not_wrong(answers: Answers, missing: set[str]) -> None:
    seen = look(answers, None, NOW)
    assert {name for step in seen.steps for name in step.missing_fields} == missing
    assert not [name for step in seen.steps for name in step.wrong]
    assert seen.sentence is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"times": ("25:00",)}, "times"),
        ({"timezone": "EST"}, "timezone"),
        ({"country": "XX"}, "country"),
        ({"country": "DE", "subdivision": "ZZ"}, "subdivision"),
        ({"end_date": date(2020, 1, 1), "start_date": date(2021, 1, 1)}, "end_date"),
        ({"exclude_dates": ("someday",)}, "exclude_dates"),
        ({"include_dates": ("2026-13-01",)}, "include_dates"),
        ({"kind": "custom", "cron": "* * * * *"}, "cron"),
        ({"kind": "custom", "cron": "0 0 31 2 *"}, "cron"),
        ({"kind": "custom", "custom_by": "dates", "dates": ("tomorrow",)}, "dates"),
        ({"kind": "monthly", "month_days": (40,)}, "month_days"),
        ({"policies": {"retries": 99}}, "retries"),
        ({"policies": {"review": {"mode": "approve"}}}, "review"),
        ({"times": tuple(f"09:{minute:02}" for minute in range(10))}, "times"),
    ],
    ids=str,
)
def test_what_is_wrong_stands_at_its_field(changed: dict[str, Any], field: str) -> None:
    whole = Answers(specification_id=uuid4(), days=("mon",), timezone="Europe/Berlin")
    assert look(whole, None, NOW).is_complete
    seen = look(replace(whole, **changed), None, NOW)
    assert field in seen.problems, seen.problems
    assert not seen.is_complete


def test_a_schedule_that_nobody_named_is_named_after_its_rule() -> None:
    answers = Answers(days=("mon",), timezone="Europe/Berlin")
    assert named(answers).name == "Every Monday at 09:00"
    assert named(replace(answers, country="DE", max_runs=3)).name == "Every Monday at 09:00"
    assert named(replace(answers, name=" Mine ")).name == " Mine "
