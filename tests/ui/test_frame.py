"""The frame of the web app, and the workspace that the tests of the pages look at."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest
from ui.conftest import history

from autopilot.domain.run import RunStatus
from autopilot.service.context import App


def test_the_workspace_of_the_tests_has_a_history(app: App) -> None:
    ended = [(run.trigger.value, run.status) for run in history(app)]
    assert ended == [
        ("schedule", RunStatus.SUCCEEDED),
        ("schedule", RunStatus.SUCCEEDED),
        ("manual", RunStatus.SUCCEEDED),
        ("schedule", RunStatus.SKIPPED),
    ]


def test_each_page_of_the_menu_runs(app: App, shown: Callable[..., AppTest]) -> None:
    for name in (
        "autopilot",
        "generate",
        "review",
        "history",
        "specifications",
        "subscribers",
        "settings",
    ):
        page = shown(name)
        assert not page.exception, (name, page.exception)
        assert page.title, name


def test_a_workspace_is_chosen_by_the_address(awkward: App, shown: Callable[..., AppTest]) -> None:
    page = shown("autopilot", workspace="awkward")
    assert page.sidebar.selectbox[0].value == "awkward"
    assert not page.exception
