"""Money for model calls: counted before it is spent, mended after, never spent twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from store.rows import NOW, RUN, RUNNING, SPECIFICATION, WORKSPACE, put

from autopilot.domain.usage import Usage
from autopilot.store import usage
from autopilot.store.database import Database


@pytest.fixture
def store(database: Database) -> Database:
    with database.begin() as connection:
        for table in ("workspaces", "newsletter_specifications", "autopilot_schedules"):
            put(connection, table)
        put(connection, "newsletter_runs", **RUNNING)
    return database


def call(micro_usd: int | None = 1_000, *, at: datetime = NOW, model: str = "m") -> usage.Call:
    return usage.Call(
        workspace_id=WORKSPACE,
        specification_id=SPECIFICATION,
        run_id=RUN,
        model=model,
        input_tokens=800,
        output_tokens=200,
        micro_usd=micro_usd,
        at=at,
    )


def test_a_call_counts_as_its_most_until_it_is_settled(store: Database) -> None:
    with store.begin() as connection:
        first, second = (usage.add_call(connection, call()) for _ in range(2))
        assert usage.spent_in(connection, RUN) == usage.Spent(micro_usd=2_000, tokens=2_000)
        usage.settle_call(connection, first, input_tokens=700, output_tokens=50, micro_usd=300)
        usage.drop_call(connection, second)
        assert usage.spent_in(connection, RUN) == usage.Spent(micro_usd=300, tokens=750)


def test_only_the_workspace_and_its_month_count(store: Database) -> None:
    with store.begin() as connection:
        for hours in (-1, 0, 1):
            usage.add_call(connection, call(at=NOW + timedelta(hours=hours)))
        assert usage.spent_since(connection, WORKSPACE, NOW).micro_usd == 2_000
        assert usage.spent_since(connection, uuid4(), NOW).micro_usd == 0


def test_a_run_tells_what_it_took_of_each_model(store: Database) -> None:
    with store.begin() as connection:
        for model, price in (("large", 500), ("local", None), ("large", 700)):
            usage.add_call(connection, call(price, model=model))
        assert usage.usage_of(connection, RUN) == (
            Usage(model="large", calls=2, input_tokens=1_600, output_tokens=400, micro_usd=1_200),
            Usage(model="local", calls=1, input_tokens=800, output_tokens=200, micro_usd=None),
        )


def test_runs_side_by_side_do_not_spend_the_same_money(store: Database) -> None:
    def spend(_: int) -> bool:
        with store.begin() as connection:
            usage.hold_workspace(connection, WORKSPACE)
            spent = usage.spent_since(connection, WORKSPACE, datetime(2026, 11, 1, tzinfo=UTC))
            if spent.micro_usd + 1_000 > 5_000:
                return False
            usage.add_call(connection, call())
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(24))) == 5
