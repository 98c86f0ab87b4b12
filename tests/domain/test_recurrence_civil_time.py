"""Wall clock to UTC under every policy, and which time zone database is in use."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from autopilot.domain.policies import Fold, Gap
from autopilot.domain.recurrence import civil_time
from autopilot.domain.recurrence.civil_time import resolve, tzdata_version, zone_of


def resolved(wall: str, zone: str, gap: Gap = Gap.NEXT_VALID, fold: Fold = Fold.FIRST) -> list[str]:
    found = resolve(datetime.fromisoformat(wall), zone_of(zone), gap=gap, fold=fold)
    assert all(one.utc.tzinfo is UTC for one in found)
    return [f"{one.utc:%dT%H:%M}/{one.fold}" for one in found]


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(Gap.NEXT_VALID, ["29T01:00/0"]), (Gap.SHIFT, ["29T01:30/0"]), (Gap.SKIP, [])],
)
def test_a_left_out_time_follows_its_policy(gap: Gap, expected: list[str]) -> None:
    assert resolved("2026-03-29T02:30", "Europe/Berlin", gap=gap) == expected


@pytest.mark.parametrize(
    ("fold", "expected"),
    [
        (Fold.FIRST, ["25T00:30/0"]),
        (Fold.SECOND, ["25T01:30/1"]),
        (Fold.BOTH, ["25T00:30/0", "25T01:30/1"]),
    ],
)
def test_a_repeated_time_follows_its_policy(fold: Fold, expected: list[str]) -> None:
    assert resolved("2026-10-25T02:30", "Europe/Berlin", fold=fold) == expected


@pytest.mark.parametrize("gap", list(Gap))
def test_a_lost_day_is_no_gap_under_any_policy(gap: Gap) -> None:
    assert resolved("2011-12-30T08:00", "Pacific/Apia", gap=gap) == []


@pytest.mark.parametrize(
    ("zone", "day", "calm"),
    [
        ("Europe/Berlin", date(2026, 3, 27), True),
        ("Europe/Berlin", date(2026, 3, 28), False),
        ("Europe/Berlin", date(2026, 3, 29), False),
        ("Europe/Berlin", date(2026, 3, 30), False),
        ("Europe/Berlin", date(2026, 3, 31), True),
        ("Pacific/Apia", date(2011, 12, 31), False),
        ("Pacific/Apia", date(2012, 1, 1), False),
        ("UTC", date(2026, 3, 29), True),
    ],
)
def test_days_around_a_clock_change_are_restless(zone: str, day: date, calm: bool) -> None:
    assert zone_of(zone).is_calm(day) is calm


@pytest.mark.parametrize("name", ["EST", "CET", "Mars/Olympus", "", "../UTC"])
def test_an_unknown_zone_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        zone_of(name)


def test_the_database_says_its_release() -> None:
    assert re.fullmatch(r"20[0-9]{2}[a-z]+", tzdata_version())


@pytest.mark.parametrize(
    ("machine", "package", "used"),
    [
        ("2025b", "2026f", ("2026f", True)),
        ("2026g", "2026f", ("2026g", False)),
        ("2026f", "2026f", ("2026f", False)),
        ("", "2026f", ("2026f", True)),
        ("", "", ("unknown", False)),
    ],
)
def test_the_newer_database_is_used(
    machine: str, package: str, used: tuple[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(civil_time, "_machine_release", lambda: machine)
    monkeypatch.setattr(civil_time, "_package_release", lambda: package)
    assert civil_time._database.__wrapped__() == used
