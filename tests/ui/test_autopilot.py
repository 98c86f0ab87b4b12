"""The Autopilot page's list: is it on, did it work, what comes next; switching and choosing."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, button, schedule, words

from autopilot.service.context import App
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
    assert "🟩🟩⬜ last 3: 2 succeeded, 1 skipped" in told


def test_awkward_names_stand_as_they_are_written(awkward: App, shown: Shown) -> None:
    page = shown("autopilot", workspace="awkward")
    assert not page.exception
    told = words(page)
    for name in HOSTILE:
        assert plain(name) in told
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
    from autopilot.service.schedules import disable_schedule

    disable_schedule(schedule(app).id, reason="a test", app=app)
    page = shown("autopilot")
    page.toggle[0].set_value(True).run()
    assert not page.exception
    assert schedule(app).enabled
    assert plain("Mon 14 Dec, 09:00, Europe/Berlin time") in words(page)
