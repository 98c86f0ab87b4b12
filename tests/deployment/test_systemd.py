"""The systemd units: right by systemd's own word, shut as far as it can tell, and the program runs so."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from acceptance.processes import answers, free_port, until
from deployment.facts import ROOT, are_settings, understands
from required import missing

UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
MOST_EXPOSURE = 2.5  # of 10; services without any of it have 9.6
TOO_OLD = 99
# The program under the rule of MemoryDenyWriteExecute=, as Linux 6.3 has it: PR_SET_MDWE is 65, prctl(2).
SHUT = f"""
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:
    os._exit({TOO_OLD})
os.execv(sys.executable, [sys.executable, "-m", "autopilot", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        missing("no systemd-analyze: install systemd (Debian: apt install systemd)")
    return found


def read(unit: Path) -> configparser.ConfigParser:
    told = configparser.ConfigParser(strict=False, interpolation=None)
    told.optionxform = str  # type: ignore[assignment,method-assign]
    told.read(unit, encoding="utf-8")
    return told


def test_there_are_units_for_each_way() -> None:
    found = {unit.stem.removeprefix("autopilot") for unit in SERVICES}
    assert found == {"", "-tick", "-web", "-worker"}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_starts_what_there_is(unit: Path) -> None:
    service = read(unit)["Service"]
    understands(service["ExecStart"])
    given = dict(pair.split("=", 1) for pair in service["Environment"].split())
    are_settings(given)
    assert given["AUTOPILOT_DATA_DIR"] == f"/var/lib/{service['StateDirectory']}"
    named = read(unit)["Unit"]["Documentation"].partition("/opt/autopilot/")[2]
    assert (ROOT / named).exists()


def test_systemd_finds_no_fault_in_them(analyze: str, tmp_path: Path) -> None:
    for unit in (*SERVICES, *UNITS.glob("*.timer")):
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    told = subprocess.run(
        [analyze, "verify", "--man=no", *sorted(tmp_path.iterdir())], capture_output=True, text=True
    )
    ours = [line for line in (told.stdout + told.stderr).splitlines() if "autopilot" in line]
    assert ours == []


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_exposes_little(analyze: str, unit: Path) -> None:
    told = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True
    )
    found = re.search(r"exposure level for \S+: ([\d.]+)", told.stdout)
    assert found is not None, told.stdout + told.stderr
    assert float(found[1]) <= MOST_EXPOSURE


def test_the_timer_comes_as_often_as_is_expected() -> None:
    timer = read(UNITS / "autopilot-tick.timer")["Timer"]
    assert timer["OnCalendar"] == "*:0/5"  # 300 s, the default of AUTOPILOT_POLL_INTERVAL
    assert (UNITS / timer["Unit"]).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="a rule of Linux")
def test_everything_runs_where_memory_is_never_written_and_executed(tmp_path: Path) -> None:
    port = free_port()
    log = (tmp_path / "up.log").open("wb")
    running = subprocess.Popen(
        [sys.executable, "-c", SHUT, "up", "--port", str(port)],
        env=os.environ | {"AUTOPILOT_DATA_DIR": str(tmp_path / "data")},
        stdout=log,
        stderr=log,
    )
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz") or running.poll() is not None)
        if running.poll() == TOO_OLD:
            pytest.skip("this kernel is older than the rule (Linux 6.3)")
        assert answers(f"http://127.0.0.1:{port}/")
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    finally:
        running.kill()
        running.wait()
        log.close()
    assert "Traceback" not in (tmp_path / "up.log").read_text()
