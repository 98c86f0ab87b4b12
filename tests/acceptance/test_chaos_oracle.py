"""The campaign's oracle against slots counted by hand."""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.recurrence.slots import slots_between

sys.path.append(str(Path(__file__).parents[2]))

from chaos import documents
from chaos.oracle import promises

AFTER = datetime(2026, 11, 23, 8, tzinfo=UTC)  # a Monday
WEEK_LATER = datetime(2026, 11, 30, 8, tzinfo=UTC)


def slots(config: dict[str, Any], timezone: str = "Europe/Berlin") -> list[str]:
    schedule = {"name": "one", "type": "custom", "config": config, "timezone": timezone}
    document = {
        "workspace": "w",
        "specifications": [{"slug": "s", "schedules": [schedule]}],
    }
    found = promises(document, AFTER, WEEK_LATER)
    return sorted(f"{promise.slot:%d %H:%M}" for promise in found)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param(
            {"interval": {"hours": 50}, "anchor": "2026-11-20T08:00:00Z"},
            ["24 12:00", "26 14:00", "28 16:00"],
            id="an interval counts from its anchor",
        ),
        pytest.param(
            {"dates": ["2026-11-23T08:59", "2026-11-23T09:01", "2026-12-01T09:00"]},
            ["23 08:01"],
            id="dates are local and the one before is over",
        ),
        pytest.param(
            {"rrule": "DTSTART:20261119T100000\nRRULE:FREQ=DAILY;INTERVAL=2;COUNT=5\n"
                      "EXDATE:20261125T100000"},
            ["23 09:00", "27 09:00"],
            id="every second day, five of them, one left out",
        ),
        pytest.param(
            {"rrule": "DTSTART:20261109T100000\n"
                      "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=MO;UNTIL=20261126T100000"},
            ["23 09:00", "26 09:00"],
            id="two days of every second week until one of them",
        ),
        pytest.param(
            {"rrule": "DTSTART:20251101T070000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=24"},
            ["24 06:00"],
            id="a day of the month",
        ),
        pytest.param(
            {"rrule": "DTSTART:20261130T084500\nRRULE:FREQ=MINUTELY;INTERVAL=7"},
            ["30 07:45", "30 07:52", "30 07:59"],
            id="every seven minutes",
        ),
    ],
)  # fmt: skip
def test_slots_of_a_rule(config: dict[str, Any], expected: list[str]) -> None:
    assert slots(config) == expected


def test_the_oracle_and_the_product_name_the_same_slots_of_a_wave() -> None:
    """Two programs that share no line; where they differ one of them is wrong."""
    rng = random.Random(7)
    document, _ = documents.wave(
        rng, 1, 200, now=datetime(2026, 11, 23, 8, tzinfo=UTC), feeds="a", dead="b"
    )
    expected = promises(document, AFTER, WEEK_LATER)
    for specification in document["specifications"]:
        for schedule in specification["schedules"]:
            rule = parse_rule(schedule["type"], schedule["config"], schedule["timezone"])
            name = (specification["slug"], schedule["name"])
            by_product = {slot.utc for slot in slots_between(rule, AFTER, WEEK_LATER)}
            assert by_product == {
                p.slot for p in expected if (p.specification, p.schedule) == name
            }, schedule
