"""The campaign of the fleet in its short form: a few kills and an empty Redis over some sixty slots."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from postgres_server import ServerMissing, find_binaries
from required import missing

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 400
KILLS = 2


@pytest.mark.skipif(os.name == "nt", reason="there are no process groups to kill")
def test_no_slot_is_lost_or_run_twice_while_a_fleet_is_killed_and_its_broker_emptied(
    tmp_path: Path,
) -> None:
    try:
        find_binaries()
    except ServerMissing as reason:
        missing(str(reason))
    if shutil.which("redis-server") is None:
        missing("no redis-server (Debian: apt install redis-server)")
    report = tmp_path / "report.json"
    sizes = {"slots": 60, "workers": 2, "kill-every": 4, "least-kills": KILLS, "redis-restarts": 1}
    options = [part for name, value in sizes.items() for part in (f"--{name}", str(value))]
    ended = subprocess.run(
        [sys.executable, "-m", "chaos.fleet", *options, "--json", str(report)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == 0, f"{ended.stderr[-2_000:]}\n{ended.stdout[-6_000:]}"
    told = json.loads(report.read_text())
    assert told["violations"] == {}
    assert told["issues"] > 0
    assert told["slots_promised"] >= 60
    assert told["faults"].pop("Redis restarted, empty") == 1
    assert sum(told["faults"].values()) >= KILLS
