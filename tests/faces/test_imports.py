"""What a command loads: a worker that only waits must not carry what the making of an issue needs."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Autopilot = Callable[..., Any]
PATIENCE_SECONDS = 60
# Each of them is megabytes in every worker, and a part of its start.
HEAVY = (
    "alembic",
    "anyio",
    "babel",
    "css_inline",
    "dateutil",
    "feedparser",
    "holidays",
    "httpcore2",
    "httpx2",
    "jinja2",
    "nh3",
    "openai",
    "opentelemetry",
    "platformdirs",
    "pygments",
    "psycopg",
    "rich.traceback",
    "snowballstemmer",
    "yaml",
    "lxml",
    "trafilatura",
    "autopilot.pipeline",
    "autopilot.adapters.fetching",
    "autopilot.cli.configuration",
    "autopilot.cli.demo",
    "autopilot.cli.schedules",
)
# The `autopilot` command, which tells what it had loaded when it ended.
TELLING = """
import atexit, sys
from autopilot.cli.app import main
atexit.register(lambda: print(*sys.modules, sep="\\n"))
sys.argv = ["autopilot", *sys.argv[1:]]
main()
"""


def loaded_by(*arguments: str) -> set[str]:
    """The modules that a command which ends by itself had loaded."""
    ended = subprocess.run(
        [sys.executable, "-c", TELLING, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    return set(ended.stdout.splitlines())


def loaded_by_an_idle_worker(store: Path) -> set[str]:
    """The modules that a worker had loaded after a tick that found nothing due."""
    with subprocess.Popen(
        [sys.executable, "-c", TELLING, "worker"],
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        try:
            wait_for_a_tick(store, worker)
            worker.send_signal(signal.SIGTERM)
            told, _ = worker.communicate(timeout=PATIENCE_SECONDS)
        finally:
            worker.kill()
    return set(told.splitlines())


def wait_for_a_tick(store: Path, worker: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with closing(sqlite3.connect(store)) as looking:
        question = "SELECT count(*) FROM workers WHERE last_tick_at IS NOT NULL"
        while not looking.execute(question).fetchone()[0]:
            assert worker.poll() is None, "the worker ended by itself"
            assert time.monotonic() < deadline, "no tick"
            time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="a signal that can be caught stops the worker")
def test_an_idle_worker_has_loaded_none_of_the_heavy_modules(
    autopilot: Autopilot, tmp_path: Path
) -> None:
    assert autopilot("migrate").code == 0
    loaded = loaded_by_an_idle_worker(tmp_path / "data" / "autopilot.db")
    assert "sqlalchemy" in loaded
    assert sorted(loaded.intersection(HEAVY)) == []


def test_a_command_loads_its_own_module_only() -> None:
    ours = {name for name in loaded_by("init", "--help") if name.startswith("autopilot.cli.")}
    assert "autopilot.cli.configuration" in ours
    assert not {"autopilot.cli.work", "autopilot.cli.schedules", "autopilot.cli.demo"} & ours


def test_the_making_of_an_issue_loads_no_traces_where_nobody_collects_them(
    applied: Path, tmp_path: Path
) -> None:
    loaded = loaded_by("generate", "energy-weekly")
    assert "autopilot.pipeline.render" in loaded
    assert not {"opentelemetry", "opentelemetry.sdk", "autopilot.adapters.traces_otlp"} & loaded


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(autopilot: Autopilot) -> None:
    ended = autopilot("wroker")
    assert ended.code == 2
    assert "Did you mean 'worker'" in ended.err
