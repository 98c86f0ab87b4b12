"""The bars of the generated sets hold, and the scores are what their authors say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from quality import measure_copies, measure_regions
from quality.__main__ import main
from quality.scoring import bcubed, macro_f1, rouge_1


@pytest.mark.parametrize("measure", [measure_copies, measure_regions], ids=["copies", "regions"])
def test_the_bars_of_a_generated_set_hold(measure):
    missed = [
        figure.measured
        for figure in measure.figures(Path())
        if figure.holds is False and figure.unit not in (" ms", " s")
    ]
    assert missed == []


def test_bcubed_as_in_the_paper():
    precision, recall, _ = bcubed(["a", "a", "a", "b"], [1, 1, 2, 2])
    assert precision == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)


def test_none_is_a_miss_and_no_false_alarm():
    assert macro_f1(["a", "a", "b"], ["a", None, "b"]) == pytest.approx((2 / 3 + 1) / 2)


def test_rouge_counts_stems_once_for_each_time():
    assert rouge_1("grids fail", "grid fails grid") == pytest.approx(0.8)


def test_a_part_without_its_public_set_is_passed_over(tmp_path, capsys):
    assert main([str(tmp_path), "stories"]) == 0
    assert "stories: passed over, there is no" in capsys.readouterr().err
