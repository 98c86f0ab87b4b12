"""The History page: lists, filters, search, an opened issue and run, and what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from service.conftest import MONDAY_NINE, WEEK, Clock
from service.feeds import Feeds
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, go_to, history, later, opened, schedule, words

from autopilot.domain.run import RunStatus, Trigger
from autopilot.service.context import App
from autopilot.store import issues

Shown = Callable[..., AppTest]


def labels(page: AppTest) -> list[str]:
    """What the ways to issues and the folded rows of runs say."""
    return [str(it.label) for it in (*page.button, *page.expander)]


def issue_of(app: App, number: int) -> issues.IssueRow:
    with app.database.read() as connection:
        found = issues.issue_of_run(connection, history(app)[number].id)
    assert found is not None
    return found


def choose(page: AppTest, key: str, value: object) -> AppTest:
    return page.selectbox(key=key).set_value(value).run()


def test_issues_stand_newest_first(app: App, shown: Shown) -> None:
    page = shown("history")
    assert not page.exception
    told = labels(page)
    subjects = [issue_of(app, number).subject for number in (2, 1, 0)]
    places = [next(n for n, it in enumerate(told) if _same(it, one)) for one in subjects]
    assert len(told) >= 3
    assert places == sorted(places)


def _same(label: str, text: str) -> bool:
    return label.replace("\\", "") == text


def test_the_way_to_an_issue_and_back_is_in_the_address(app: App, shown: Shown) -> None:
    issue = issue_of(app, 1)
    page = shown("history").button(key=f"history-open-{issue.id}").click().run()
    assert page.query_params["issue"] in (str(issue.id), [str(issue.id)])
    assert [it for it in page.subheader if _same(it.value, issue.subject)]
    page = page.button(key="history-all").click().run()
    assert "issue" not in page.query_params
    assert [it for it in labels(page) if _same(it, issue.subject)]


def test_runs_are_opened_where_they_stand(app: App, shown: Shown) -> None:
    page = shown("history")
    page.segmented_control(key="history-view").set_value("Runs").run()
    assert not page.exception
    rows = [it for it in page.expander if "skipped" in it.label or "sent" in it.label]
    assert len(rows) == 3
    newest = history(app)[-1]
    page.session_state[f"history-run-{newest.id}"] = True
    page.run()
    assert not page.exception
    assert str(newest.id)[:8] in words(page)
    assert "| collect |" in words(page)


def test_a_link_to_a_schedule_chooses_its_runs(app: App, shown: Shown) -> None:
    page = shown("history", schedule=schedule(app).id)
    assert not page.exception
    assert page.selectbox(key="history-schedule").value == schedule(app).id
    assert sum("Monday nine" in it.label for it in page.expander) == 3
    page = choose(page, "history-schedule", None)
    assert len([it for it in page.expander if it.label.startswith(":")]) == 4


def test_filters_narrow_the_lists(app: App, shown: Shown) -> None:
    page = shown("history")
    page = choose(page, "history-outcome", "draft")
    drafts = issue_of(app, 2).subject
    assert [it for it in labels(page) if _same(it, drafts)]
    assert not [it for it in labels(page) if _same(it, issue_of(app, 0).subject)]
    page = choose(page, "history-outcome", "withdrawn")
    assert "Nothing matches these filters" in words(page)
    page = choose(page, "history-outcome", None)
    page.segmented_control(key="history-view").set_value("Runs").run()
    page = choose(page, "history-trigger", Trigger.MANUAL.value)
    assert len([it for it in page.expander if it.label.startswith(":")]) == 1
    page = choose(page, "history-trigger", None)
    page = choose(page, "history-run-outcome", RunStatus.SKIPPED.value)
    assert len([it for it in page.expander if it.label.startswith(":")]) == 1


def test_days_are_those_of_the_workspace_and_both_count(app: App, shown: Shown) -> None:
    page = shown("history")
    day = MONDAY_NINE.date()
    page.date_input(key="history-days").set_value((day, day)).run()
    assert not page.exception
    told = labels(page)
    assert [it for it in told if _same(it, issue_of(app, 0).subject)]
    assert not [it for it in told if _same(it, issue_of(app, 1).subject)]


def test_words_find_an_issue_and_are_marked(app: App, shown: Shown) -> None:
    page = shown("history")
    page.text_input(key="history-text").set_value("tariffs germany").run()
    assert not page.exception
    assert "**tariffs**" in words(page) or any("**tariffs**" in it for it in labels(page))
    page.text_input(key="history-text").set_value("' OR 1=1; DROP TABLE issues --").run()
    assert not page.exception
    assert "No issue has all of these words" in words(page).replace("\\", "")


def test_an_issue_is_opened_by_its_address(app: App, shown: Shown) -> None:
    issue = issue_of(app, 1)
    page = shown("history", issue=issue.id)
    assert not page.exception
    assert [it for it in page.subheader if _same(it.value, issue.subject)]
    names = [it.proto.label for it in page.get("download_button")]
    assert names == ["Download .html", "Download .txt", "Download .eml"]
    page.session_state["history-made"] = True
    page.session_state["history-who"] = True
    page.run()
    assert not page.exception
    assert "archive" in words(page)
    assert "| store |" in words(page)


def test_a_run_is_opened_by_its_address(app: App, shown: Shown) -> None:
    page = shown("history", run=history(app)[0].id)
    assert not page.exception
    assert "| collect |" in words(page)


def test_what_is_not_there_or_not_theirs_is_told_alike(app: App, shown: Shown) -> None:
    for name in ("issue", "run", "schedule"):
        unknown = words(shown("history", **{name: uuid4()}))
        assert f"There is no {name}" in unknown
        nonsense = words(shown("history", **{name: "<script>"}))
        assert f"There is no such {name}" in nonsense


def test_pages_follow_one_another(app: App, feeds: Feeds, clock: Clock, shown: Shown) -> None:
    for number in range(3, 25):
        at = MONDAY_NINE + number * WEEK
        feeds.serve("feed.xml", *later(at - timedelta(days=1)))
        go_to(clock, app, at)
    page = shown("history", schedule=schedule(app).id)
    first = [it.label for it in page.expander if it.label.startswith(":")]
    assert len(first) == 20
    page.button(key="history-places-next").click().run()
    second = [it.label for it in page.expander if it.label.startswith(":")]
    assert not {*first} & {*second}
    assert len(second) == len(history(app)) - 1 - 20
    assert page.button(key="history-places-next").disabled
    page = choose(page, "history-run-outcome", "skipped")
    assert page.button(key="history-places-previous").disabled  # other filters: the first page


def test_names_stand_as_they_are_written(
    awkward: App, feeds: Feeds, clock: Clock, shown: Shown
) -> None:
    go_to(clock, awkward, MONDAY_NINE + 3 * WEEK)
    page = opened("history", workspace="awkward").run()
    page.segmented_control(key="history-view").set_value("Runs").run()
    assert not page.exception
    told = " ".join(it.label for it in page.expander).replace("\\", "")
    options = [it for box in page.selectbox for it in box.options]
    for name in HOSTILE:
        assert name in told, name
        assert name in options, name
    raw = " ".join(it.label for it in page.expander)
    assert "**bold**" not in raw
    assert ":red[x]" not in raw
