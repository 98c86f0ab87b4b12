"""Home: what needs somebody first, then is it on, did it work, what comes next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from service.conftest import Clock
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, button, history, schedule, words

from autopilot.service.attendance import arrive, note_tick
from autopilot.service.context import App
from autopilot.service.generate import generate
from autopilot.service.schedules import disable_schedule
from autopilot.store.tables import sources
from autopilot.ui.parts.text import plain

Shown = Callable[..., AppTest]


def links(page: AppTest) -> list[tuple[str, str]]:
    """The words of a page's links, and what their addresses ask for."""
    return [(it.proto.label, it.proto.query_string) for it in page.get("page_link")]


def test_home_says_what_comes_next_and_how_the_last_runs_ended(app: App, shown: Shown) -> None:
    page = shown("home")
    assert not page.exception
    told = words(page)
    assert [it.value for it in page.title] == ["Acme Research"]
    assert "1 of 1 schedule on" in told
    assert "Mon 14 Dec" in told
    assert ":material/radio_button_unchecked:] 09:00 Energy Weekly" in told
    assert told.count("to be sent]") == 2
    assert "skipped]" in told
    assert "Of the last 4 runs: 2 to be sent, 1 draft, 1 skipped." in told
    assert "Times are those of Europe/Berlin" in told


def test_who_looks_after_the_slots_is_told(app: App, shown: Shown) -> None:
    assert "No worker is running" in words(shown("home"))
    note_tick(app, arrive(app))
    told = words(shown("home"))
    assert "No worker" not in told
    assert "on time]" in told
    assert "seen just now" in told


def test_a_dead_source_is_named_with_what_to_do(app: App, shown: Shown) -> None:
    told = words(shown("home"))
    assert "1 source needs care" in plain_less(told)
    assert "**Silent wire**" in told
    assert "1 work]" in told


def test_all_is_well_takes_one_line(app: App, shown: Shown) -> None:
    with app.database.begin() as connection:
        connection.execute(delete(sources).where(sources.c.url.contains("dead")))
    note_tick(app, arrive(app))
    told = words(shown("home"))
    assert "All is well" in told
    assert "needs you" not in told
    assert "The next issue is due Mon 14 Dec, 09:00" in told


def test_a_paused_newsletter_says_that_it_is_off(app: App, shown: Shown) -> None:
    disable_schedule(schedule(app).id, reason="holidays", app=app)
    told = plain_less(words(shown("home")))
    assert "Autopilot is off: no schedule is on." in told
    assert "No schedule is on, so nothing is made by itself." in told


def test_everything_leads_to_its_page(app: App, shown: Shown) -> None:
    found = links(shown("home"))
    labels = {label for label, _ in found}
    for label in ("All schedules", "All runs and issues", "All sources", "Review", "Budget"):
        assert label in labels
    made = [run for run in history(app) if run.status == "succeeded"]
    assert sum("issue=" in query for _, query in found) == len(made)


def test_an_empty_store_welcomes_whoever_runs_it(empty: App, shown: Shown) -> None:
    page = shown("home")
    assert not page.exception
    assert [it.value for it in page.title] == ["Welcome to Autopilot"]
    button(page, "Make the first newsletter")


def test_a_workspace_without_an_issue_is_led_to_the_first(awkward: App, shown: Shown) -> None:
    page = shown("home", workspace="awkward")
    button(page, "Go on with the first steps")
    assert "There is no issue yet" in words(page)
    assert not [it for it in shown("home", workspace="acme").button if "first steps" in it.label]


def test_names_stand_as_they_are_written(awkward: App, shown: Shown) -> None:
    page = shown("home", workspace="awkward")
    assert not page.exception
    told = words(page)
    assert [it.value for it in page.title] == [plain(HOSTILE[0])]
    for name in HOSTILE:
        assert plain(name) in told
        assert name == plain(name) or name not in told


def test_failures_come_with_their_reason(app: App, shown: Shown, clock: Clock) -> None:
    clock.pass_(timedelta(hours=1))
    row = schedule(app)
    with app.database.begin() as connection:
        connection.execute(delete(sources).where(~sources.c.url.contains("dead")))
    generate(app, row.specification_id, row.workspace_id, "ann@example.org")
    page = shown("home")
    told = plain_less(words(page))
    assert "failed]" in told
    assert "none of the 1 sources could be read" in told
    (query,) = [query for label, query in links(page) if label == "See each step, and try again"]
    assert f"run={history(app)[-1].id}" in query


def plain_less(told: str) -> str:
    """What somebody reads, without the signs that keep text from being Markdown."""
    return told.replace("\\", "")


def test_what_passed_a_threshold_stands_among_what_needs_somebody(
    app: App, shown: Shown, clock: Clock
) -> None:
    worker = arrive(app)
    note_tick(app, worker, seconds=42)
    clock.pass_(timedelta(minutes=1))
    told = plain_less(words(shown("home")))
    assert "A tick took 42 s beside the issues it made, more than 30 s." in told
    assert "UTC. See whether the store is slow: autopilot doctor" in told
    assert "Uptime 100%" in told
