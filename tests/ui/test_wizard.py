"""First steps: from an empty store to autopilot, left and taken up again, nothing made twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from service.asking import all_runs, count
from service.conftest import Clock
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, button, words

from autopilot.domain.content import Fetched
from autopilot.domain.letter import Answer, Letter, Verdict
from autopilot.service.context import App
from autopilot.service.findings import Finding
from autopilot.service.schedules import get_autopilot_schedules
from autopilot.ui.host import _hosts, serve_for
from autopilot.ui.wizard import delivery

Shown = Callable[..., AppTest]


class CutOff:
    """A machine without a network: nothing answers."""

    def fetch_all(self, requests: Any, **_how: Any) -> tuple[Fetched, ...]:
        return tuple(Fetched(url=it.url, error="no network", unknown_host=True) for it in requests)

    def ask_links(self, urls: Any, **_how: Any) -> tuple[()]:
        return ()


class Relay:
    """Takes letters."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return Answer(Verdict.ACCEPTED, "250 kept")


@pytest.fixture
def cut_off(empty: App) -> Iterator[App]:
    """An empty store on a machine without a network."""
    alone = replace(empty, outgoing=CutOff())
    serve_for(alone, is_local=True)
    yield alone
    _hosts.clear()


def rest(page: AppTest, clock: Clock) -> AppTest:
    """Lets the threads of this process end what they make, and looks again until nothing is made."""
    for _ in range(3):
        clock.pass_(timedelta(seconds=1))
        for thread in threading.enumerate():
            if thread.name == "making":
                thread.join(30)
        page = page.run()
    assert not page.exception
    return page


def click(page: AppTest, label: str) -> AppTest:
    page = button(page, label).click().run()
    assert not page.exception
    return page


def test_from_nothing_to_autopilot_without_a_network_or_a_key(
    cut_off: App, shown: Shown, clock: Clock
) -> None:
    page = shown("start")
    assert "What is it about?" in words(page)
    page = rest(click(page, "Continue"), clock)
    assert "These are invented sample news" in words(page)
    assert [run.status.value for run in all_runs(cut_off)].count("succeeded") == 1
    page = click(page, "Continue")
    assert "How does it leave?" in words(page)
    assert {it.label for it in page.get("download_button")} >= {"Download .html", "Download .eml"}
    page = click(page, "Continue without sending it")
    assert "Every Monday at 09:00" in words(page).replace("\\", "")
    page = click(page, "Switch autopilot on")
    told = words(page)
    assert "Autopilot is on" in told
    assert "The next issue is made tomorrow 09:00" in told.replace("\\", "")
    assert "If it fails, Home says so first" in told
    (made,) = get_autopilot_schedules(app=cut_off)
    assert (made.type, made.enabled) == ("weekly", True)


def test_it_goes_on_where_it_was_left(cut_off: App, shown: Shown, clock: Clock) -> None:
    page = rest(click(shown("start"), "Continue"), clock)
    assert "These are invented sample news" in words(shown("start"))
    click(page, "Continue")
    assert "How does it leave?" in words(shown("start"))
    click(shown("start"), "Continue without sending it")
    assert "Put it on autopilot" in words(shown("start"))
    click(shown("start"), "Not now")
    assert "That is all for now" in words(shown("start"))
    assert get_autopilot_schedules(app=cut_off) == []


def test_going_back_makes_nothing_twice(cut_off: App, shown: Shown, clock: Clock) -> None:
    rest(click(shown("start"), "Continue"), clock)
    before = {it: count(cut_off, it) for it in ("workspaces", "newsletter_runs", "issues")}
    page = shown("start", step="topic")
    assert page.text_input(key="start-name-energy").value == "Energy Weekly"
    page.text_input(key="start-name-energy").set_value(HOSTILE[1])
    page = click(page, "Continue")
    assert {it: count(cut_off, it) for it in before} == before
    page = shown("start", step="topic")
    assert page.text_input(key="start-name-energy").value == HOSTILE[1]


def test_a_step_that_is_not_reached_yet_cannot_be_taken(cut_off: App, shown: Shown) -> None:
    assert "What is it about?" in words(shown("start", step="schedule"))
    page = shown("start")
    assert button(page, "4. Autopilot").disabled


def test_each_step_can_be_skipped(cut_off: App, shown: Shown, clock: Clock) -> None:
    page = rest(click(shown("start"), "Continue"), clock)
    for label in ("Continue", "Continue without sending it", "Not now"):
        page = click(page, label)
    assert "That is all for now" in words(page)


def test_whoever_brings_their_own_feeds_is_led_to_them(cut_off: App, shown: Shown) -> None:
    button(shown("start"), "I bring my own feeds instead").click().run()
    assert count(cut_off, "workspaces") == 1
    assert count(cut_off, "newsletter_specifications") == 0


def test_faulty_answers_are_told_and_kept(cut_off: App, shown: Shown) -> None:
    page = shown("start")
    page.text_input(key="start-name-energy").set_value("   ")
    page = click(page, "Continue")
    assert "name" in words(page)
    assert page.error
    assert count(cut_off, "workspaces") == 0


def test_mail_is_offered_after_the_connection_was_tested(
    empty: App, new_app: Any, shown: Shown, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay()
    given = new_app(
        AUTOPILOT_SECRET_KEY="a key of the tests, long enough to be one",
        AUTOPILOT_SMTP_URL="smtp://127.0.0.1:2525?tls=none",
        AUTOPILOT_MAIL_FROM="Acme <news@example.org>",
    )
    alone = replace(given, outgoing=CutOff(), post=relay)
    serve_for(alone, is_local=True)
    monkeypatch.setattr(
        delivery, "relay_finding", lambda _: Finding(check="relay", message="it answers")
    )
    page = rest(click(shown("start"), "Continue"), clock)
    page = click(page, "Continue")
    assert button(page, "Send me a test").disabled
    page = click(page, "Test the connection")
    assert "it answers" in words(page)
    page.text_input(key="start-to").set_value("me@example.org")
    page = click(page, "Send me a test")
    assert [letter.to for letter in relay.letters] == ["me@example.org"]
    page = click(page, "Send each issue to this address")
    assert "Put it on autopilot" in words(page)
    page.text_input(key="start-owner").set_value("me@example.org")
    page = click(page, "Switch autopilot on")
    assert "We will tell me@example.org if it fails." in words(page).replace("\\", "")
