"""Rocketry's own environment: made once for all tests, by pip with its own settings."""

from __future__ import annotations

import fcntl
import functools
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from required import missing

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "rocketry"
CLOCK, REQUIREMENTS = FOLDER / "autopilot_rocketry.py", FOLDER / "requirements.txt"
INSTALL_SECONDS = 240
NEWEST_PYTHON = (3, 13)  # that pydantic 1 can be used with


@functools.cache
def rocketry_python() -> str:
    """The interpreter of the environment; a later run of the tests finds it made."""
    if sys.version_info[:2] > NEWEST_PYTHON:
        missing("Rocketry: pydantic 1 does not work with this Python")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    home = Path(tempfile.gettempdir(), f"autopilot-rocketry-{os.getuid()}-{version}")
    home.mkdir(mode=0o700, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # processes of one test run come at once
        wanted, stamp = REQUIREMENTS.read_text(encoding="utf-8"), home / "ready"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            _make(home / "venv")
            stamp.write_text(wanted, encoding="utf-8")
    return str(home / "venv" / "bin" / "python")


def _make(folder: Path) -> None:
    venv.create(folder, with_pip=True, clear=True)
    install = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS)
    try:
        made = subprocess.run(install, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        missing("Rocketry: pip did not get it in time")
    if made.returncode:
        missing(f"Rocketry: pip cannot get it: {made.stderr.strip()[-300:]}")
