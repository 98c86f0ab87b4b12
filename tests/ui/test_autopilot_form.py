"""The form of a schedule: filled in step by step, never lost, two people at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from streamlit.testing.v1 import AppTest
from ui.conftest import (
    HOSTILE,
    button,
    member_of,
    opened,
    schedule,
    specification,
    words,
    workspace,
)

from autopilot.domain.access import Principal
from autopilot.service.context import App
from autopilot.service.editing import update_schedule
from autopilot.service.schedules import get_autopilot_schedules
from autopilot.ui.parts.text import plain

Shown = Callable[..., AppTest]


def new(shown: Shown) -> AppTest:
    page = shown("autopilot")
    button(page, "New schedule").click().run()
    assert [it.value for it in page.title] == ["New schedule"]
    return page


def field(page: AppTest, kind: str, label: str):  # type: ignore[no-untyped-def]
    """The widget with this label; the assertion names those that are there."""
    found = [it for it in page.get(kind) if it.label == label]
    assert found, f"no {kind} {label!r} among {[it.label for it in page.get(kind)]}"
    return found[0]


def test_name_days_time_zone_and_specification_are_enough(app: App, shown: Shown) -> None:
    page = new(shown)
    told = words(page)
    assert "When: day missing" in told
    assert ":green[:material/check_circle:] Newsletter" in told  # the only specification is chosen
    field(page, "text_input", "Name").set_value("Twice a week").run()
    field(page, "button_group", "Days").set_value(["mon", "thu"]).run()
    field(page, "selectbox", "Time zone").select("America/New_York").run()
    told = words(page)
    assert "Every Monday and Thursday at 09:00, America/New_York time." in told.replace("\\", "")
    assert "Thu 10 Dec 2026, **09:00** :gray[(14:00 UTC, in 3 days)]" in told
    button(page, "Save and switch on").click().run()
    assert not page.exception
    made = schedule(app, "Twice a week")
    assert made.enabled
    assert made.config == {"days": ["mon", "thu"], "times": ["09:00"]}
    assert (made.timezone, dict(made.policies)) == ("America/New_York", {})
    told = words(page).replace("\\", "")
    assert "is on. The next issue is for **today 09:00, America/New_York time**" in told
    assert "We will tell you if it fails, but not by mail" in told
    assert page.query_params["schedule"] == str(made.id)


def test_what_is_missing_is_told_at_its_place_when_saving(app: App, shown: Shown) -> None:
    page = new(shown)
    field(page, "multiselect", "Time").set_value([]).run()
    assert "Day is missing" not in words(page)
    button(page, "Save and switch on").click().run()
    told = words(page)
    assert "Day is missing" in told
    assert "Time is missing" in told
    assert "It is not saved yet. Look again at: When." in told
    assert len(get_autopilot_schedules(app=app)) == 1


def test_a_form_is_kept_while_somebody_looks_elsewhere(app: App, shown: Shown) -> None:
    page = new(shown)
    field(page, "text_input", "Name").set_value("Half of it").run()
    field(page, "button_group", "Days").set_value(["fri"]).run()
    page.switch_page("pages/history.py").run()
    page.switch_page("pages/autopilot.py").run()
    del page.query_params["new"]
    page.run()
    assert "Unfinished schedule: **Half of it**" in words(page)
    button(page, "Go on").click().run()
    assert field(page, "text_input", "Name").value == "Half of it"
    assert field(page, "button_group", "Days").value == ["fri"]
    button(page, "Throw away").click().run()
    assert "Unfinished" not in words(page)


def test_a_draft_can_be_saved_switched_off(app: App, shown: Shown) -> None:
    page = new(shown)
    field(page, "button_group", "Repeats").set_value("daily").run()
    button(page, "Save switched off").click().run()
    assert not page.exception
    made = schedule(app, "Every day at 09:00")  # nobody named it
    assert not made.enabled
    assert "is saved and off" in words(page)


def test_the_whole_calendar_language_can_be_reached(app: App, shown: Shown) -> None:
    page = new(shown)
    field(page, "text_input", "Name").set_value("Quarterly").run()
    field(page, "button_group", "Repeats").set_value("monthly").run()
    field(page, "button_group", "On").set_value("business_day").run()
    field(page, "selectbox", "Business day").select(-1).run()
    field(page, "number_input", "Every how many months").set_value(3).run()
    assert "When: date to count from missing" in words(page)
    field(page, "date_input", "Counted from").set_value(date(2027, 1, 1)).run()
    field(page, "date_input", "Not after").set_value(date(2028, 1, 1)).run()
    field(page, "number_input", "Number of issues").set_value(4).run()
    field(page, "text_input", "Holidays of").set_value("DE").run()
    field(page, "text_input", "Part of it").set_value("BY").run()
    field(page, "selectbox", "On a public holiday").select("previous_business_day").run()
    assert "On the last business day of every 3rd month" in words(page)
    field(page, "selectbox", "When a slot was missed").select("none").run()
    field(page, "number_input", "How often a failed run is tried again").set_value(1).run()
    field(page, "selectbox", "Before issues go out").select("hold").run()
    button(page, "Save and switch on").click().run()
    assert not page.exception
    made = schedule(app, "Quarterly")
    assert made.config == {
        "business_day": -1,
        "times": ["09:00"],
        "every": 3,
        "anchor": "2027-01-01",
        "end_date": "2028-01-01",
        "max_runs": 4,
        "holidays": {"country": "DE", "subdivision": "BY", "rule": "previous_business_day"},
    }
    assert made.policies == {"catch_up": "none", "retries": 1, "review": {"mode": "hold"}}


def test_problems_stand_beside_their_fields_all_at_once(app: App, shown: Shown) -> None:
    page = new(shown)
    field(page, "button_group", "Repeats").set_value("custom").run()
    field(page, "text_input", "Cron line").set_value("61 9 * * *").run()
    field(page, "text_input", "Holidays of").set_value("XX").run()
    told = words(page).replace("\\", "")
    assert "61" in told
    assert "'XX'" in told
    assert ":red[:material/error:] When: look again" in told
    assert "What will happen" in told


def test_a_rule_that_comes_too_often_is_refused_with_its_reason(app: App, shown: Shown) -> None:
    page = new(shown)
    field(page, "button_group", "Repeats").set_value("custom").run()
    field(page, "text_input", "Cron line").set_value("* * * * *").run()
    button(page, "Save and switch on").click().run()
    assert "5 minutes" in words(page)
    assert len(get_autopilot_schedules(app=app)) == 1


def test_a_taken_name_is_told_and_nothing_is_lost(app: App, shown: Shown) -> None:
    page = new(shown)
    field(page, "text_input", "Name").set_value("Monday nine").run()
    field(page, "button_group", "Days").set_value(["tue"]).run()
    button(page, "Save and switch on").click().run()
    assert not page.exception
    assert "already has a schedule named" in words(page)
    assert field(page, "button_group", "Days").value == ["tue"]


def test_the_second_of_two_people_is_told_and_both_versions_are_shown(
    app: App, shown: Shown
) -> None:
    seen = schedule(app)
    page = shown("autopilot", schedule=seen.id, edit="yes")
    field(page, "text_input", "Name").set_value("Mine").run()
    update_schedule(
        seen.id,
        {"config": {"days": ["wed"], "times": ["07:30"]}, "notes": "theirs"},
        actor="bob@example.org",
        app=app,
    )
    button(page, "Save changes").click().run()
    assert not page.exception
    told = words(page).replace("\\", "")
    assert "bob@example.org changed this schedule while you were editing it" in told
    assert "| Name | Mine | Monday nine |" in told
    assert "| Days | mon | wed |" in told
    assert schedule(app).version == seen.version + 1  # theirs stands, mine is only typed
    button(page, "Go on with mine").click().run()
    assert field(page, "text_input", "Name").value == "Mine"
    assert field(page, "button_group", "Days").value == ["wed"]
    button(page, "Save changes").click().run()
    both = schedule(app, "Mine")
    assert both.config == {"days": ["wed"], "times": ["07:30"]}
    assert both.notes == "theirs"


def test_theirs_can_be_taken(app: App, shown: Shown) -> None:
    seen = schedule(app)
    page = shown("autopilot", schedule=seen.id, edit="yes")
    field(page, "text_input", "Name").set_value("Mine").run()
    update_schedule(seen.id, {"name": "Theirs"}, actor="bob", app=app)
    button(page, "Save changes").click().run()
    button(page, "Take theirs").click().run()
    assert field(page, "text_input", "Name").value == "Theirs"


def test_an_edit_that_changes_nothing_writes_nothing(app: App, shown: Shown) -> None:
    seen = schedule(app)
    page = shown("autopilot", schedule=seen.id, edit="yes")
    button(page, "Save changes").click().run()
    assert schedule(app) == seen


def test_another_page_hands_a_form_over_filled_in(app: App) -> None:
    page = opened("autopilot")
    page.session_state["autopilot-new"] = {
        "specification_id": specification(app),
        "type": "weekly",
        "config": {"days": ["mon"], "times": ["09:00"]},
        "name": "From an issue",
        "categories": ["grid"],
        "regions": None,
    }
    page.run()
    assert not page.exception
    assert field(page, "text_input", "Name").value == "From an issue"
    assert field(page, "multiselect", "Only these categories").value == ["grid"]
    button(page, "Save and switch on").click().run()
    made = schedule(app, "From an issue")
    assert (made.timezone, made.categories_override) == ("Europe/Berlin", ("grid",))


def test_a_viewer_gets_no_form(app: App, shown: Shown, become: Callable[[Principal], None]) -> None:
    become(member_of(workspace(app)))
    for query in ({"new": "x"}, {"schedule": schedule(app).id, "edit": "yes"}):
        page = shown("autopilot", **query)
        assert "needs the role editor" in words(page)
        assert not page.text_input


def test_awkward_names_stand_in_the_form_as_they_are_written(awkward: App, shown: Shown) -> None:
    page = shown("autopilot", schedule=schedule(awkward, HOSTILE[1]).id, edit="yes")
    assert not page.exception
    assert field(page, "text_input", "Name").value == HOSTILE[1]
    assert HOSTILE[1] in field(page, "selectbox", "Specification").options
    assert plain(HOSTILE[1]) not in field(page, "selectbox", "Specification").options


def test_a_review_without_reviewers_is_told_beside_it(app: App, shown: Shown) -> None:
    page = new(shown)
    field(page, "button_group", "Days").set_value(["mon"]).run()
    field(page, "selectbox", "Before issues go out").select("approve").run()
    assert not page.exception
    told = words(page).replace("\\", "")
    assert "mode approve needs reviewers" in told
    assert "Every Monday at 09:00" in told  # the rule is right all the same
    button(page, "Save and switch on").click().run()
    assert len(get_autopilot_schedules(app=app)) == 1
