"""The fault campaign in its short form: 60 kills over 500 slots, half of them on each database."""

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
SLOTS, KILLS, ZOMBIES, RESTARTS, CUTS = 250, 30, 3, 3, 6
STORM_SECONDS = 55  # on a slow machine the faults end then, whatever has been caused by then
PATIENCE_SECONDS = 400
# How quickly a run is taken over says much about a busy machine; `make chaos` holds it to its limit.
RECOVERY_LIMIT_SECONDS = 60


def campaign(database: str, report: Path) -> dict[str, Any]:
    """Runs a campaign as people do and returns its report."""
    sizes = {
        "slots": SLOTS,
        "kills": KILLS,
        "zombies": ZOMBIES,
        "restarts": RESTARTS,
        "cuts": CUTS,
        "workers": 4,
        "seconds": STORM_SECONDS,
        "recovery-limit": RECOVERY_LIMIT_SECONDS,
    }
    options = [part for name, value in sizes.items() for part in (f"--{name}", str(value))]
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "chaos", "--database", database),
            *("--json", str(report), *options),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == 0, f"{ended.stderr[-2_000:]}\n{ended.stdout[-6_000:]}"
    (told,) = json.loads(report.read_text())
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
    told = campaign(database, tmp_path / "report.json")
    assert told["violations"] == {}
    assert told["issues"] > 0
    assert told["kills_with_a_run_in_hand"] > 0
    if not told["stopped_by_time_limit"]:
        assert told["slots_promised"] >= SLOTS
        assert told["kills"] >= KILLS
        assert told["zombies_overtaken"] >= ZOMBIES
