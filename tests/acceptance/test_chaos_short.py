"""The fault campaign in its short form: 60 kills over 500 slots, half of them on each database, the
trials of SQLite (wrong clocks, a full disk, a file that is replaced), and 300 mails with 10 kills.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from postgres_server import ServerMissing, find_binaries
from required import missing

ROOT = Path(__file__).parents[2]
STORM = {"slots": 250, "kills": 30, "zombies": 3, "workers": 4}
MORE = {
    "sqlite": {"locks": 1, "squeezes": 2},
    "postgresql": {"restarts": 3, "cuts": 6, "crowds": 1, "steps": 6},
}
STORM_SECONDS = 55  # on a slow machine the faults end then, whatever has been caused by then
PATIENCE_SECONDS = 400
# How quickly a run is taken over says much about a busy machine; `make chaos` holds it to its limit.
RECOVERY_LIMIT_SECONDS = 60


def campaign(database: str, phase: str, report: Path, **sizes: int) -> dict[str, Any]:
    """Runs one phase of a campaign as people do and returns its report."""
    options = [part for name, value in sizes.items() for part in (f"--{name}", str(value))]
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "chaos", "--database", database, "--phases", phase),
            *("--json", str(report), "--recovery-limit", str(RECOVERY_LIMIT_SECONDS), *options),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == 0, f"{ended.stderr[-2_000:]}\n{ended.stdout[-6_000:]}"
    (told,) = json.loads(report.read_text())
    assert told["violations"] == {}
    assert told["issues"] > 0
    return told


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_slot_is_lost_or_run_twice_while_workers_and_store_are_killed(
    database: str, tmp_path: Path
) -> None:
    if database == "postgresql":
        try:
            find_binaries()
        except ServerMissing as reason:
            missing(str(reason))
    sizes = {**STORM, **MORE[database], "seconds": STORM_SECONDS}
    told = campaign(database, "storm", tmp_path / "report.json", **sizes)
    assert told["kills_with_a_run_in_hand"] > 0
    if not told["stopped_by_time_limit"]:
        assert told["slots_promised"] >= STORM["slots"]
        assert told["kills"] >= STORM["kills"]
        assert told["zombies_overtaken"] >= STORM["zombies"]
        assert sum(told["faults"].values()) >= sum(MORE[database].values())


@pytest.mark.parametrize("phase", ["clock", "file", "disk"])
def test_no_slot_is_lost_or_run_twice_when_what_sqlite_relies_on_goes_wrong(
    phase: str, tmp_path: Path
) -> None:
    assert campaign("sqlite", phase, tmp_path / "report.json")["what_was_done"]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_reader_gets_an_issue_twice_or_is_forgotten_while_its_senders_are_killed(
    database: str, tmp_path: Path
) -> None:
    if database == "postgresql":
        try:
            find_binaries()
        except ServerMissing as reason:
            missing(str(reason))
    told = campaign(database, "mail", tmp_path / "report.json", recipients=300, kills=10, workers=3)
    assert told["kills"] > 0
    assert sum(told["deliveries"].values()) == 300
