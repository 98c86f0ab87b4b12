"""The start lines of the original plan, and the scripts beside them: they start a worker and pass signals on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from acceptance.processes import answers, free_port, until
from deployment.facts import ROOT

SCRIPT, BATCH = ROOT / "run_autopilot_worker.sh", ROOT / "run_autopilot_worker.bat"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def works_and_ends_well(command: list[str | Path], tmp_path: Path, **environ: str) -> str:
    """Starts a worker, waits until it says that it is well, ends it, and returns what it said."""
    port = free_port()
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=os.environ
        | {"AUTOPILOT_DATA_DIR": str(tmp_path / "data"), "PORT": str(port)}
        | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz") or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, told
    assert "The worker has stopped." in told
    return told


def test_python_autopilot_worker(tmp_path: Path) -> None:
    works_and_ends_well([sys.executable, ROOT / "autopilot_worker.py"], tmp_path)


def test_it_finds_the_source_beside_it_where_nothing_is_installed(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-S", "-c", f"import runpy; runpy.run_path({str(ROOT / 'autopilot_worker.py')!r})"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )  # fmt: skip
    # Without any site packages it comes as far as the first library that it needs.
    assert "No module named 'autopilot'" not in told.stderr
    assert "src/autopilot/cli/app.py" in told.stderr


def test_the_script_takes_settings_from_a_file(tmp_path: Path) -> None:
    settings = tmp_path / "settings.env"
    settings.write_text("AUTOPILOT_LOG_FORMAT=json\nAUTOPILOT_POLL_INTERVAL='60'\n")
    told = works_and_ends_well([SCRIPT], tmp_path, AUTOPILOT_ENV_FILE=str(settings))
    assert '"action": "stop"' in told


def test_the_script_says_when_its_file_is_not_there(tmp_path: Path) -> None:
    ended = subprocess.run(
        [SCRIPT],
        env=os.environ | {"AUTOPILOT_ENV_FILE": "/no/such.env"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert "/no/such.env" in ended.stderr


@pytest.mark.parametrize(
    "script", [SCRIPT, ROOT / "deploy" / "compose" / "secrets.sh"], ids=lambda it: it.name
)
def test_a_script_is_read_by_bash_and_sh(script: Path) -> None:
    for shell in ("bash", "sh"):
        told = subprocess.run([shell, "-n", script], capture_output=True, text=True)
        assert (told.returncode, told.stderr) == (0, "")
    assert os.access(script, os.X_OK)


def test_the_batch_file_starts_the_same_as_windows_reads_it() -> None:
    lines = BATCH.read_bytes()
    assert lines.count(b"\r\n") == lines.count(b"\n")
    assert b"autopilot_worker.py %*" in lines
    assert b"exit /b %ERRORLEVEL%" in lines
