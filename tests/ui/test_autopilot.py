"""The Autopilot page's list: is it on, did it work, what comes next; switching and choosing."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox
from ui.conftest import HOSTILE, button, member_of, schedule, specification, words, workspace

from autopilot.domain.access import Principal, Role
from autopilot.service.context import App
from autopilot.service.schedules import (
    create_autopilot_schedule,
    delete_schedule,
    disable_schedule,
)
from autopilot.ui.parts.text import plain

Shown = Callable[..., AppTest]


def test_the_list_says_is_it_on_did_it_work_what_comes_next(app: App, shown: Shown) -> None:
    page = shown("autopilot")
    assert not page.exception
    told = words(page)
    assert ":green-badge[:material/play_circle: on]" in told
    assert "last run" in told
    assert plain("Every Monday at 09:00, Europe/Berlin time") in told
    assert "Energy Weekly" in told
    assert plain("Mon 14 Dec, 09:00") in told  # the next slot by the schedule's clock
    assert ":blue[■■]:gray[■] last 3: 2 to be sent, 1 skipped" in told


def test_awkward_names_stand_as_they_are_written(awkward: App, shown: Shown) -> None:
    page = shown("autopilot", workspace="awkward")
    assert not page.exception
    told = words(page)
    for name in HOSTILE:
        assert plain(name) in told
        assert f"**{plain(name)}**" in [it.label for it in page.button]
    assert not [it for it in page.markdown if it.allow_html]


def test_switching_off_asks_for_a_reason_first(app: App, shown: Shown) -> None:
    page = shown("autopilot")
    page.toggle[0].set_value(False).run()
    assert schedule(app).enabled
    button(page, "Pause it").click().run()
    assert "reason: is missing" in words(page).replace("\\", "")
    assert schedule(app).enabled
    page.text_input(key="pause-reason").set_value("Away until January").run()
    button(page, "Pause it").click().run()
    assert not page.exception
    paused = schedule(app)
    assert (paused.enabled, paused.status_reason) == (False, "Away until January")
    assert "Away until January" in words(page)


def test_switching_on_tells_the_next_date(app: App, shown: Shown) -> None:
    disable_schedule(schedule(app).id, reason="a test", app=app)
    page = shown("autopilot")
    page.toggle[0].set_value(True).run()
    assert not page.exception
    assert schedule(app).enabled
    assert plain("Mon 14 Dec, 09:00, Europe/Berlin time") in words(page)


def test_a_viewer_sees_and_cannot_switch(
    app: App, shown: Shown, become: Callable[[Principal], None]
) -> None:
    become(member_of(workspace(app)))
    page = shown("autopilot")
    assert not page.exception
    assert page.toggle[0].disabled
    assert not [it for it in page.button if it.label == "New schedule"]


def test_who_lost_the_role_meanwhile_changes_nothing(
    app: App, shown: Shown, become: Callable[[Principal], None]
) -> None:
    become(member_of(workspace(app), Role.EDITOR))
    page = shown("autopilot")
    page.toggle[0].set_value(False).run()
    page.text_input(key="pause-reason").set_value("mine now").run()
    become(member_of(workspace(app)))
    button(page, "Pause it").click().run()
    assert "needs the role editor" in words(page)
    assert schedule(app).enabled


def test_another_workspace_is_not_listed(
    awkward: App, shown: Shown, become: Callable[[Principal], None]
) -> None:
    become(member_of(workspace(awkward)))
    page = shown("autopilot", workspace="awkward")
    assert "**Monday nine**" in [it.label for it in page.button]
    assert plain(HOSTILE[0]) not in words(page)
    other = schedule(awkward, HOSTILE[0])
    gone = shown("autopilot", schedule=other.id)
    assert f"There is no schedule {other.id}" in words(gone).replace("\\", "")


def one_of(page: AppTest, label: str) -> Selectbox:
    """The choice with this label."""
    (found,) = [it for it in page.selectbox if it.label == label]
    return found


def test_filters_narrow_the_list_and_stay(awkward: App, shown: Shown) -> None:
    page = shown("autopilot", workspace="awkward")
    assert len(page.toggle) == len(HOSTILE)
    page.text_input(key="autopilot-text").set_value("BOLD").run()
    assert len(page.toggle) == 1
    page.text_input(key="autopilot-text").set_value("").run()
    page.selectbox(key="autopilot-status").select("paused").run()
    assert "None of the 5 schedules is like that" in words(page)
    page.selectbox(key="autopilot-status").select("all").run()
    one_of(page, "Specification").select(specification(awkward, "awkward-2")).run()
    assert len(page.toggle) == 1
    page.selectbox(key="autopilot-workspaces").select("all").run()
    assert len(page.toggle) == len(HOSTILE) + 1


def test_chosen_ones_are_paused_and_resumed_together(awkward: App, shown: Shown) -> None:
    page = shown("autopilot", workspace="awkward")
    assert not page.checkbox
    button(page, "Choose several").click().run()
    button(page, "Choose this page").click().run()
    button(page, "Pause the chosen").click().run()
    page.text_input(key="pause-reason").set_value("Summer").run()
    button(page, "Pause them").click().run()
    assert not page.exception
    assert "5 schedules are paused now" in words(page)
    assert {schedule(awkward, name).status_reason for name in HOSTILE} == {"Summer"}
    assert schedule(awkward).enabled
    assert not page.checkbox
    button(page, "Choose several").click().run()
    for number in range(2):
        page.checkbox[number].check().run()
    button(page, "Resume the chosen").click().run()
    assert "2 schedules are on now" in words(page)
    assert sum(schedule(awkward, name).enabled for name in HOSTILE) == 2


def test_a_long_list_has_pages(app: App, shown: Shown) -> None:
    for number in range(19):
        create_autopilot_schedule(
            specification(app),
            workspace(app),
            "bob",
            f"Daily {number:02}",
            "daily",
            {"times": [f"10:{number:02}"]},
            app=app,
        )
    page = shown("autopilot")
    assert "All (20)" in str(page.selectbox(key="autopilot-status").options)
    assert len(page.toggle) == 15
    button(page, "Next").click().run()
    assert len(page.toggle) == 5
    assert button(page, "Next").disabled
    button(page, "Previous").click().run()
    assert len(page.toggle) == 15


def test_an_empty_workspace_says_what_to_do(app: App, shown: Shown) -> None:
    delete_schedule(schedule(app).id, True, app=app)
    assert "Nothing is on autopilot yet" in words(shown("autopilot"))
