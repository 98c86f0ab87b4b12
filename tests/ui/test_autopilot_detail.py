"""One schedule on its own page: what comes, what was, who changed what, and every act on it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from service.conftest import Clock
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, button, history, member_of, schedule, words, workspace

from autopilot.domain.access import Principal, Role
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.service.context import App
from autopilot.service.editing import update_schedule
from autopilot.service.making_now import progress
from autopilot.service.schedules import get_autopilot_schedules
from autopilot.ui.parts.text import plain

Shown = Callable[..., AppTest]


def ended(app: App, run: Run) -> Run:
    """The run once its thread is through with it."""
    for _ in range(600):
        now = progress(app, run.id).run
        if now.has_ended:
            return now
        time.sleep(0.05)
    raise AssertionError(f"{run.id} is still {now.status}")


def test_the_detail_says_what_comes_and_what_was(app: App, shown: Shown) -> None:
    page = shown("autopilot", schedule=schedule(app).id)
    assert not page.exception
    told = words(page).replace("\\", "")
    assert [it.value for it in page.title] == ["Monday nine"]
    assert "**Every Monday at 09:00, Europe/Berlin time**" in told
    assert "- Mon 14 Dec, 09:00 :gray[(08:00 UTC, in 6 days)]" in told
    assert "**3** slots: 2 succeeded, 0 failed, 1 skipped" in told
    assert "Specification: **Energy Weekly**" in told
    assert "Every other policy is as usual." in told


def test_awkward_names_stand_in_the_detail_as_they_are_written(awkward: App, shown: Shown) -> None:
    for name in HOSTILE:
        page = shown("autopilot", schedule=schedule(awkward, name).id)
        assert not page.exception
        assert page.title[0].value == plain(name)
        assert not [it for it in page.markdown if it.allow_html]


@pytest.mark.parametrize("given", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_schedule_is_told(app: App, shown: Shown, given: str) -> None:
    page = shown("autopilot", schedule=given)
    assert not page.exception
    assert "There is no schedule" in words(page)


def test_a_rule_that_cannot_be_read_any_more_does_not_break_the_page(
    app: App, shown: Shown
) -> None:
    from sqlalchemy import update

    from autopilot.store.tables import autopilot_schedules

    with app.database.begin() as connection:
        connection.execute(update(autopilot_schedules).values(schedule_config={"days": ["no"]}))
    for query in ({}, {"schedule": schedule(app).id}, {"schedule": schedule(app).id, "edit": "y"}):
        page = shown("autopilot", **query)
        assert not page.exception
        assert "This rule cannot be used" in words(page) or "edit" in query


def test_the_next_slot_is_skipped_and_the_one_after_it_comes(app: App, shown: Shown) -> None:
    page = shown("autopilot", schedule=schedule(app).id)
    page.button(key="skip").click().run()
    assert "No issue is made for **Mon 14 Dec, 09:00**" in words(page).replace("\\", "")
    page.button(key="skip-it").click().run()
    assert not page.exception
    told = words(page).replace("\\", "")
    assert "Mon 14 Dec, 09:00 is skipped. The next issue is for **Mon 21 Dec, 09:00**" in told
    assert history(app)[-1].reason == "skipped by local"


def test_the_slot_that_is_skipped_is_the_one_that_was_seen(app: App, shown: Shown) -> None:
    page = shown("autopilot", schedule=schedule(app).id)
    page.button(key="skip").click().run()
    update_schedule(schedule(app).id, {"notes": "meanwhile"}, actor="bob", app=app)
    page.button(key="skip-it").click().run()
    assert "was changed by somebody else meanwhile" in words(page)
    assert len(history(app)) == 4


@pytest.mark.parametrize(("label", "told"), [("Run now", "It is a draft"), ("Test run", "A test")])
def test_an_issue_is_made_by_hand(app: App, shown: Shown, label: str, told: str) -> None:
    before = schedule(app)
    page = shown("autopilot", schedule=before.id)
    button(page, label).click().run()
    assert not page.exception
    assert told in words(page)
    made = history(app)[-1]
    assert made.trigger is Trigger.MANUAL
    assert made.schedule_id == before.id
    assert ended(app, made).has_ended  # no worker is alive: this process made it
    assert schedule(app).next_run_at == before.next_run_at


def test_a_backfill_says_how_many_drafts_it_makes_first(app: App, shown: Shown) -> None:
    page = shown("autopilot", schedule=schedule(app).id)
    button(page, "Backfill past slots").click().run()
    assert [it.label for it in page.button if it.key == "backfill-it"] == ["Make 5 drafts"]
    page.date_input(key="backfill-from").set_value(page.date_input(key="backfill-to").value).run()
    assert [it.label for it in page.button if it.key == "backfill-it"] == ["Make 1 draft"]
    page.button(key="backfill-it").click().run()
    assert not page.exception
    assert "1 draft will be made" in words(page)
    made = history(app)[-1]
    assert (made.trigger, made.scheduled_for is None) == (Trigger.MANUAL, False)
    assert ended(app, made).has_ended


def test_deleting_keeps_runs_and_asks_twice_for_good(app: App, shown: Shown) -> None:
    seen = schedule(app)
    page = shown("autopilot", schedule=seen.id)
    button(page, "Delete").click().run()
    assert "stay in the history either way" in words(page)
    page.radio(key="delete-how").set_value("hard").run()
    assert page.button(key="delete-it").disabled
    page.text_input(key="delete-name").set_value("Monday nine").run()
    page.button(key="delete-it").click().run()
    assert not page.exception
    assert "is deleted. Its runs and issues stay" in words(page)
    assert not get_autopilot_schedules(app=app)
    assert len(history(app)) == 4


def test_one_that_is_kept_among_the_deleted_can_be_looked_at_only(app: App, shown: Shown) -> None:
    seen = schedule(app)
    page = shown("autopilot", schedule=seen.id)
    button(page, "Delete").click().run()
    page.button(key="delete-it").click().run()
    assert [it.status for it in get_autopilot_schedules(status="cancelled", app=app)]
    page = shown("autopilot", schedule=seen.id)
    assert "it is deleted, and here for its history" in words(page)
    assert not [it for it in page.button if it.label in ("Edit", "Resume", "Run now")]


def test_the_audit_says_who_changed_what(app: App, shown: Shown) -> None:
    seen = schedule(app)
    update_schedule(seen.id, {"notes": "new"}, actor="bob@example.org", app=app)
    page = shown("autopilot", schedule=seen.id)
    assert "bob" not in words(page)  # nothing is read before it is opened
    page.session_state[f"audit-{seen.id}"] = True
    page.run()
    told = words(page).replace("\\", "")
    assert "**bob@example.org** changed it: notes" in told
    assert "**ann@example.org**" in told


def test_a_run_is_opened_where_it_stands(app: App, shown: Shown) -> None:
    seen = schedule(app)
    first = next(run for run in history(app) if run.status is RunStatus.SUCCEEDED)
    page = shown("autopilot", schedule=seen.id)
    assert len([it for it in page.expander if "schedule" in it.label]) == 3
    page.session_state[f"run-{first.id}"] = True
    page.run()
    assert not page.exception
    told = words(page)
    assert "| collect |" in told
    assert "attempt 1" in told


def test_a_failed_run_is_retried_by_an_editor(
    app: App, shown: Shown, become: Callable[[Principal], None], clock: Clock
) -> None:
    from sqlalchemy import update

    from autopilot.store.tables import newsletter_runs

    run = history(app)[0]
    with app.database.begin() as connection:
        connection.execute(
            update(newsletter_runs)
            .where(newsletter_runs.c.id == run.id)
            .values(status="failed", reason="internal error 0a1b2c3d: boom")
        )
    become(member_of(workspace(app), Role.EDITOR))
    page = shown("autopilot", schedule=schedule(app).id)
    page.session_state[f"run-{run.id}"] = True
    page.run()
    assert "0a1b2c3d" in words(page)
    button(page, "Retry from the failed step").click().run()
    assert not page.exception
    assert history(app)[0].status is RunStatus.QUEUED


def test_a_viewer_can_do_nothing_here(
    app: App, shown: Shown, become: Callable[[Principal], None]
) -> None:
    become(member_of(workspace(app)))
    page = shown("autopilot", schedule=schedule(app).id)
    assert "Your role here is viewer" in words(page)
    assert not [it for it in page.button if it.label in ("Edit", "Pause", "Run now", "Delete")]
