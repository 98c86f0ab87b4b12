"""schedules: made in the words people type, shown in their zone, refused with an example."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

Autopilot = Callable[..., Any]


@pytest.mark.parametrize(
    ("options", "kind", "config", "description"),
    [
        (("--daily", "8:00,18:00"), "daily", {"times": ["08:00", "18:00"]}, "Every day at"),
        (
            ("--weekly", "mon,Thursday@09:00"),
            "weekly",
            {"days": ["mon", "thu"], "times": ["09:00"]},
            "Every Monday and Thursday at 09:00",
        ),
        (("--monthly", "1@09:00"), "monthly", {"days": [1], "times": ["09:00"]}, "On the 1st"),
        (
            ("--monthly", "last@09:00"),
            "monthly",
            {"days": [-1], "times": ["09:00"]},
            "On the last day of every month",
        ),
        (("--cron", "0 9 * * 1-5"), "custom", {"cron": "0 9 * * 1-5"}, "09:00"),
        (
            ("--type", "weekly", "--config", '{"days": ["fri"], "times": ["17:00"]}'),
            "weekly",
            {"days": ["fri"], "times": ["17:00"]},
            "Every Friday at 17:00",
        ),
    ],
    ids=["daily", "weekly", "monthly", "last", "cron", "config"],
)
def test_a_schedule_is_made_from_every_kind_of_rule(
    autopilot: Autopilot,
    applied: Path,
    options: tuple[str, ...],
    kind: str,
    config: dict[str, Any],
    description: str,
) -> None:
    ended = autopilot("schedules", "create", "energy-weekly", *options, "--json")
    assert ended.code == 0, ended.out
    made = ended.json
    assert (made["type"], made["config"], made["timezone"]) == (kind, config, "Europe/Berlin")
    assert made["description"].startswith(description) or description in made["description"]
    assert made["name"]
    assert len(made["next"]) == 3
    moments = [datetime.fromisoformat(slot["utc"]) for slot in made["next"]]
    assert moments == sorted(moments)
    assert made["next_run_at"] == made["next"][0]["utc"]


def test_people_see_the_sentence_and_three_slots_in_both_clocks(
    autopilot: Autopilot, applied: Path
) -> None:
    told = autopilot(
        "schedules", "create", "energy-weekly", "--weekly", "mon@07:30", "--timezone", "Asia/Tokyo"
    ).out
    assert "Every Monday at 07:30, Asia/Tokyo time." in told
    assert told.count("07:30 Asia/Tokyo") == 3
    assert told.count("22:30 UTC") == 3
    assert "Next: autopilot up" in told


def test_the_name_comes_from_the_rule_and_stands_once(autopilot: Autopilot, applied: Path) -> None:
    options = ("schedules", "create", "energy-weekly", "--daily", "06:15", "--json")
    assert autopilot(*options).json["name"] == "Every day at 06:15"
    again = autopilot(*options)
    assert again.code == 3
    assert again.json["error"]["type"] == "Conflict"


def test_overrides_and_notes_are_kept(autopilot: Autopilot, applied: Path) -> None:
    made = autopilot(
        *("schedules", "create", "energy-weekly", "--daily", "06:00", "--name", "Solar"),
        *("--categories", "solar", "--regions", "DE, GB", "--cadence", "daily"),
        *("--notes", "for Ada", "--disabled", "--json"),
    ).json
    assert made["categories_override"] == ["solar"]
    assert made["regions_override"] == ["DE", "GB"]
    assert (made["cadence_override"], made["notes"]) == ("daily", "for Ada")
    assert (made["enabled"], made["next_run_at"], made["next"]) == (False, None, [])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--daily, --weekly, --monthly, --cron, --config: one of these is needed"),
        (("--daily", "08:00", "--cron", "0 9 * * *"), "--daily and --cron: only one"),
        (("--daily", "25:00"), "--daily: '25:00' is not a time of day"),
        (("--weekly", "mon"), "--weekly: 'mon' needs days and times"),
        (("--weekly", "funday@09:00"), "--weekly: 'funday' is not a weekday"),
        (("--monthly", "32@09:00"), "--monthly: 32 is not a day of a month"),
        (("--cron", "0 9 31 2 *"), "--cron: never"),
        (("--cron", "* * * * *"), "too often"),
        (("--config", "{}"), "--type: is missing"),
        (("--type", "weekly"), "--type: goes with --config"),
        (("--type", "weekly", "--config", "[1]"), "--config: must be a JSON object"),
        (("--type", "weekly", "--config", "{"), "--config: is not JSON"),
        (("--type", "yearly", "--config", "{}"), "'yearly' is not a kind of schedule"),
        (("--daily", "08:00", "--timezone", "EST"), "--timezone: 'EST' is not an IANA"),
        (
            ("--daily", "08:00", "--categories", "nope"),
            "categories_override: 'nope' is not one of the specification",
        ),
        (("--daily", "08:00", "--name", " "), "name"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_nothing_is_made(
    autopilot: Autopilot, applied: Path, options: tuple[str, ...], told: str
) -> None:
    refused = autopilot("schedules", "create", "energy-weekly", *options)
    assert refused.code == 2, refused.err
    assert told in refused.err
    assert len(autopilot("schedules", "list", "--json").json["schedules"]) == 1


def test_a_schedule_is_switched_off_and_on_and_deleted(autopilot: Autopilot, applied: Path) -> None:
    off = autopilot("schedules", "disable", "Monday nine", "--reason", "holidays", "--json").json
    assert (off["status"], off["reason"], off["next_run_at"]) == ("paused", "holidays", None)
    assert "holidays" in autopilot("schedules", "show", "Monday nine").out
    on = autopilot("schedules", "enable", "Monday nine", "--json").json
    assert (on["status"], on["reason"]) == ("active", None)
    assert on["next_run_at"]
    deleted = autopilot("schedules", "delete", on["id"][:8], "--json").json
    assert deleted == {"deleted": on["id"], "name": "Monday nine", "hard": False}
    listed = autopilot("schedules", "list")
    assert (listed.code, listed.out.splitlines()[0]) == (0, "No schedule yet.")
    assert autopilot("schedules", "enable", "Monday nine").code == 3


def test_a_hard_delete_removes_the_row(autopilot: Autopilot, applied: Path) -> None:
    found = autopilot("schedules", "show", "Monday nine", "--json").json
    assert "Removed" in autopilot("schedules", "delete", "Monday nine", "--hard").out
    assert autopilot("schedules", "show", found["id"]).code == 3


def test_run_makes_an_issue_by_the_schedules_overrides(autopilot: Autopilot, applied: Path) -> None:
    autopilot(
        *("schedules", "create", "energy-weekly", "--daily", "06:00"),
        *("--name", "Solar", "--categories", "solar"),
    )
    before = autopilot("schedules", "show", "Solar", "--json").json["next_run_at"]
    report = autopilot("schedules", "run", "Solar", "--json")
    assert report.code == 0
    assert {story["category"] for story in report.json["stories"]} == {"solar"}
    assert (report.json["trigger"], report.json["scheduled_for"]) == ("manual", None)
    assert autopilot("schedules", "show", "Solar", "--json").json["next_run_at"] == before


def test_lists_and_details_are_tables_within_eighty_columns(
    autopilot: Autopilot, applied: Path
) -> None:
    autopilot("generate", "energy-weekly")
    for arguments in (
        ("schedules", "list"),
        ("schedules", "show", "Monday nine"),
        ("runs", "list"),
    ):
        ended = autopilot(*arguments)
        assert ended.code == 0
        assert "Monday nine" in ended.out or "energy-weekly" in ended.out
        assert max(map(len, ended.out.splitlines())) <= 80
        assert "Next: autopilot " in ended.out


def test_a_rule_can_be_previewed_without_a_store(autopilot: Autopilot, tmp_path: Path) -> None:
    ended = autopilot(
        *("schedules", "preview", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin"),
        *("-n", "400", "--json"),
    )
    assert ended.code == 0
    assert len(ended.json["next"]) == 400
    assert ended.json["warnings"]
    flags = [flag["code"] for slot in ended.json["next"] for flag in slot["flags"]]
    assert "gap" in flags
    assert not (tmp_path / "data").exists()


def test_a_stored_schedule_can_be_previewed(autopilot: Autopilot, applied: Path) -> None:
    told = autopilot("schedules", "preview", "Monday nine", "--count", "2").out
    assert told.count("Mon ") == 2
    assert autopilot("schedules", "preview", "--daily", "08:00", "-n", "1").code == 0


@pytest.mark.parametrize("arguments", [(), ("Monday nine", "--daily", "08:00")])
def test_a_preview_needs_a_name_or_a_rule(autopilot: Autopilot, arguments: tuple[str, ...]) -> None:
    refused = autopilot("schedules", "preview", *arguments)
    assert refused.code == 2
    assert "one of them" in refused.err
