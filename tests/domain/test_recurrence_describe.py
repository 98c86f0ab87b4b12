"""Rules in words, and what is worth a warning."""

from __future__ import annotations

import pytest

from autopilot.domain.recurrence.describe import describe, warnings
from autopilot.domain.recurrence.rules import parse_rule

NINE = {"times": ["09:00"]}
SENTENCES = {
    "Every day at 09:00": ("daily", NINE),
    "Every day at 06:00, 12:00 and 18:00": ("daily", {"times": ["18:00", "06:00", "12:00"]}),
    "Every 3 days from 5 January 2026 at 09:00": (
        "daily",
        {**NINE, "every": 3, "anchor": "2026-01-05"},
    ),
    "Every Monday at 09:00": ("weekly", {**NINE, "days": ["mon"]}),
    "Every Monday and Thursday at 09:00": ("weekly", {**NINE, "days": ["thu", "mon"]}),
    "Every weekday (Monday to Friday) at 09:00": (
        "weekly",
        {**NINE, "days": ["mon", "tue", "wed", "thu", "fri"]},
    ),
    "Every 2 weeks on Monday from 5 January 2026 at 09:00": (
        "weekly",
        {**NINE, "days": ["mon"], "every": 2, "anchor": "2026-01-05"},
    ),
    "On the 1st and the last day of every month at 09:00": ("monthly", {**NINE, "days": [-1, 1]}),
    "On the 31st of every month (the last day where a month is shorter) at 09:00": (
        "monthly",
        {**NINE, "days": [31]},
    ),
    "On the 31st of every month (left out where a month is shorter) at 09:00": (
        "monthly",
        {**NINE, "days": [31], "missing_day": "skip"},
    ),
    "On the 11th, the 22nd and the 23rd of every month at 09:00": (
        "monthly",
        {**NINE, "days": [11, 22, 23]},
    ),
    "On the second Tuesday of every month at 09:00": (
        "monthly",
        {**NINE, "nth": 2, "weekday": "tue"},
    ),
    "On the fifth Friday of every month that has one at 09:00": (
        "monthly",
        {**NINE, "nth": 5, "weekday": "fri"},
    ),
    "On the last day of every 3rd month from 1 March 2026 at 09:00": (
        "monthly",
        {**NINE, "days": [-1], "every": 3, "anchor": "2026-03-01"},
    ),
    "Every business day at 09:00": ("daily", {**NINE, "business_days_only": True}),
    "Every 2 days from 5 January 2026, business days only, at 09:00": (
        "daily",
        {**NINE, "business_days_only": True, "every": 2, "anchor": "2026-01-05"},
    ),
    "On the first business day of every month at 09:00": ("monthly", {**NINE, "business_day": 1}),
    "On the 2nd last business day of every month at 09:00": (
        "monthly",
        {**NINE, "business_day": -2},
    ),
    "Every day at 09:00, except on public holidays of Germany (DE-BY)": (
        "daily",
        {**NINE, "holidays": {"country": "DE", "subdivision": "BY"}},
    ),
    "Every Friday at 09:00, on the business day before where it is a public holiday of"
    " France (FR), not on 1 May 2026, also on 2 May 2026 and 3 May 2026,"
    " from 1 January 2026 to 31 December 2026, at most 10 times": (
        "weekly",
        {
            **NINE,
            "days": ["fri"],
            "holidays": {"country": "FR", "rule": "previous_business_day"},
            "exclude_dates": ["2026-05-01"],
            "include_dates": ["2026-05-03", "2026-05-02"],
            "start_date": "2026-01-01",
            "end_date": "2026-12-31",
            "max_runs": 10,
        },
    ),
    "Every day at 09:00, beginning on 1 May 2026, once only": (
        "daily",
        {**NINE, "start_date": "2026-05-01", "max_runs": 1},
    ),
    "Every 6 hours from 5 January 2026 08:00 UTC": (
        "custom",
        {"interval": {"hours": 6}, "anchor": "2026-01-05T09:00+01:00"},
    ),
    "Every hour from 5 January 2026 08:00 UTC": (
        "custom",
        {"interval": {"minutes": 60}, "anchor": "2026-01-05T08:00Z"},
    ),
    "Every 1 day and 30 minutes from 5 January 2026 08:00 UTC": (
        "custom",
        {"interval": {"days": 1, "minutes": 30}, "anchor": "2026-01-05T08:00Z"},
    ),
    "On 24 December 2026 at 08:00 and 31 December 2026 at 18:00": (
        "custom",
        {"dates": ["2026-12-24T08:00", "2026-12-31T18:00"]},
    ),
    "Every 2 weeks on Monday and Wednesday at 09:00 from 5 January 2026": (
        "custom",
        {"rrule": "DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"},
    ),
    "Every month on the last of Monday and Friday at 09:00 from 5 January 2026 10 times": (
        "custom",
        {"rrule": "DTSTART:20260105T090000\nRRULE:FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=-1;COUNT=10"},
    ),
    "Every year on Tuesday in March at 09:00 (BYWEEKNO=10) from 5 January 2026 until"
    " 1 January 2030 00:00": (
        "custom",
        {
            "rrule": "DTSTART:20260105T090000\nRRULE:FREQ=YEARLY;BYDAY=TU;BYMONTH=3;BYWEEKNO=10;"
            "UNTIL=20300101T000000"
        },
    ),
    "Every day at 09:00 from 5 January 2026; and 1 May 2026 18:00, not on 6 January 2026 09:00": (
        "custom",
        {
            "rrule": "DTSTART:20260105T090000\nRRULE:FREQ=DAILY\nRDATE:20260501T180000\n"
            "EXDATE:20260106T090000"
        },
    ),
    "Every 7 hours at minute 00 from 5 January 2026": (
        "custom",
        {"rrule": "DTSTART:20260105T090000\nRRULE:FREQ=HOURLY;INTERVAL=7"},
    ),
    "At 09:00 on Monday through Friday (cron 0 9 * * 1-5)": ("custom", {"cron": "0 9 * * 1-5"}),
    "At 00:00 every day (cron @daily)": ("custom", {"cron": "@daily"}),
    "Every 15th minute of every hour (cron */15 * * * *)": ("custom", {"cron": "*/15 * * * *"}),
}


@pytest.mark.parametrize(("sentence", "rule"), SENTENCES.items(), ids=SENTENCES.keys())
def test_a_rule_is_one_sentence(sentence: str, rule: tuple[str, dict[str, object]]) -> None:
    assert describe(parse_rule(*rule, "Europe/Berlin")) == f"{sentence}, Europe/Berlin time"


def test_many_times_are_counted_not_listed() -> None:
    hourly = [f"{hour:02}:00" for hour in range(24)]
    sentence = describe(parse_rule("daily", {"times": hourly}, "UTC"))
    assert sentence == "Every day at 24 times from 00:00 to 23:00, UTC"


@pytest.mark.parametrize("locale", ["en", "en-GB", "en_US", "xx", ""])
def test_a_language_without_words_gets_english(locale: str) -> None:
    rule = parse_rule("weekly", {**NINE, "days": ["mon"]}, "UTC")
    assert describe(rule, locale) == "Every Monday at 09:00, UTC"


WARNED = {
    "gap": ("daily", {"times": ["02:30"]}, "Europe/Berlin", ["02:30 can fall into a clock change"]),
    "midnight": ("daily", {"times": ["00:00"]}, "Africa/Cairo", ["00:00 can fall"]),
    "many": (
        "daily",
        {"times": ["00:00", "00:30", "01:00", "01:30"]},
        "Europe/Berlin",
        ["00:00, 00:30 and 01:00 and others"],
    ),
    "no-summer-time": ("daily", {"times": ["02:30"]}, "Asia/Kathmandu", []),
    "no-summer-time-any-more": ("daily", {"times": ["00:30"]}, "America/Sao_Paulo", []),
    "utc": ("daily", {"times": ["02:30"]}, "UTC", []),
    "three-is-safe": ("daily", {"times": ["03:00"]}, "Europe/Berlin", []),
    "elapsed": ("custom", {"cron": "*/30 2 * * *"}, "Europe/Berlin", ["counts real time"]),
    "elapsed-all-day": ("custom", {"cron": "0 * * * *"}, "Europe/Berlin", []),
    "day-31": ("monthly", {**NINE, "days": [31]}, "UTC", ["runs on its last day"]),
    "day-31-skip": (
        "monthly",
        {**NINE, "days": [31], "missing_day": "skip"},
        "UTC",
        ["has no issue"],
    ),
    "day-28": ("monthly", {**NINE, "days": [28, -1]}, "UTC", []),
    "fifth": ("monthly", {**NINE, "nth": 5, "weekday": "fri"}, "UTC", ["without a fifth Friday"]),
    "gap-policy": ("daily", {"times": ["02:30"]}, "Europe/Berlin", ["runs the first time only"]),
    "rrule-night": (
        "custom",
        {"rrule": "DTSTART:20260105T023000\nRRULE:FREQ=DAILY"},
        "Europe/Berlin",
        ["02:30 can fall"],
    ),
    "rrule-start-does-not-match": (
        "custom",
        {"rrule": "DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY;BYDAY=TU"},
        "UTC",
        ["the first one is 2026-01-06 09:00"],
    ),
    "rrule-until-a-date": (
        "custom",
        {"rrule": "DTSTART:20260105T090000\nRRULE:FREQ=DAILY;UNTIL=20260109"},
        "UTC",
        ["means midnight at the beginning"],
    ),
    "rrule-31": (
        "custom",
        {"rrule": "DTSTART:20260131T090000\nRRULE:FREQ=MONTHLY"},
        "UTC",
        ["day 31: RRULE leaves out"],
    ),
    "interval": (
        "custom",
        {"interval": {"hours": 6}, "anchor": "2026-01-05T01:00Z"},
        "Europe/Berlin",
        [],
    ),
    "cron-31": ("custom", {"cron": "0 9 31 * *"}, "UTC", ["day 31: cron leaves out"]),
    "cron-last": ("custom", {"cron": "0 9 L * *"}, "UTC", []),
    "cron-any-day": ("custom", {"cron": "0 9 1-31 * *"}, "UTC", []),
    "cron-either": ("custom", {"cron": "0 9 13 * 5"}, "UTC", ["either matches"]),
    "cron-both": ("custom", {"cron": "0 9 */2 * 5"}, "UTC", ["both match"]),
}


@pytest.mark.parametrize(("kind", "config", "zone", "words"), WARNED.values(), ids=WARNED.keys())
def test_what_may_surprise_is_said(
    kind: str, config: dict[str, object], zone: str, words: list[str]
) -> None:
    told = warnings(parse_rule(kind, config, zone))
    assert len(told) == len(words)
    assert all(part in sentence for part, sentence in zip(words, told, strict=True))


def test_policies_change_the_words() -> None:
    rule = parse_rule(
        "daily", {"times": ["02:30"]}, "Europe/Berlin", gap="skip", fold="both", jitter_seconds=300
    )
    assert describe(rule) == (
        "Every day at 02:30, up to 5 minutes later to spread the load, Europe/Berlin time"
    )
    (told,) = warnings(rule)
    assert "left out does not run" in told
    assert "comes twice runs twice" in told
