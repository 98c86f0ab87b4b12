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
