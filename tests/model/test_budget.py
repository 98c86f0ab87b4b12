"""What calls may cost: estimates, caps, the month of a zone, and forecasts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from model.newsroom import new_job, selection
from service.asking import rows
from service.conftest import Clock

from autopilot.adapters.model_prices import load_prices
from autopilot.domain.content import Selection
from autopilot.domain.editorial import Budget as Limits
from autopilot.domain.model import ModelAnswer, ModelRequest
from autopilot.domain.specification import Category, Specification
from autopilot.service.budget import Budget, Cap, Reserved, estimated_tokens, month_start
from autopilot.service.context import App
from autopilot.service.forecast import forecast

MODELS = ("gpt-6.2-sol", "gpt-6-luna")
REQUEST = ModelRequest(
    model="",
    instructions="x" * 3_000,
    material="y" * 2_400,
    schema_name="S",
    schema={},
    max_output_tokens=1_000,
    seconds=1.0,
)
LARGE = 2_000 * 2 + 1_000 * 10  # millionths of a dollar: 2,000 tokens in, 1,000 out
SMALL = 200 + 500


def budget(app: App, limits: Limits | None = None, models: tuple[str, ...] = MODELS) -> Budget:
    return Budget(app, new_job(app, budget=limits), load_prices(), models)


def test_the_large_model_writes_while_the_money_lasts_then_the_small_one(app: App) -> None:
    money = budget(app, Limits(run_usd=(2 * LARGE + SMALL) / 1e6))
    reserved = [money.reserve(REQUEST) for _ in range(4)]
    assert [item.model for item in reserved if isinstance(item, Reserved)] == [
        "gpt-6.2-sol",
        "gpt-6.2-sol",
        "gpt-6-luna",
    ]
    assert reserved[-1] is Cap.RUN
    assert [row.micro_usd for row in rows(app, "usage")] == [LARGE, LARGE, SMALL]


def test_what_was_not_needed_is_given_back(app: App) -> None:
    money = budget(app, Limits(month_usd=LARGE / 1e6), models=MODELS[:1])
    first = money.reserve(REQUEST)
    assert isinstance(first, Reserved)
    assert money.reserve(REQUEST) is Cap.MONTH
    money.settle(first, ModelAnswer(error="the server is gone"))
    second = money.reserve(REQUEST)
    assert isinstance(second, Reserved)
    money.settle(second, ModelAnswer(text="{}", input_tokens=100, output_tokens=10))
    assert [row.micro_usd for row in rows(app, "usage")] == [100 * 2 + 10 * 10]


@pytest.mark.parametrize(
    "answer",
    [ModelAnswer(text="{}"), ModelAnswer(error="no answer in time", is_lost=True)],
    ids=["the-server-does-not-count", "the-answer-was-lost"],
)
def test_what_nobody_counted_stays_at_its_most(app: App, answer: ModelAnswer) -> None:
    money = budget(app)
    reserved = money.reserve(REQUEST)
    assert isinstance(reserved, Reserved)
    money.settle(reserved, answer)
    assert [row.micro_usd for row in rows(app, "usage")] == [LARGE]


def test_threads_of_one_run_do_not_overspend(app: App) -> None:
    money = budget(app, Limits(run_usd=3 * LARGE / 1e6), models=MODELS[:1])
    with ThreadPoolExecutor(6) as pool:
        reserved = list(pool.map(lambda _: money.reserve(REQUEST), range(12)))
    assert sum(isinstance(item, Reserved) for item in reserved) == 3


def test_the_settings_budget_counts_where_the_workspace_has_none(app: App) -> None:
    settings = app.settings.model_copy(update={"monthly_budget": 0.0})
    poor = replace(app, settings=settings)
    assert budget(poor).reserve(REQUEST) is Cap.MONTH
    assert isinstance(
        Budget(
            poor,
            replace(new_job(poor), workspace=new_job(poor, budget=Limits(month_usd=5)).workspace),
            load_prices(),
            MODELS,
        ).reserve(REQUEST),
        Reserved,
    )


def test_a_new_month_of_the_workspaces_zone_brings_new_money(app: App, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 30, 22, 59, tzinfo=UTC)  # 23:59 in Berlin
    money = budget(app, Limits(month_usd=LARGE / 1e6), models=MODELS[:1])
    assert isinstance(money.reserve(REQUEST), Reserved)
    assert money.reserve(REQUEST) is Cap.MONTH
    clock.now = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert isinstance(money.reserve(REQUEST), Reserved)


def test_a_month_begins_at_its_zones_midnight() -> None:
    now = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    assert month_start(now, "Europe/Berlin") == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert month_start(now, "America/New_York") == datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(("text", "least"), [("", 0), ("word " * 100, 125), ("電力" * 100, 200)])
def test_tokens_are_rather_guessed_too_many(text: str, least: int) -> None:
    assert least <= estimated_tokens(text) <= max(2 * least, 0)


def test_a_forecast_is_priced_and_empty_for_nothing() -> None:
    prices = load_prices()
    specification = Specification(slug="a", name="A", categories=(Category(id="grid", name="G"),))
    told = forecast(selection(), specification, prices, "gpt-6.2-sol")
    assert told.calls == 4
    assert 0 < (told.micro_usd or 0) < 100_000
    assert forecast(selection(), specification, prices, "llama").micro_usd is None
    nothing = forecast(Selection(stories=(), left_out=()), specification, prices, "gpt-6.2-sol")
    assert (nothing.calls, nothing.tokens) == (0, 0)
