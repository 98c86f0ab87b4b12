"""The benchmark program: every measure of ours works, and its document has a place for every table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.case import OURS, REFERENCE, SQLITE_WAL, Case, Result  # noqa: E402
from benchmarks.document import DOCUMENT, put  # noqa: E402
from benchmarks.figures import Figures  # noqa: E402
from benchmarks.goals import Goal  # noqa: E402
from benchmarks.report import TABLES  # noqa: E402


def drained(peer: str, round_: int, seconds: float) -> Result:
    case = Case(measure="drain", peer=peer, store=SQLITE_WAL, count=100)
    return Result(case=case, round=round_, values={"seconds": seconds})


def test_ratios_are_formed_inside_a_round() -> None:
    # The machine was ten times slower in the second round: that is nobody's fault.
    figures = Figures(
        [
            drained(REFERENCE, 1, 1.0),
            drained(OURS, 1, 2.0),
            drained(REFERENCE, 2, 10.0),
            drained(OURS, 2, 40.0),
        ]
    )
    ratio = figures.against_reference(figures.cases("drain")[1], "seconds")
    assert ratio is not None
    assert (ratio.least, ratio.median, ratio.most) == (2.0, 3.0, 4.0)


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [(1.2, "holds"), (1.3, "holds"), (2.6, "**missed** by 2 x"), (None, "not measured")],
)
def test_a_goal_says_whether_it_holds_or_by_how_much_not(
    measured: float | None, verdict: str
) -> None:
    assert Goal(number=1, text="drain", limit=1.3, measured=measured).verdict == verdict


def test_results_survive_their_file() -> None:
    result = drained(OURS, 1, 2.0)
    assert Result.from_json(json.loads(json.dumps(result.as_json()))) == result


@pytest.mark.parametrize("name", ["about", "goals", *TABLES])
def test_the_document_has_a_place_for_every_table(name: str) -> None:
    text = put(DOCUMENT.read_text(encoding="utf-8"), name, "| a new table |")
    assert f"<!-- benchmarks:{name} -->\n\n| a new table |\n\n" in text


def test_a_document_without_a_place_is_refused() -> None:
    with pytest.raises(LookupError, match="no place for drain"):
        put("nothing", "drain", "| a table |")


def test_autopilot_and_the_reference_drain_beside_each_other(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    command = ["--quick", "--only", "drain,rows", "--peers", f"{OURS},{REFERENCE}"]
    command += ["--stores", SQLITE_WAL, "--jobs", "20", "--json", str(kept)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    results = [Result.from_json(one) for one in json.loads(kept.read_text())["results"]]
    assert [(one.case.measure, one.case.peer) for one in results] == [
        *(("drain", REFERENCE), ("drain", OURS)),
        *(("rows", REFERENCE), ("rows", OURS)),
    ]
    assert all(one.values["seconds"] > 0 and one.values["repeats"] == 0 for one in results)


def test_delivery_is_measured_beside_a_bare_loop(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    command = ["--quick", "--only", "delivery", "--stores", SQLITE_WAL, "--json", str(kept)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    results = [Result.from_json(one) for one in json.loads(kept.read_text())["results"]]
    assert {(one.case.workers, one.case.octets) for one in results} == {
        (lines, octets) for lines in (1, 4) for octets in (500, 20_000)
    }
    assert all(one.error is None and one.values["of_loop"] > 0 for one in results)
    assert "x bare loop" in done.stdout
