"""The price list of models: ours, the operator's, and what is wrong with one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.adapters.model_prices import load_prices
from autopilot.errors import SettingsInvalid


def test_the_list_that_comes_along_prices_the_models_it_names() -> None:
    prices = load_prices()
    assert prices.price_of(prices.model) is not None
    assert prices.small_model is not None
    small, large = prices.price_of(prices.small_model), prices.price_of(prices.model)
    assert small is not None
    assert large is not None
    assert small.output < large.output
    assert prices.dated.year >= 2026


def test_an_operators_list_takes_its_place(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(
        "dated: 2026-12-01\nmodel: llama\nmodels:\n  llama: {input: 0, output: 0}\n", "utf-8"
    )
    prices = load_prices(file)
    assert (prices.model, prices.small_model) == ("llama", None)
    assert prices.micro_usd("llama", input_tokens=10, output_tokens=10) == 0
    assert prices.price_of("gpt-6-luna") is None


@pytest.mark.parametrize("name", ["gpt-6-luna", "openai/gpt-6-luna", "gpt-6-luna-2026-09-22"])
def test_a_model_is_known_by_its_other_spellings(name: str) -> None:
    # $0.10 and $0.50 for a million tokens; a part of a millionth counts as one
    assert load_prices().micro_usd(name, input_tokens=1_000_005, output_tokens=10) == 100_006


def test_an_unknown_model_has_no_price() -> None:
    assert load_prices().micro_usd("llama3.3", input_tokens=5, output_tokens=5) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("models: [", "not YAML"),
        ("dated: 2026-12-01\nmodels: {a: {input: -1, output: 2}}", "models.a.input"),
        ("dated: 2026-12-01\nmodel: a\nmodels: {}\nextra: 1", "extra"),
        ("- a list", "valid dictionary"),
    ],
)
def test_every_problem_of_a_list_is_named(tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / "prices.yaml"
    if text is not None:
        file.write_text(text, "utf-8")
    with pytest.raises(SettingsInvalid) as refused:
        load_prices(file)
    assert told in str(refused.value)
    assert "AUTOPILOT_PRICES" in str(refused.value)
