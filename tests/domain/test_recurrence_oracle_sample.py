"""A seeded sample of `make oracle`, small enough for every run of the tests."""

from __future__ import annotations

import importlib.util
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

SEED = 20_261_123
CHANGES = (
    ("Africa/Cairo", "2026-04-23T22:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),
    ("America/St_Johns", "2010-11-07T02:31"),
    ("America/Caracas", "2007-12-09T07:00"),
    ("Antarctica/Troll", "2026-03-29T01:00"),
    ("Asia/Gaza", "2027-03-27T00:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),
)


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    path = Path(__file__).parents[2] / "development" / "oracle.py"
    spec = importlib.util.spec_from_file_location("calendar_oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_random_rules_agree_with_the_clock_around_a_change(
    oracle: ModuleType, zone: str, change: str
) -> None:
    report = oracle.Report()
    moment = datetime.fromisoformat(change).replace(tzinfo=UTC)
    for turn in range(3):
        oracle.check_window(zone, moment, random.Random(f"{SEED} {zone} {turn}"), report)
    assert not report.unexplained
    assert report.compared["slots around a change"] >= 6


def test_random_rules_agree_around_holidays(oracle: ModuleType) -> None:
    report, rng = oracle.Report(), random.Random(SEED)
    for _ in range(20):
        oracle.check_holiday("Europe/Berlin", rng, report)
    assert not report.unexplained


def test_recurrences_agree_with_dateutil(oracle: ModuleType) -> None:
    report, rng = oracle.Report(), random.Random(SEED)
    for _ in range(30):
        oracle.check_dateutil(rng, report)
    assert not report.unexplained


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney"])
def test_fixed_hour_cron_agrees_with_cronsim(oracle: ModuleType, zone: str) -> None:
    report, rng = oracle.Report(), random.Random(SEED)
    for _ in range(5):
        oracle.check_cronsim(zone, rng, report)
    assert not report.unexplained
