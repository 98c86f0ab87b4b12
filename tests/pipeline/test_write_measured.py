"""The faithfulness checks reach the figures that docs/quality.md tells, on a smaller draw."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from quality.faithfulness import generate, measure


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    return measure(seed=7, articles=150)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("extractive", 0, 0),
        ("good", 0, 9),
        ("wrong_numbers", 92, 100),
        ("wrong_names", 94, 100),
        ("invented", 85, 100),
    ],
)
def test_the_bar_is_met(figures: dict[str, float], name: str, least: float, most: float) -> None:
    assert least <= figures[name] <= most


def test_a_seed_always_gives_the_same_set() -> None:
    assert list(generate(3, 12)) == list(generate(3, 12))
    assert list(generate(3, 12)) != list(generate(4, 12))


def test_each_kind_of_wrong_text_differs_from_the_good_one() -> None:
    for case in generate(5, 40):
        assert len({case.good, case.wrong_number, case.wrong_name, case.invented}) >= 3
        assert "{" not in case.article + case.invented
