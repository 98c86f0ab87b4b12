"""The Generate page: an issue now, step by step; never called good when it is not; on to autopilot."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from service.conftest import MONDAY_NINE, WEEK, Clock
from service.feeds import Feeds, Item
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, button, history, opened, specification, words, workspace

from autopilot.domain.access import Grant, Principal, Role
from autopilot.domain.letter import Answer, Letter, Verdict
from autopilot.domain.run import Run, RunStatus
from autopilot.service.access.reach import Reach
from autopilot.service.attendance import arrive
from autopilot.service.context import App
from autopilot.service.making_now import begin
from autopilot.ui.host import serve_for
from autopilot.ui.parts.text import plain

Shown = Callable[..., AppTest]
NEW = tuple(
    Item(title=title, published=MONDAY_NINE + 2 * WEEK - timedelta(days=1))
    for title in (
        "Transmission link to Norway reaches full power",
        "Battery plant in Berlin begins to build",
        "Grid fees in Germany fall by a tenth",
    )
)
"""What no run has had yet."""


@pytest.fixture
def fresh(app: App, feeds: Feeds, clock: Clock) -> App:
    """Its feed has something new again."""
    feeds.serve("feed.xml", *NEW)
    clock.pass_(timedelta(hours=2))  # sources that were just asked are not asked again
    return app


def last(app: App) -> Run:
    return history(app)[-1]


def finished(page: AppTest) -> AppTest:
    """Waits for the threads of this process, and looks again."""
    for thread in threading.enumerate():
        if thread.name == "making":
            thread.join(20)
    return page.run()


def made(shown: Shown) -> AppTest:
    """The page after Run now was pressed and the run is over."""
    page = shown("generate")
    button(page, "Run now").click().run()
    return finished(page)


def as_visitor(app: App, monkeypatch: pytest.MonkeyPatch, role: Role, *, may_send: bool) -> None:
    """Lets whoever looks have this role in Acme Research, and nothing elsewhere."""
    grant = Grant(role=role, may_send=may_send)
    who = Principal(name="vic@example.org", grants={workspace(app): grant})
    monkeypatch.setattr("autopilot.ui.guard.LOCAL", who)


def test_without_a_specification_it_says_what_to_do(empty: App, shown: Shown) -> None:
    from service.conftest import apply

    apply(empty, "workspace: bare\nname: Bare\nspecifications: []\n")
    page = shown("generate")
    assert not page.exception
    assert "There is no specification yet" in words(page).replace("\\", "")
    assert not page.button


def test_run_now_makes_an_issue_and_the_address_names_the_run(fresh: App, shown: Shown) -> None:
    page = made(shown)
    assert not page.exception
    run = last(fresh)
    assert (run.created_by, run.status) == ("local", RunStatus.SUCCEEDED)
    assert str(run.id) in page.query_params["run"]
    told = words(page).replace("\\", "")
    assert "No reader has it: it is a draft." in told
    assert "2 sources, " in told  # the counts of a step
    assert "green-badge[:material/draft" not in told


def test_coming_back_finds_the_run_where_it_is(fresh: App, shown: Shown) -> None:
    arrive(fresh)  # a worker that has not taken it yet
    run = begin(fresh, specification(fresh), actor="ann@example.org")
    page = shown("generate", run=run.id)
    told = words(page).replace("\\", "")
    assert not page.exception
    assert "Ask the sources" in told
    assert "Asked for by ann@example.org" in told
    assert "draft" not in told
    assert button(page, "Cancel this run")


def test_a_run_that_nobody_works_on_is_taken_over_by_the_page(
    fresh: App, shown: Shown, clock: Clock
) -> None:
    arrive(fresh)
    run = begin(fresh, specification(fresh), actor="ann@example.org")
    clock.pass_(timedelta(hours=1))  # that worker is gone
    page = finished(shown("generate", run=run.id))
    assert not page.exception
    assert "it is a draft" in words(page)
    assert last(fresh).status is RunStatus.SUCCEEDED


def test_a_good_run_goes_on_autopilot_with_the_form_filled_in(fresh: App, shown: Shown) -> None:
    page = shown("generate")
    row = specification(fresh)
    page.multiselect(key=f"generate-categories-{row}").select("grid")
    button(page, "Run now").click().run()
    page = finished(page)
    assert last(fresh).categories_override == ("grid",)
    handed: list[dict[str, object]] = []
    page.session_state["autopilot-new"] = None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("streamlit.switch_page", lambda _page: handed.append({}))
        button(page, "Put this on autopilot").click().run()
    assert handed
    assert page.session_state["autopilot-new"] == {
        "specification_id": str(row),
        "name": "Energy Weekly every Monday",
        "type": "weekly",
        "config": {"days": ["mon"], "times": ["09:00"]},
        "categories": ["grid"],
        "regions": None,
        "cadence": None,
    }


def test_the_autopilot_page_takes_the_form_that_is_handed_over(fresh: App, shown: Shown) -> None:
    page = made(shown)
    button(page, "Put this on autopilot").click().run()
    assert not page.exception
    assert "Energy Weekly every Monday" in [it.value for it in page.text_input]


def test_what_a_run_looked_back_on_stands_in_the_form_that_is_handed_over(
    fresh: App, shown: Shown
) -> None:
    page = opened("autopilot")
    page.session_state["autopilot-new"] = {
        "specification_id": str(specification(fresh)),
        "name": "Energy monthly",
        "type": "weekly",
        "config": {"days": ["mon"], "times": ["09:00"]},
        "cadence": "monthly",
    }
    page.run()
    assert not page.exception
    assert "monthly" in [it.value for it in page.selectbox]


def test_a_failed_run_says_why_and_goes_on_from_the_failed_step(
    app: App, shown: Shown, feeds: Feeds, clock: Clock
) -> None:
    clock.pass_(timedelta(hours=2))
    kept = feeds.pages.pop("feed.xml")
    page = made(shown)
    run = last(app)
    told = words(page).replace("\\", "")
    assert run.status is RunStatus.FAILED
    assert run.reason is not None
    assert run.reason in told
    assert "red-badge[:material/error: failed]" in told
    assert not [it for it in page.button if it.label == "Put this on autopilot"]
    feeds.pages["feed.xml"] = kept
    clock.pass_(timedelta(hours=2))
    feeds.serve("feed.xml", *NEW)
    button(page, "Try again from the failed step").click().run()
    page = finished(page)
    assert not page.exception
    assert [it.status for it in history(app)].count(RunStatus.FAILED) == 0
    assert "it is a draft" in words(page)


def test_nothing_new_is_no_success(app: App, shown: Shown) -> None:
    page = made(shown)
    told = words(page).replace("\\", "")
    assert last(app).status is RunStatus.SKIPPED
    assert "skipped] No issue was made." in told
    assert "Choose more days above" in told
    assert not page.success


def test_own_days_are_the_window_of_the_run(app: App, shown: Shown) -> None:
    page = shown("generate")
    page.selectbox(key=f"generate-span-{specification(app)}").set_value("days").run()
    first, end = (MONDAY_NINE + WEEK).date(), (MONDAY_NINE + WEEK + timedelta(days=2)).date()
    page.date_input(key="generate-days").set_value((first, end))
    button(page, "Run now").click().run()
    finished(page)
    assert not page.exception
    window = last(app).window
    assert (window.end - window.start) == timedelta(days=3)
    assert window.start == MONDAY_NINE + WEEK - timedelta(hours=9)


def test_one_day_alone_is_told_and_nothing_runs(app: App, shown: Shown) -> None:
    before = len(history(app))
    page = shown("generate")
    page.selectbox(key=f"generate-span-{specification(app)}").set_value("days").run()
    page.date_input(key="generate-days").set_value(((MONDAY_NINE + WEEK).date(),))
    button(page, "Run now").click().run()
    assert "Last day: is missing" in words(page).replace("\\", "")
    assert len(history(app)) == before


def test_a_run_of_nowhere_or_of_another_workspace_is_not_there(
    awkward: App, shown: Shown, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    arrive(awkward)
    theirs = begin(awkward, specification(awkward, "awkward-0"), actor="eve@example.org")
    as_visitor(awkward, monkeypatch, Role.ADMIN, may_send=True)
    for wanted in (theirs.id, uuid4()):
        page = shown("generate", run=wanted)
        assert f"There is no run {wanted}." in words(page).replace("\\", "")
        assert "eve" not in words(page)
    page = shown("generate", run="' OR 1=1 --")
    assert "There is no such run." in words(page).replace("\\", "")


def test_a_viewer_runs_nothing_on_a_forged_page_either(
    fresh: App, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(history(fresh))
    as_visitor(fresh, monkeypatch, Role.VIEWER, may_send=False)
    assert button(shown("generate"), "Run now").disabled
    monkeypatch.setattr(Reach, "may", lambda *_given: True)
    page = shown("generate")
    button(page, "Run now").click().run()
    assert "needs the role editor" in words(page)
    assert len(history(fresh)) == before


def test_awkward_names_stand_as_they_are_written(
    awkward: App, shown: Shown, feeds: Feeds, clock: Clock
) -> None:
    page = shown("generate", workspace="awkward")
    assert not page.exception
    assert sorted(page.selectbox(key="generate-specification").options) == sorted(HOSTILE)
    assert not [it for it in page.markdown if it.allow_html]


class Box:
    """A relay that takes every mail, or none."""

    def __init__(self, verdict: Verdict = Verdict.ACCEPTED) -> None:
        self.letters: list[Letter] = []
        self._verdict = verdict

    def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return Answer(
            self._verdict, "550 no *such* user" if self._verdict is Verdict.REFUSED else "250 ok"
        )

    def connect(self) -> None:
        raise NotImplementedError

    def await_turn(self, stopping: Callable[[], bool]) -> bool:
        return not stopping()


def with_relay(app: App, box: Box) -> App:
    served = replace(app, post=box)  # type: ignore[arg-type]
    serve_for(served, is_local=True)
    return served


def test_a_test_goes_to_me_and_says_so(fresh: App, shown: Shown) -> None:
    box = Box()
    with_relay(fresh, box)
    page = made(shown)
    assert page.text_input(key="generate-test-to").value == "ann@example.org"
    button(page, "Send test").click().run()
    assert not page.exception
    (letter,) = box.letters
    assert letter.to == "ann@example.org"
    assert letter.subject.startswith("[Test]")
    assert "The relay took the test for ann@example.org. It said: 250 ok" in words(page).replace(
        "\\", ""
    )


def test_a_test_that_did_not_go_says_why(fresh: App, shown: Shown) -> None:
    with_relay(fresh, Box(Verdict.REFUSED))
    page = made(shown)
    button(page, "Send test").click().run()
    assert not page.success
    assert plain("The test was not sent to ann@example.org: 550 no *such* user") in words(page)
    page.text_input(key="generate-test-to").set_value("nobody").run()
    button(page, "Send test").click().run()
    assert "The test cannot be sent" in words(page).replace("\\", "")


def test_without_a_relay_the_way_to_mail_is_shown(fresh: App, shown: Shown) -> None:
    page = made(shown)
    assert "AUTOPILOT_SMTP_URL" in words(page)
    assert not [it for it in page.button if it.label == "Send test"]


def test_who_lacks_the_right_to_send_sends_no_test(
    fresh: App, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    with_relay(fresh, box)
    as_visitor(fresh, monkeypatch, Role.EDITOR, may_send=False)
    page = made(shown)
    assert button(page, "Send test").disabled
    monkeypatch.setattr(Reach, "may", lambda *_given: True)
    button(page.run(), "Send test").click().run()
    assert not box.letters
    assert "needs the right to send" in words(page)
