"""What a schedule may say, and how everything else is refused: all at once, with a way out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from autopilot.domain.recurrence.rules import SHORTEST_INTERVAL, parse_rule
from autopilot.domain.recurrence.slots import calculate_next_run
from autopilot.errors import Problem, RuleInvalid

BERLIN = "Europe/Berlin"


def problems_of(schedule_type: object, config: object, timezone: object = BERLIN) -> list[Problem]:
    with pytest.raises(RuleInvalid) as refused:
        parse_rule(schedule_type, config, timezone)  # type: ignore[arg-type]
    return list(refused.value.problems)


def paths_of(schedule_type: object, config: object, timezone: object = BERLIN) -> list[str]:
    return [problem.path for problem in problems_of(schedule_type, config, timezone)]


ACCEPTED: dict[str, tuple[str, dict[str, object]]] = {
    "daily": ("daily", {"times": ["08:00", "18:00"]}),
    "daily-every": ("daily", {"times": ["08:00"], "every": 3, "anchor": "2026-01-05"}),
    "weekly": ("weekly", {"days": ["mon", "sun"], "times": ["00:00"]}),
    "weekly-every": (
        "weekly",
        {"days": ["mon"], "times": ["09:00"], "every": 2, "anchor": "2026-01-05"},
    ),
    "monthly-last": ("monthly", {"days": [-1], "times": ["23:59"]}),
    "monthly-skip": ("monthly", {"days": [31], "missing_day": "skip", "times": ["08:00"]}),
    "monthly-nth": ("monthly", {"nth": -1, "weekday": "fri", "times": ["08:00"]}),
    "quarterly": ("monthly", {"days": [1], "times": ["08:00"], "every": 3, "anchor": "2026-01-01"}),
    "cron": ("custom", {"cron": "0 9 * * 1-5"}),
    "cron-names": ("custom", {"cron": "0 9 * jan-mar mon,wed"}),
    "cron-last": ("custom", {"cron": "0 9 L * *"}),
    "cron-last-weekday": ("custom", {"cron": "0 9 LW * *"}),
    "cron-nth": ("custom", {"cron": "0 9 * * 1#2"}),
    "cron-last-friday": ("custom", {"cron": "0 9 * * 5L"}),
    "cron-alias": ("custom", {"cron": "@daily"}),
    "cron-every-five-minutes": ("custom", {"cron": "*/5 * * * *"}),
    "exactly-five-minutes": ("daily", {"times": ["09:00", "09:05"]}),
    "five-minutes-over-midnight": ("daily", {"times": ["23:57", "00:02"]}),
    "close-to-midnight-but-days-apart": (
        "weekly",
        {"days": ["mon", "wed"], "times": ["23:59", "00:00"]},
    ),
}


@pytest.mark.parametrize(("schedule_type", "config"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_rule_keeps_what_it_was_made_of_and_has_a_next_slot(
    schedule_type: str, config: dict[str, object]
) -> None:
    rule = parse_rule(schedule_type, config, BERLIN)
    assert (rule.schedule_type, rule.config, rule.timezone) == (schedule_type, config, BERLIN)
    assert rule.zone_name == BERLIN
    assert (
        parse_rule(rule.schedule_type, json.loads(json.dumps(rule.config)), rule.timezone) == rule
    )
    assert calculate_next_run(rule, datetime(2026, 1, 1, tzinfo=UTC)) is not None


def test_rules_are_values() -> None:
    one = parse_rule("weekly", {"days": ["mon"], "times": ["09:00"]}, BERLIN)
    same = parse_rule("weekly", {"times": ("09:00",), "days": ["mon"]}, BERLIN)
    other = parse_rule("weekly", {"days": ["mon"], "times": ["09:00"]}, "Europe/Paris")
    assert one == same
    assert hash(one) == hash(same)
    assert len({one, same, other}) == 2
    with pytest.raises(AttributeError):
        one.timezone = "UTC"  # type: ignore[misc]


def test_a_rule_does_not_change_with_the_config_it_was_read_from() -> None:
    config = {"times": ["08:00"]}
    rule = parse_rule("daily", config, "UTC")
    config["times"].append("09:00")
    rule.config["times"].append("10:00")
    assert rule.config == {"times": ["08:00"]}


REFUSED: dict[str, tuple[object, object, list[str]]] = {
    "no-times": ("daily", {}, ["config.times"]),
    "empty-times": ("daily", {"times": []}, ["config.times"]),
    "times-no-list": ("daily", {"times": "08:00"}, ["config.times"]),
    "one-digit-hour": ("daily", {"times": ["8:00"]}, ["config.times[0]"]),
    "24:00": ("daily", {"times": ["24:00"]}, ["config.times[0]"]),
    "seconds": ("daily", {"times": ["08:00:30"]}, ["config.times[0]"]),
    "other-digits": ("daily", {"times": ["٠٨:٠٠"]}, ["config.times[0]"]),
    "no-text": ("daily", {"times": [None, True, 8.5]}, [f"config.times[{n}]" for n in range(3)]),
    "duplicate-times": ("daily", {"times": ["08:00", "08:00"]}, ["config.times[1]"]),
    "each-bad-time": (
        "daily",
        {"times": ["x", "08:00", "y"]},
        ["config.times[0]", "config.times[2]"],
    ),
    "unknown-key": ("daily", {"times": ["08:00"], "tims": []}, ["config.tims"]),
    "key-of-another-type": ("daily", {"times": ["08:00"], "days": ["mon"]}, ["config.days"]),
    "policy-in-config": ("daily", {"times": ["08:00"], "timezone": "UTC"}, ["config.timezone"]),
    "key-that-is-no-text": ("daily", {"times": ["08:00"], 7: 1}, ["config.7"]),
    "no-mapping": ("daily", ["08:00"], ["config"]),
    "nothing": ("daily", None, ["config"]),
    "weekly-all": ("weekly", {"days": ["monday"], "times": []}, ["config.days[0]", "config.times"]),
    "weekday-case": ("weekly", {"days": ["Mon"], "times": ["08:00"]}, ["config.days[0]"]),
    "weekday-twice": ("weekly", {"days": ["mon", "mon"], "times": ["08:00"]}, ["config.days[1]"]),
    "weekday-number": ("weekly", {"days": [1], "times": ["08:00"]}, ["config.days[0]"]),
    "day-0": ("monthly", {"days": [0], "times": ["08:00"]}, ["config.days[0]"]),
    "day-32": ("monthly", {"days": [32], "times": ["08:00"]}, ["config.days[0]"]),
    "day-minus-2": ("monthly", {"days": [-2], "times": ["08:00"]}, ["config.days[0]"]),
    "day-true": ("monthly", {"days": [True], "times": ["08:00"]}, ["config.days[0]"]),
    "missing-day": (
        "monthly",
        {"days": [1], "missing_day": "next", "times": ["08:00"]},
        ["config.missing_day"],
    ),
    "missing-day-list": (
        "monthly",
        {"days": [1], "missing_day": [], "times": ["08:00"]},
        ["config.missing_day"],
    ),
    "nth-alone": ("monthly", {"nth": 1, "times": ["08:00"]}, ["config.weekday"]),
    "nth-6": ("monthly", {"nth": 6, "weekday": "mon", "times": ["08:00"]}, ["config.nth"]),
    "nth-and-days": (
        "monthly",
        {"nth": 1, "weekday": "mon", "days": [1], "times": ["08:00"]},
        ["config.days"],
    ),
    "every-without-anchor": ("daily", {"times": ["08:00"], "every": 2}, ["config.anchor"]),
    "every-0": (
        "daily",
        {"times": ["08:00"], "every": 0, "anchor": "2026-01-05"},
        ["config.every"],
    ),
    "every-half": (
        "daily",
        {"times": ["08:00"], "every": 1.5, "anchor": "2026-01-05"},
        ["config.every"],
    ),
    "anchor-not-a-day": (
        "daily",
        {"times": ["08:00"], "every": 2, "anchor": "2026-02-30"},
        ["config.anchor"],
    ),
    "anchor-other-order": (
        "daily",
        {"times": ["08:00"], "every": 2, "anchor": "05.01.2026"},
        ["config.anchor"],
    ),
    "anchor-yaml-date": (
        "daily",
        {"times": ["08:00"], "every": 2, "anchor": date(2026, 1, 5)},
        ["config.anchor"],
    ),
    "anchor-far": ("daily", {"times": ["08:00"], "anchor": "3000-01-01"}, ["config.anchor"]),
    "30-february": (
        "monthly",
        {
            "days": [30],
            "missing_day": "skip",
            "every": 12,
            "anchor": "2026-02-01",
            "times": ["08:00"],
        },
        ["config"],
    ),
    "too-often": ("daily", {"times": ["08:00", "08:04"]}, ["config.times"]),
    "too-often-over-midnight": ("daily", {"times": ["23:58", "00:02"]}, ["config.times"]),
    "too-often-sunday-to-monday": (
        "weekly",
        {"days": ["sun", "mon"], "times": ["23:58", "00:02"]},
        ["config.times"],
    ),
    "type": ("hourly", {"times": ["08:00"]}, ["type"]),
    "type-none": (None, {"times": ["08:00"]}, ["type"]),
    "type-list": ([], {"times": ["08:00"]}, ["type"]),
    "cron-missing": ("custom", {}, ["config.cron"]),
    "cron-empty": ("custom", {"cron": " "}, ["config.cron"]),
    "cron-number": ("custom", {"cron": 5}, ["config.cron"]),
}


@pytest.mark.parametrize(("schedule_type", "config", "paths"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_rule_is_refused_at_the_place_that_is_wrong(
    schedule_type: object, config: object, paths: list[str]
) -> None:
    problems = problems_of(schedule_type, config)
    assert [problem.path for problem in problems] == paths
    assert all(problem.message and problem.example for problem in problems)


LATER = (
    *("business_days_only", "business_day", "rrule", "interval", "dates", "start_date", "end_date"),
    *("max_runs", "exclude_dates", "include_dates", "holidays", "gap", "fold", "jitter_seconds"),
)


@pytest.mark.parametrize("key", LATER)
@pytest.mark.parametrize("name", ["daily", "weekly", "monthly-last", "cron"])
def test_keys_of_the_later_language_are_refused_not_ignored(key: str, name: str) -> None:
    schedule_type, config = ACCEPTED[name]
    assert f"config.{key}" in paths_of(schedule_type, {**config, key: 1})


def test_all_problems_come_at_once() -> None:
    config = {"days": ["mon", "xyz"], "times": ["25:00"], "evry": 2, "every": 2}
    assert paths_of("weekly", config, "CET") == [
        "timezone",
        "config.evry",
        "config.days[1]",
        "config.times[0]",
        "config.anchor",
    ]


def test_a_misspelt_key_is_answered_with_the_right_one() -> None:
    (problem,) = problems_of("daily", {"times": ["08:00"], "anchr": "2026-01-05"})
    assert "did you mean 'anchor'?" in problem.message


def test_an_unquoted_yaml_time_is_explained() -> None:
    (problem,) = problems_of("daily", {"times": [600]})
    assert '"10:00"' in problem.message


ZONES = {
    "EST": "America/New_York",
    "CET": "Europe/Berlin",
    "PST": "America/Los_Angeles",
    "GMT": "UTC",
    "europe/berlin": "Europe/Berlin",
    "Europe/Berln": "Europe/Berlin",
    "America/New York": "America/New_York",
    "EST5EDT": "Europe/Berlin",
    "": "Europe/Berlin",
    "../etc/passwd": "Europe/Berlin",
    "Europe/Berlin\0": "Europe/Berlin",
    "+01:00": "Europe/Berlin",
}


@pytest.mark.parametrize(("zone", "meant"), ZONES.items())
def test_a_zone_that_is_none_is_refused_with_the_one_that_was_meant(zone: str, meant: str) -> None:
    (problem,) = problems_of("daily", {"times": ["08:00"]}, zone)
    assert problem.path == "timezone"
    assert problem.example == meant


@pytest.mark.parametrize("zone", [None, 7, ["UTC"]])
def test_a_zone_of_a_wrong_type_is_refused(zone: object) -> None:
    assert paths_of("daily", {"times": ["08:00"]}, zone) == ["timezone"]


CRONS = {
    "0 0 30 2 *": "never fires",
    "0 0 31 4,6,9,11 *": "never fires",
    "0 0 9 * * 1": "has 6 fields",
    "0 9 * * 1 2026": "has 6 fields",
    "0 9 * *": "has 4 fields",
    "@reboot": "names no time",
    "@hourli": "not a known alias",
    "60 9 * * *": "'60' is not valid as minute",
    "0 24 * * *": "'24' is not valid as hour",
    "0 9 0 * *": "'0' is not valid as day-of-month",
    "0 9 15W * *": "'15W' is not valid as day-of-month",
    "0 9 ? * 1": "'?' is not valid as day-of-month",
    "0 9 * 13 *": "'13' is not valid as month",
    "0 9 * * 8": "'8' is not valid as day-of-week",
    "0 9 * * mon#6": "'MON#6' is not valid as day-of-week",
    "0 9 * * fri-mon": "'FRI-MON' is not valid as day-of-week",
    "*/0 9 * * *": "'*/0' is not valid as minute",
    "* * * * *": "1 minute apart",
    "*/4 * * * *": "4 minutes apart",
    "0,3 9 * * *": "3 minutes apart",
    "58,2 23,0 * * *": "4 minutes apart",
    "9" * 5_000 + " 9 * * *": "longer than",
}


@pytest.mark.parametrize(("line", "words"), CRONS.items(), ids=[line[:20] for line in CRONS])
def test_a_cron_line_is_refused_with_its_reason(line: str, words: str) -> None:
    (problem,) = problems_of("custom", {"cron": line})
    assert problem.path == "config.cron"
    assert words in problem.message
    assert problem.allowed
    assert problem.example


def test_every_bad_field_of_a_cron_line_is_named() -> None:
    messages = [problem.message for problem in problems_of("custom", {"cron": "60 24 * foo *"})]
    assert len(messages) == 3


def test_a_time_that_every_match_would_lose_to_the_clock_change_never_fires() -> None:
    # Clocks go forward at 02:00 on the last Sunday in March, so this real time never comes.
    (problem,) = problems_of("custom", {"cron": "*/30 2 * 3 0L"})
    assert "never matches" in problem.message


def test_the_shortest_interval_is_five_minutes() -> None:
    assert timedelta(minutes=5) == SHORTEST_INTERVAL
