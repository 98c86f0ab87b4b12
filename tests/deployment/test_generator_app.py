"""`streamlit run generator_app.py`: the web app served by Streamlit alone asks for a login like the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acceptance.processes import answers, free_port, until

from autopilot.service.access.entrance import is_asked_here
from autopilot.service.configuration.applying import apply_document
from autopilot.service.configuration.reading import read_document
from autopilot.settings import load_settings
from autopilot.wiring import build_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
PATIENCE_MILLISECONDS = 45_000
CONFIGURATION = """\
workspace: acme
name: Acme Research
specifications:
  - slug: energy-weekly
    name: Energy Weekly
    categories: [{id: grid, name: Power grid, keywords: [grid operator]}]
    sources: []
    schedules: [{name: Monday nine, type: weekly, config: {days: [mon], times: ["09:00"]}}]
"""
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@contextmanager
def streamlit_run(folder: Path, host: str | None, **environ: str) -> Iterator[str]:
    """Starts it in an empty folder, as a host does with no installed package of ours, and ends it."""
    port = free_port()
    named = [] if host is None else ["--server.address", host]
    flags = ["--server.port", str(port), "--server.headless", "true", *named]
    with (folder / "streamlit.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", ROOT / "generator_app.py", *flags],
            cwd=folder,
            env=os.environ | {"AUTOPILOT_DATA_DIR": str(folder / "data")} | environ,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/_stcore/health"))
        yield f"http://127.0.0.1:{port}"
        assert running.poll() is None
    finally:
        running.terminate()
        running.wait(30)
    assert b"Traceback" not in (folder / "streamlit.log").read_bytes()


@pytest.fixture
def browser(browser_path: str) -> Iterator[BrowserContext]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started: Browser = driver.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox"]
        )
        context = started.new_context()
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        yield context
        started.close()


def opened(browser: BrowserContext, address: str) -> Page:
    page = browser.new_page()
    page.goto(address)
    return page


def shows(page: Page, heading: str) -> None:
    page.get_by_role("heading", name=heading, exact=True).first.wait_for()


def with_a_workspace(folder: Path) -> None:
    app = build_app(load_settings({"AUTOPILOT_DATA_DIR": str(folder / "data")}))
    try:
        apply_document(app, read_document(CONFIGURATION), actor="test")
    finally:
        app.close()


def test_whoever_sits_at_the_machine_needs_no_login(
    browser: BrowserContext, tmp_path: Path
) -> None:
    with_a_workspace(tmp_path)
    with streamlit_run(tmp_path, "127.0.0.1") as base:
        page = opened(browser, base)
        shows(page, "Acme Research")
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="History").click()
        shows(page, "History")
        page.get_by_text("Scheduler is off").first.click()  # a way that names the file of a page
        shows(page, "Acme Research")


def test_a_network_sees_nothing_before_a_login_is_set_up(
    browser: BrowserContext, tmp_path: Path
) -> None:
    with_a_workspace(tmp_path)
    with streamlit_run(tmp_path, None) as base:
        for path in ("/", "/history"):
            page = opened(browser, f"{base}{path}")
            page.get_by_text("The web app cannot be served at 0.0.0.0").first.wait_for()
            page.get_by_text("AUTOPILOT_ADMIN_EMAIL").first.wait_for()
            assert page.get_by_text("Acme Research").count() == 0
            assert page.get_by_test_id("stSidebarNav").count() == 0


def test_on_a_network_people_sign_in_on_the_page(browser: BrowserContext, tmp_path: Path) -> None:
    with_a_workspace(tmp_path)
    environ = {
        "AUTOPILOT_ADMIN_EMAIL": "ann@example.org",
        "AUTOPILOT_ADMIN_PASSWORD": PASSWORD,
    }
    with streamlit_run(tmp_path, "0.0.0.0", **environ) as base:
        for path in ("/", "/history", "/settings"):
            page = opened(browser, f"{base}{path}")
            shows(page, "Sign in")
            assert page.get_by_test_id("stSidebarNav").get_by_role("link").count() == 0
        sign_in(page, "wrong horse battery staple")
        page.get_by_text("Address or password is wrong").wait_for()
        sign_in(page, PASSWORD)
        page.get_by_text("ann@example.org").first.wait_for()
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="History").click()
        shows(page, "History")
        another = opened(browser, base)
        shows(another, "Sign in")  # no cookie carries a session to another page
        page.get_by_role("button", name="Sign out").click()
        shows(page, "Sign in")
    assert PASSWORD.encode() not in (tmp_path / "streamlit.log").read_bytes()


def sign_in(page: Page, password: str) -> None:
    page.get_by_label("Mail address").fill("ann@example.org")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()


@pytest.mark.parametrize(
    ("headers", "is_here"),
    [
        ({"host": "127.0.0.1:8501"}, True),
        ({"host": "[::1]:8501"}, True),
        ({"host": "app.localhost"}, True),
        ({"host": "news.example.org"}, False),
        ({"host": "127.0.0.1", "x-forwarded-for": "203.0.113.9"}, False),
        ({"host": "["}, False),
        ({}, False),
    ],
)
def test_only_this_machines_own_names_are_taken_for_it(
    headers: dict[str, str], is_here: bool
) -> None:
    assert is_asked_here(headers) is is_here
