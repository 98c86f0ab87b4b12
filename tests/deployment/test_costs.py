"""The cost page is what its prices and the measured figures come to, and the decision table agrees."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from deployment.facts import ROOT

SCRIPT = ROOT / "development" / "costs.py"
PRICES: Any = yaml.safe_load((ROOT / "docs/reference/prices.yaml").read_text(encoding="utf-8"))
HOW_TO = ROOT / "docs" / "how-to"


@pytest.fixture(scope="module")
def costs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("costs", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_makes() -> None:
    told = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


def test_every_price_says_whose_and_of_when() -> None:
    assert re.fullmatch(r"\d{4}-\d{2}", str(PRICES["as_of"]))
    for target in PRICES["targets"]:
        assert (HOW_TO / target["page"]).exists(), target["page"]
        for part in target["parts"]:
            assert "page '" in part["source"] or "pages '" in part["source"], part
            assert part["each"] >= 0


def test_a_bill_is_counted_by_hand(costs: ModuleType) -> None:
    units = {"up_gib": 0.5, "vcpu_months": 0.25, "kept_gib": 2, "sent_gib": 30}
    parts = [
        {"each": 10, "units": "up_gib"},
        {"each": 20, "units": "vcpu_months"},
        {"each": 1, "units": "sent_gib", "free": 28},
        {"each": 1, "units": "kept_gib", "free": 5},
        {"each": 0.5},
    ]
    assert costs.bill_of({"parts": parts}, units) == pytest.approx(5 + 5 + 2 + 0 + 0.5)
    assert costs.bill_of({"parts": parts, "at_least": 20}, units) == 20


def test_more_work_never_costs_less_and_many_mails_want_more_machines(costs: ModuleType) -> None:
    for target in PRICES["targets"]:
        for recipients in PRICES["recipients"]:
            bills = [
                costs.bill_of(target, costs.units_of(PRICES, count, recipients))
                for count in PRICES["issues"]
            ]
            assert bills == sorted(bills)
    assert costs.units_of(PRICES, 100, 1_000)["machines"] == 1
    assert costs.units_of(PRICES, 100_000, 10_000)["machines"] > 1


def test_the_line_of_the_plan_is_marked(costs: ModuleType) -> None:
    assert PRICES["line"] == 10
    assert costs._dollars(10, 10) == "$10.00"
    assert costs._dollars(10.01, 10) == "$10.01 ▲"


@pytest.mark.parametrize("target", PRICES["targets"], ids=lambda it: it["name"])
def test_the_decision_table_and_the_how_to_say_the_same(
    costs: ModuleType, target: dict[str, Any]
) -> None:
    bill = costs.bill_of(target, costs.units_of(PRICES, 100, 1_000))
    table = (HOW_TO / "choose-where-to-run.md").read_text(encoding="utf-8")
    (row,) = [line for line in table.splitlines() if f"]({target['page']})" in line and line[0] == "|" and "| yes" in line and costs._dollars(bill, PRICES["line"]) in line]  # fmt: skip
    assert row
    if target["page"].startswith("deploy-"):
        page: str = (HOW_TO / target["page"]).read_text(encoding="utf-8")
        assert f"${bill:,.2f} a month](../reference/costs.md)" in page
        for heading in ("## Upgrade", "## What survives, and what it cannot do"):
            assert heading in page or "upgrade" in page.lower()
        assert Path(ROOT, "docs/reference/costs.md").exists()
