"""Web: how soon each page of the web app is painted, what it takes, and how soon the API answers.

`autopilot up` serves a store of many schedules and ten times as many runs; a browser without a
window opens every page twice, first as a new visitor, then by the menu.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import httpx2
import psutil

from autopilot.domain.access import Grant, Role
from autopilot.service.access.tokens import create_token
from autopilot.settings import load_settings
from autopilot.store.migrate import migrate
from autopilot.ui.navigation import PLACES
from autopilot.wiring import assemble_app
from benchmarks.case import Case
from benchmarks.web_store import fill

MIB = 1024 * 1024
ANSWERS = 200  # of each address
START_SECONDS, PAINT_SECONDS = 60.0, 30.0
PASSES = 3
LISTED = [place for place in PLACES if place.listed]
READS = {
    "workspaces": "/workspaces",
    "specifications": "/specifications",
    "schedules": "/schedules?limit=50",
    "schedule": "/schedules/{schedule}",
    "schedule history": "/schedules/{schedule}/history",
    "runs": "/runs?limit=50",
    "failed runs": "/runs?status=failed&limit=50",
    "issues": "/issues?limit=50",
    "deliveries": "/deliveries?limit=50",
}
# Streamlit marks a page that is still being drawn; the title is there first.
IS_PAINTED = """
() => document.querySelector('h1') !== null
  && document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
  && document.querySelector('[data-testid="stSkeleton"]') === null
"""


def measure(case: Case) -> dict[str, float]:
    """Return seconds to the first and to a later paint of each page, p99 of reads in ms, MiB."""
    with tempfile.TemporaryDirectory(prefix="web-") as folder:
        environment = _environment(case, Path(folder))
        workspace_id, schedules, token = _store(environment, case.count)
        with served(environment) as (base, process):
            figures = {"box_mib nobody there": mib(process)}
            figures |= _painted(base)
            figures["box_mib one visitor"] = mib(process)
            figures |= _read(base, token, workspace_id, schedules)
    return figures


def _environment(case: Case, folder: Path) -> dict[str, str]:
    journal = {"AUTOPILOT_SQLITE_JOURNAL": case.journal} if case.is_sqlite else {}
    return {
        "AUTOPILOT_DATABASE_URL": case.url,
        "AUTOPILOT_DATA_DIR": str(folder),
        "AUTOPILOT_SECRET_KEY": "of a benchmark, and long enough to be one",
        **journal,
    }


def _store(environment: dict[str, str], count: int) -> tuple[UUID, Sequence[UUID], str]:
    app = assemble_app(load_settings(environment))
    migrate(app.database)
    workspace_id, schedules = fill(app, count)
    with app.database.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    made = create_token(app, workspace_id, "bench", Grant(role=Role.VIEWER), actor="bench")
    app.close()
    return workspace_id, schedules, made.secret


@contextmanager
def served(environment: Mapping[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """Run `autopilot up` meanwhile; its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "autopilot", "up", "--port", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(base)
        yield base, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _await(base: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            if httpx2.get(f"{base}/_stcore/health").status_code == httpx2.codes.OK:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the web app did not come up")


def mib(process: psutil.Process) -> float:
    """Return what web process and worker really take: pages that both have are halved (PSS)."""
    family = [process, *process.children(recursive=True)]
    return float(sum(one.memory_full_info().pss for one in family)) / MIB


def _painted(base: str) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    figures: dict[str, float] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for place in PLACES:
            firsts = [_first(browser, f"{base}/{place.name}") for _ in range(PASSES)]
            figures[f"first {place.name}"] = median(firsts)
        figures |= _painted_later(browser.new_page(), base)
        browser.close()
    return figures


def _painted_later(page: Any, base: str) -> dict[str, float]:
    page.goto(f"{base}/{LISTED[-1].name}")  # so that every click leads to another page
    page.wait_for_function(IS_PAINTED, timeout=PAINT_SECONDS * 1_000)
    passes = [[later(page, place.title) for place in LISTED] for _ in range(PASSES)]
    return {
        f"later {place.name}": median(times)
        for place, times in zip(LISTED, zip(*passes, strict=True), strict=True)
    }


def _first(browser: Any, address: str) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(IS_PAINTED, timeout=PAINT_SECONDS * 1_000)
    seconds = time.perf_counter() - started
    context.close()
    return seconds


def later(page: Any, title: str) -> float:
    """Go to another page by the menu, and return the seconds until it is painted."""
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True)
    before = page.locator("h1").first.inner_text()
    started = time.perf_counter()
    link.click()
    page.wait_for_function(
        "before => document.querySelector('h1')?.innerText !== before", arg=before
    )
    page.wait_for_function(IS_PAINTED, timeout=PAINT_SECONDS * 1_000)
    return time.perf_counter() - started


def _read(base: str, token: str, workspace_id: UUID, schedules: Sequence[UUID]) -> dict[str, float]:
    figures = {}
    with httpx2.Client(
        base_url=f"{base}/api/v1", headers={"Authorization": f"Bearer {token}"}
    ) as client:
        for name, address in READS.items():
            times = []
            for number in range(ANSWERS):
                asked = address.format(
                    schedule=schedules[number % len(schedules)], workspace=workspace_id
                )
                started = time.perf_counter()
                answer = client.get(asked)
                times.append((time.perf_counter() - started) * 1_000)
                if answer.status_code != httpx2.codes.OK:
                    raise RuntimeError(f"{asked}: {answer.status_code}")
            times.sort()
            figures[f"read {name}"] = times[int(len(times) * 0.99) - 1]
    return figures
