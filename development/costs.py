"""Write the tables of docs/reference/costs.md from docs/reference/prices.yaml.

python development/costs.py            writes them
python development/costs.py --check    ends with 1 where the page says something else
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "costs.md"
PRICES = ROOT / "docs" / "reference" / "prices.yaml"
SECONDS_OF_A_MONTH = 30 * 24 * 3_600
KIB_OF_A_GIB = 1024 * 1024
OVER = "▲"


def units_of(prices: Mapping[str, Any], issues: int, recipients: int) -> dict[str, float]:
    """What a month of so many issues, each to so many recipients, uses of everything that costs."""
    told = {name: item["value"] for name, item in (prices["measured"] | prices["assumed"]).items()}
    mails = issues * recipients
    work = issues * told["cpu_seconds_per_issue"] + mails * told["cpu_seconds_per_mail"]
    idle = told["idle_cpu_seconds_per_minute"] / 60
    called = told["ticks"] * told["cpu_seconds_per_tick"] + issues * told["seconds_per_issue"]
    called += mails * told["cpu_seconds_per_mail"]
    kept = issues * told["kib_kept_per_issue"] + mails * told["kib_kept_per_mail"]
    return {
        "machines": max(1, math.ceil(work / (SECONDS_OF_A_MONTH * told["busy_share"]))),
        "vcpu_months": idle + work / SECONDS_OF_A_MONTH,
        "up_gib": told["gib_up"],
        "worker_gib": told["gib_worker"],
        "kept_gib": max(1, math.ceil(kept * told["months_kept"] / KIB_OF_A_GIB)),
        "sent_gib": mails * told["kib_per_mail"] / KIB_OF_A_GIB,
        "calls": told["ticks"],
        "busy_gib_s": called,
        "busy_vcpu_s": called,
        "mails": mails,
    }


def bill_of(target: Mapping[str, Any], units: Mapping[str, float]) -> float:
    """The dollars of a target for a month."""
    parts = (
        part["each"]
        * max(0.0, (units[part["units"]] if "units" in part else 1) - part.get("free", 0))
        for part in target["parts"]
    )
    return max(sum(parts), target.get("at_least", 0))


def tables(prices: Mapping[str, Any]) -> Mapping[str, str]:
    """Every table of the page by its name."""
    hosting = "\n\n".join(_hosting(prices, count) for count in prices["recipients"])
    return {
        "hosting": hosting,
        "mails": _mails(prices),
        "units": _figures(prices),
        "prices": _sources(prices),
    }


def _hosting(prices: Mapping[str, Any], recipients: int) -> str:
    counts = prices["issues"]
    head = [f"### {recipients:,} recipients", ""]
    rows = [
        ["Where", *(f"{count:,} issues" for count in counts)],
        ["---", *("---:" for _ in counts)],
    ]
    for target in prices["targets"]:
        bills = [bill_of(target, units_of(prices, count, recipients)) for count in counts]
        rows.append([_link(target), *(_dollars(bill, prices["line"]) for bill in bills)])
    return "\n".join([*head, *map(_row, rows)])


def _link(target: Mapping[str, Any]) -> str:
    there = (ROOT / "docs" / "how-to" / target["page"]).exists()
    name = f"[{target['name']}](../how-to/{target['page']})" if there else target["name"]
    return f"{name}: {target['what']}"


def _dollars(bill: float, line: float) -> str:
    return f"${bill:,.2f}" + (f" {OVER}" if bill > line else "")


def _mails(prices: Mapping[str, Any]) -> str:
    price = prices["assumed"]["relay_per_1000_mails"]["value"]
    counts = prices["issues"]
    rows = [
        ["Recipients", *(f"{count:,} issues" for count in counts)],
        ["---:", *("---:" for _ in counts)],
    ]
    for recipients in prices["recipients"]:
        mails = [count * recipients for count in counts]
        rows.append([f"{recipients:,}", *(f"{it:,}: ${it / 1000 * price:,.2f}" for it in mails)])
    return "\n".join(map(_row, rows))


def _figures(prices: Mapping[str, Any]) -> str:
    rows = [["Figure", "Value", "From"], ["---", "---:", "---"]]
    for name, item in (prices["measured"] | prices["assumed"]).items():
        rows.append([f"`{name}`", f"{item['value']:,}", item["from"]])
    return "\n".join(map(_row, rows))


def _sources(prices: Mapping[str, Any]) -> str:
    rows = [["Where", "Part", "Dollars each", "Price list"], ["---", "---", "---:", "---"]]
    for target in prices["targets"]:
        for part in target["parts"]:
            unit = f" ({part['units']})" if "units" in part else ""
            each = f"{part['each']:.10f}".rstrip("0").rstrip(".")
            rows.append([target["name"], part["name"] + unit, each, part["source"]])
    return "\n".join(map(_row, rows))


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def page_with(page: str, made: Mapping[str, str]) -> str:
    """The page with each table between its markers."""
    for name, table in made.items():
        begin, end = f"<!-- costs:{name} -->", f"<!-- /costs:{name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        page, count = pattern.subn(lambda _, it=f"{begin}\n\n{table}\n\n{end}": it, page)
        assert count == 1, f"the page has no place for {name}"
    return page


def main() -> Iterator[str]:
    """Write or check the page; what is wrong is given."""
    before = PAGE.read_text(encoding="utf-8")
    after = page_with(before, tables(yaml.safe_load(PRICES.read_text(encoding="utf-8"))))
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(after, encoding="utf-8")
    elif before != after:
        yield f"{PAGE.name} is older than its prices: python development/costs.py"


if __name__ == "__main__":
    sys.exit("\n".join(main()) or 0)
