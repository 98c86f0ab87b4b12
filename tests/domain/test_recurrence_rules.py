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
    "business-days": ("daily", {"times": ["08:00"], "business_days_only": True}),
    "not-business-days": ("daily", {"times": ["08:00"], "business_days_only": False}),
    "monthly-business-day": ("monthly", {"business_day": -1, "times": ["08:00"]}),
    "all-amendments": (
        "weekly",
        {
            "days": ["mon"],
            "times": ["08:00"],
            "start_date": "2026-01-01",
            "end_date": "2026-12-31",
            "max_runs": 10,
            "exclude_dates": ["2026-05-04"],
            "include_dates": ["2026-05-05"],
            "holidays": {"country": "DE", "subdivision": "BY", "rule": "next_business_day"},
        },
    ),
    "rrule": ("custom", {"rrule": "DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY"}),
    "interval": ("custom", {"interval": {"hours": 6}, "anchor": "2026-01-05T08:00:00Z"}),
    "interval-of-all-units": (
        "custom",
        {"interval": {"days": 1, "hours": 6, "minutes": 5}, "anchor": "2026-01-05T08:00+01:00"},
    ),
    "dates": ("custom", {"dates": ["2026-12-24T08:00", "2026-12-24 18:00:00"]}),
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
    "business-days-only-yes": (
        "daily",
        {"times": ["08:00"], "business_days_only": "yes"},
        ["config.business_days_only"],
    ),
    "business-day-0": (
        "monthly",
        {"business_day": 0, "times": ["08:00"]},
        ["config.business_day"],
    ),
    "business-day-32": (
        "monthly",
        {"business_day": 32, "times": ["08:00"]},
        ["config.business_day"],
    ),
    "three-ways-to-choose-a-day": (
        "monthly",
        {"business_day": 1, "days": [1], "nth": 1, "weekday": "mon", "times": ["08:00"]},
        ["config.nth", "config.weekday", "config.days"],
    ),
    "missing-day-of-a-business-day": (
        "monthly",
        {"business_day": 1, "missing_day": "last", "times": ["08:00"]},
        ["config.missing_day"],
    ),
    "end-before-start": (
        "daily",
        {"times": ["08:00"], "start_date": "2026-05-02", "end_date": "2026-05-01"},
        ["config.end_date"],
    ),
    "no-start-date": ("daily", {"times": ["08:00"], "start_date": "soon"}, ["config.start_date"]),
    "max-runs-0": ("daily", {"times": ["08:00"], "max_runs": 0}, ["config.max_runs"]),
    "max-runs-true": ("daily", {"times": ["08:00"], "max_runs": True}, ["config.max_runs"]),
    "excluded-31-february": (
        "daily",
        {"times": ["08:00"], "exclude_dates": ["2026-02-31", "2026-02-01", "2026-02-01"]},
        ["config.exclude_dates[0]", "config.exclude_dates[2]"],
    ),
    "excluded-yaml-date": (
        "daily",
        {"times": ["08:00"], "exclude_dates": [date(2026, 1, 5)]},
        ["config.exclude_dates[0]"],
    ),
    "too-many-dates": (
        "daily",
        {
            "times": ["08:00"],
            "exclude_dates": [f"{date(2026, 1, 1) + timedelta(days=n)}" for n in range(1_001)],
        },
        ["config.exclude_dates"],
    ),
    "included-and-excluded": (
        "daily",
        {"times": ["08:00"], "include_dates": ["2026-01-05"], "exclude_dates": ["2026-01-05"]},
        ["config.include_dates"],
    ),
    "included-outside-the-bounds": (
        "daily",
        {"times": ["08:00"], "include_dates": ["2026-01-05"], "end_date": "2026-01-04"},
        ["config.include_dates"],
    ),
    "everything-excluded": (
        "daily",
        {
            "times": ["08:00"],
            "start_date": "2026-01-05",
            "end_date": "2026-01-05",
            "exclude_dates": ["2026-01-05"],
        },
        ["config"],
    ),
    "weekend-dates-on-business-days": (
        "daily",
        {"times": ["08:00"], "every": 7, "anchor": "2026-01-03", "business_days_only": True},
        ["config"],
    ),
    "holidays-text": ("daily", {"times": ["08:00"], "holidays": "DE"}, ["config.holidays"]),
    "holidays-empty": (
        "daily",
        {"times": ["08:00"], "holidays": {}},
        ["config.holidays.country"],
    ),
    "holidays-country": (
        "daily",
        {"times": ["08:00"], "holidays": {"country": "XX"}},
        ["config.holidays.country"],
    ),
    "holidays-subdivision": (
        "daily",
        {"times": ["08:00"], "holidays": {"country": "DE", "subdivision": "XX"}},
        ["config.holidays.subdivision"],
    ),
    "holidays-rule-and-key": (
        "daily",
        {"times": ["08:00"], "holidays": {"country": "DE", "rule": "next", "region": "BY"}},
        ["config.holidays.region", "config.holidays.rule"],
    ),
    "two-custom-ways": (
        "custom",
        {"cron": "0 9 * * *", "dates": ["2026-12-24T08:00"]},
        ["config.dates"],
    ),
    "interval-without-anchor": ("custom", {"interval": {"hours": 6}}, ["config.anchor"]),
    "interval-anchor-without-offset": (
        "custom",
        {"interval": {"hours": 6}, "anchor": "2026-01-05T08:00"},
        ["config.anchor"],
    ),
    "interval-anchor-with-seconds": (
        "custom",
        {"interval": {"hours": 6}, "anchor": "2026-01-05T08:00:30Z"},
        ["config.anchor"],
    ),
    "interval-of-nothing": (
        "custom",
        {"interval": {}, "anchor": "2026-01-05T08:00Z"},
        ["config.interval"],
    ),
    "interval-number": (
        "custom",
        {"interval": 6, "anchor": "2026-01-05T08:00Z"},
        ["config.interval"],
    ),
    "interval-units": (
        "custom",
        {"interval": {"hours": 0, "weeks": 1}, "anchor": "2026-01-05T08:00Z"},
        ["config.interval.weeks", "config.interval.hours"],
    ),
    "interval-of-years": (
        "custom",
        {"interval": {"days": 401}, "anchor": "2026-01-05T08:00Z"},
        ["config.interval"],
    ),
    "interval-too-often": (
        "custom",
        {"interval": {"minutes": 4}, "anchor": "2026-01-05T08:00Z"},
        ["config.interval"],
    ),
    "interval-cannot-move-or-include": (
        "custom",
        {
            "interval": {"hours": 6},
            "anchor": "2026-01-05T08:00Z",
            "holidays": {"country": "DE", "rule": "next_business_day"},
            "include_dates": ["2026-01-05"],
        },
        ["config.include_dates", "config.holidays.rule"],
    ),
    "dates-with-an-offset": (
        "custom",
        {
            "dates": [
                "2026-12-24T08:00Z",
                "2026-12-24T08:00+01:00",
                "2026-12-24",
                "2026-12-24T25:00",
            ]
        },
        [f"config.dates[{number}]" for number in range(4)],
    ),
    "dates-too-close": (
        "custom",
        {"dates": ["2026-12-24T08:00", "2026-12-24T08:04"]},
        ["config.dates"],
    ),
    "dates-that-never-were": ("custom", {"dates": ["2026-13-01T08:00"]}, ["config.dates[0]"]),
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


POLICIES = ("timezone", "gap", "fold", "jitter_seconds", "catch_up", "overlap")


@pytest.mark.parametrize("key", POLICIES)
@pytest.mark.parametrize("name", ["daily", "weekly", "monthly-last", "cron"])
def test_policies_stand_beside_the_config_not_in_it(key: str, name: str) -> None:
    schedule_type, config = ACCEPTED[name]
    assert f"config.{key}" in paths_of(schedule_type, {**config, key: 1})


FOREIGN = {
    "daily": ("days", "nth", "weekday", "missing_day", "business_day", "cron", "rrule", "dates"),
    "weekly": ("business_days_only", "nth", "missing_day", "interval"),
    "monthly-last": ("business_days_only", "cron", "interval"),
    "cron": ("times", "every", "days", "business_day", "anchor"),
}


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, keys in FOREIGN.items() for key in keys]
)
def test_keys_of_another_kind_are_refused_not_ignored(name: str, key: str) -> None:
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


BAD_POLICIES: dict[str, tuple[dict[str, object], list[str]]] = {
    "gap": ({"gap": "later"}, ["gap"]),
    "fold": ({"fold": None}, ["fold"]),
    "jitter-negative": ({"jitter_seconds": -1}, ["jitter_seconds"]),
    "jitter-text": ({"jitter_seconds": "5"}, ["jitter_seconds"]),
    "jitter-true": ({"jitter_seconds": True}, ["jitter_seconds"]),
    "jitter-of-days": ({"jitter_seconds": 90_000}, ["jitter_seconds"]),
    "unhashable": ({"gap": []}, ["gap"]),
    "all": (
        {"gap": "x", "fold": "y", "jitter_seconds": 1.5},
        ["gap", "fold", "jitter_seconds"],
    ),
}


@pytest.mark.parametrize(("policies", "paths"), BAD_POLICIES.values(), ids=BAD_POLICIES.keys())
def test_a_bad_policy_is_refused_by_its_name(policies: dict[str, object], paths: list[str]) -> None:
    with pytest.raises(RuleInvalid) as refused:
        parse_rule("daily", {"times": ["08:00"]}, BERLIN, **policies)  # type: ignore[arg-type]
    assert [problem.path for problem in refused.value.problems] == paths
    assert all(problem.allowed and problem.example for problem in refused.value.problems)


def test_policies_belong_to_a_rule() -> None:
    plain = parse_rule("daily", {"times": ["08:00"]}, BERLIN)
    other = parse_rule("daily", {"times": ["08:00"]}, BERLIN, gap="shift", fold="both")
    assert (other.gap, other.fold) == ("shift", "both")
    assert plain != other
    assert parse_rule("daily", {"times": ["08:00"]}, BERLIN, jitter_seconds=60).jitter_seconds == 60


def test_the_floor_is_a_parameter() -> None:
    config = {"times": ["09:00", "09:01"]}
    assert parse_rule("daily", config, BERLIN, floor=timedelta(minutes=1)).times
    with pytest.raises(RuleInvalid, match="10 minutes between"):
        parse_rule("daily", {"times": ["09:00", "09:05"]}, BERLIN, floor=timedelta(minutes=10))


def test_a_rule_knows_how_often_it_may_run() -> None:
    assert parse_rule("daily", {"times": ["08:00"], "max_runs": 7}, BERLIN).max_runs == 7
    assert parse_rule("daily", {"times": ["08:00"]}, BERLIN).max_runs is None


def test_a_country_or_part_that_is_none_is_answered_with_those_there_are() -> None:
    (country,) = problems_of("daily", {"times": ["08:00"], "holidays": {"country": "Germany"}})
    assert "write 'DE'" in country.message
    (part,) = problems_of(
        "daily", {"times": ["08:00"], "holidays": {"country": "DE", "subdivision": "XX"}}
    )
    assert part.allowed is not None
    assert "BB, BE, BW, BY" in part.allowed


@pytest.mark.parametrize("end", ["2020-01-31", "2010-01-31"])
def test_a_rule_that_has_ended_is_a_rule(end: str) -> None:
    rule = parse_rule("daily", {"times": ["08:00"], "end_date": end}, BERLIN)
    assert calculate_next_run(rule, datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert calculate_next_run(rule, datetime(2009, 1, 1, tzinfo=UTC)) is not None


def test_the_shortest_interval_is_five_minutes() -> None:
    assert timedelta(minutes=5) == SHORTEST_INTERVAL
