"""The web app as a newcomer walks it: from an empty store to an issue that readers have, and back.

One `autopilot up`, one browser, nothing else: no key, no relay, no command line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acceptance.feed_server import serving
from acceptance.processes import answers, free_port, process, until

from autopilot.domain.specification import Source
from autopilot.service.context import App
from autopilot.service.lookup import specification_named
from autopilot.service.source_lists import add_sources
from autopilot.settings import load_settings
from autopilot.wiring import build_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PATIENCE_SECONDS = 150
NEWSLETTER, SOON = "Power lines", "Very soon"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture
def feeds() -> Iterator[str]:
    with serving() as place:
        yield place


@pytest.fixture
def environment(database_url: str, tmp_path: Path, feeds: str) -> dict[str, str]:
    return {
        "AUTOPILOT_DATA_DIR": str(tmp_path / "data"),
        "AUTOPILOT_DATABASE_URL": database_url,
        "AUTOPILOT_ALLOW_HOSTS": feeds,
        "AUTOPILOT_POLL_INTERVAL": "1",
        "AUTOPILOT_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    }


@pytest.fixture
def base(environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The address of everything there is, started with one command on an empty store."""
    port = free_port()
    with process(environment, tmp_path / "up.log", "autopilot", "up", "--port", str(port)):
        base = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{base}/_stcore/health"))
        yield base


@pytest.fixture
def app(base: str, environment: dict[str, str]) -> Iterator[App]:
    app = build_app(load_settings(environment))
    yield app
    app.close()


@pytest.fixture
def page(browser_path: str) -> Iterator[Page]:
    """A page of a new browser; what it complains of, or wants from elsewhere, fails the test."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser: Browser = driver.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox"]
        )
        context = browser.new_context(timezone_id="Europe/Berlin")
        context.set_default_timeout(PATIENCE_SECONDS * 1_000)
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("requestfailed", lambda asked: complaints.append(asked.url))
        yield opened
        browser.close()
    assert [it for it in complaints if "127.0.0.1" not in it] == []


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).first.click()


def press(page: Page, name: str | re.Pattern[str], *, exact: bool = True) -> None:
    page.get_by_role("button", name=name, exact=exact).first.click()


def shows(page: Page, words: str | re.Pattern[str]) -> None:
    page.get_by_text(words).first.wait_for(timeout=PATIENCE_SECONDS * 1_000)


def go_to(page: Page, name: str, *, heading: str | None = None) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=heading or name, exact=True).first.wait_for()


def fill(page: Page, label: str, text: str) -> None:
    field: Locator = page.get_by_label(label, exact=True).first
    field.fill(text)
    field.press("Tab")


def settle(page: Page) -> None:
    """Waits until the page is drawn: what is clicked before may be drawn anew under the click."""
    page.wait_for_timeout(500)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def add(page: Page, label: str, value: str) -> None:
    """Types a new value into a list of chips; again where the page was drawn anew meanwhile."""
    field = page.get_by_role("combobox", name=label)
    chip = page.get_by_label(f"Remove {value}")

    def is_there() -> bool:
        field.click()
        field.fill("")
        field.press_sequentially(value)
        page.wait_for_timeout(300)
        field.press("Enter")
        page.wait_for_timeout(1_000)
        return chip.count() > 0

    until(is_there)
    field.press("Escape")


def test_a_newcomer_walks_from_an_empty_store_to_a_reviewed_issue_and_back(
    base: str, app: App, page: Page, feeds: str
) -> None:
    page.goto(base)
    press(page, re.compile("Make the first newsletter"))
    _take_the_first_steps(page)
    _give_it_a_feed(app, feeds)
    slot = _put_on_autopilot(page)
    _see_it_fire(page, slot)
    _review_it(page)
    _pause_edit_and_delete(page)


def _take_the_first_steps(page: Page) -> None:
    """No feed can be reached from here, so the issue is one of sample news, and says so."""
    shows(page, "What is it about?")
    fill(page, "Name of the newsletter", NEWSLETTER)
    press(page, "Continue")
    shows(page, "These are invented sample news.")
    frame = page.frame_locator("iframe").first
    frame.locator("body").get_by_text(NEWSLETTER).first.wait_for()
    press(page, "Continue")
    shows(page, "How does it leave?")
    settle(page)
    with page.expect_download() as taken:
        press(page, re.compile(r"Download \.eml"))
    assert (
        Path(taken.value.path()).read_bytes().startswith((b"From:", b"Subject:", b"MIME", b"Date"))
    )
    press(page, "Continue without sending it")
    press(page, re.compile("Switch autopilot on"))
    shows(page, "Autopilot is on.")
    shows(page, re.compile("The next issue is made"))


def _give_it_a_feed(app: App, feeds: str) -> None:
    row = specification_named(app, "energy-weekly")
    assert row.document.name == NEWSLETTER
    add_sources(app, row, [Source(url=f"http://{feeds}/feed.xml")], actor="test")


def _put_on_autopilot(page: Page) -> datetime:
    """One more schedule, whose only slot is a minute away and whose issue waits for approval."""
    go_to(page, "Autopilot")
    press(page, re.compile("New schedule"))
    page.get_by_role("heading", name="New schedule").wait_for()
    fill(page, "Name", SOON)
    page.get_by_label("Specification", exact=True).click()
    page.get_by_role("option", name=NEWSLETTER).click()
    choose(page, "Custom")
    choose(page, "Dates")
    slot = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2)
    local = page.evaluate("at => new Date(at).toLocaleString('sv')", slot.isoformat())
    add(page, "Dates with their time", local[:16].replace(" ", "T"))
    shows(page, re.compile("The next slots"))
    page.get_by_text(re.compile("^More: ")).click()
    page.get_by_label("Before issues go out").click()
    page.get_by_role("option", name=re.compile("only when somebody approves")).click()
    shows(page, "More: 1 set")
    add(page, "Who is asked, by mail", "ann@example.org")
    press(page, "Save and switch on")
    page.get_by_role("heading", name=SOON).wait_for()
    shows(page, re.compile("next issue|The first issue|We will tell|fails"))
    return slot


def _see_it_fire(page: Page, slot: datetime) -> None:
    until(lambda: datetime.now(UTC) > slot)
    go_to(page, "History")
    choose(page, "Runs")
    until(lambda: _reloaded(page).get_by_text(re.compile(f"waiting.*{SOON}")).count() > 0)
    go_to(page, "Home", heading=NEWSLETTER)
    shows(page, re.compile("needs? you"))


def _reloaded(page: Page) -> Page:
    page.reload()
    choose(page, "Runs")
    page.get_by_text(re.compile("succeeded|waiting|running|queued")).first.wait_for()
    return page


def _review_it(page: Page) -> None:
    go_to(page, "Review")
    press(page, re.compile("Grid operator|Battery|Regulator"))
    press(page, re.compile("Approve it; nobody gets it"))
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Approve it")).click()
    shows(page, re.compile("approved", re.IGNORECASE))


def _pause_edit_and_delete(page: Page) -> None:
    go_to(page, "Autopilot")
    press(page, re.compile("every Monday"))
    press(page, re.compile("Pause$"))
    fill(page, "Reason", "The editor is away")
    press(page, "Pause it")
    shows(page, "The editor is away")
    press(page, re.compile("Edit$"))
    page.get_by_role("heading", name="Edit schedule").wait_for()
    fill(page, "Name", "Renamed")
    press(page, "Save changes")
    page.get_by_role("heading", name="Renamed").wait_for()
    press(page, re.compile("More"))
    press(page, re.compile("Delete$"))
    press(page, "Delete it")
    shows(page, re.compile("is deleted"))
