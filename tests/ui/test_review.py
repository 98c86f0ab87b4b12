"""The Review page: what waits, until when, and what people do with it; of two at once one is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from service.asking import count
from service.conftest import MONDAY_NINE, SECOND, Clock
from service.feeds import Feeds, Item
from service.review_desk import deeds, issue, made, only_issue, titles, under_review
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, specification, words, workspace

from autopilot.domain.access import Grant, Principal, Role
from autopilot.service import reviewing
from autopilot.service.access.reach import Reach
from autopilot.service.attendance import arrive
from autopilot.service.context import App
from autopilot.service.draft_edits import edit
from autopilot.service.generate import generate
from autopilot.service.review_links import mark_of
from autopilot.service.review_view import review_view
from autopilot.service.tick import tick
from autopilot.store import issues
from autopilot.store.issues import IssueRow
from autopilot.ui.parts.text import plain
from autopilot.ui.review.countdown import left

Shown = Callable[..., AppTest]
HOLD = "{mode: hold, reviewers: [rita@example.org]}"
APPROVE = "{mode: approve, expires_hours: 24, reviewers: [rita@example.org]}"


@pytest.fixture
def waiting(empty: App, feeds: Feeds, clock: Clock) -> IssueRow:
    """Monday's issue for three readers and the archive, made four hours before its slot, on hold."""
    under_review(empty, feeds, HOLD)
    return made(empty, clock)


def told(page: AppTest) -> str:
    assert not page.exception
    return words(page).replace("\\", "")


def labels(page: AppTest) -> list[str]:
    return [it.label.replace("\\", "") for it in page.button]


def press(page: AppTest, *keys: str) -> AppTest:
    """Presses buttons by key; a dialog's one is pressed while the one that opened it still is."""
    for at in range(len(keys)):
        for key in keys[: at + 1]:
            page.button(key=key).click()
        page.run()
    return page


def story_key(app: App, seen: IssueRow, number: int, act: str) -> str:
    return f"review-story-{mark_of(review_view(app, seen.id).stories[number - 1].key)}-{act}"


def as_visitor(app: App, monkeypatch: pytest.MonkeyPatch, role: Role, *, may_send: bool) -> None:
    """Lets whoever looks have this role in Acme Research, and nothing elsewhere."""
    grant = Grant(role=role, may_send=may_send)
    who = Principal(name="vic@example.org", grants={workspace(app): grant})
    monkeypatch.setattr("autopilot.ui.guard.LOCAL", who)


def test_an_empty_list_says_what_would_stand_there(app: App, shown: Shown) -> None:
    page = shown("review")
    assert "No issue waits for anybody." in told(page)
    page.segmented_control(key="review-show").set_value("Drafts").run()
    assert "draft" in told(page)


def test_the_list_counts_down_to_the_release(
    empty: App, waiting: IssueRow, shown: Shown, clock: Clock
) -> None:
    assert "goes out in 3 hours 59 minutes (today 09:00)" in told(shown("review"))
    clock.now = MONDAY_NINE - timedelta(minutes=1, seconds=30)
    assert "goes out in 1 minute (" in told(shown("review"))


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2, minutes=14, seconds=59), "2 hours 14 minutes"),
        (timedelta(days=1, hours=23, minutes=59), "1 day 23 hours"),
        (timedelta(days=2, minutes=5), "2 days 5 minutes"),
    ],
)
def test_what_is_left_is_told_in_two_units(span: timedelta, words: str) -> None:
    assert left(MONDAY_NINE + span, MONDAY_NINE) == words


def test_an_issue_shows_what_happens_next_to_whom_and_who_was_asked(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    said = told(shown("review", issue=waiting.id))
    assert "3 hours 59 minutes left." in said
    assert "unless somebody holds it" in said
    assert "Audience: 3 people and the archive." in said
    assert "rita@example.org, letter pending" in said
    assert all(title in said for title in titles(empty, waiting))


def test_approving_asks_once_and_then_says_what_happens(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    page = shown("review", issue=waiting.id)
    press(page, "review-approve")
    assert "Mails cannot be taken back" in told(page)
    assert issue(empty, waiting.id).status == "waiting"
    press(page, "review-approve", "review-send")
    assert "It is approved: 4 deliveries leave at Mon 2026-11-23 09:00 Europe/Berlin." in told(page)
    assert "No worker is running" in told(page)
    assert issue(empty, waiting.id).status == "approved"
    assert deeds(empty) == [("local", "issue.approved")]
    press(page, "review-hold")
    assert "It is held." in told(page)
    assert issue(empty, waiting.id).status == "held"


def test_with_a_worker_nothing_is_said_of_one_that_is_missing(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    arrive(empty)
    page = press(shown("review", issue=waiting.id), "review-approve", "review-send")
    assert "It is approved" in told(page)
    assert "No worker is running" not in told(page)


def test_an_issue_for_an_approval_counts_down_to_its_expiry(
    empty: App, feeds: Feeds, clock: Clock, shown: Shown
) -> None:
    under_review(empty, feeds, APPROVE)
    clock.now = MONDAY_NINE + SECOND
    tick(empty)
    assert "expires in 1 day" in told(shown("review"))
    assert "Nothing is sent until somebody approves it." in told(
        shown("review", issue=only_issue(empty).id)
    )
    clock.pass_(timedelta(hours=25))
    assert "Its time has come" in told(shown("review", issue=only_issue(empty).id))


def test_dropping_the_issue_asks_once_and_is_for_good(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    page = shown("review", issue=waiting.id)
    press(page, "review-drop")
    assert issue(empty, waiting.id).status == "waiting"
    press(page, "review-drop", "review-drop-it")
    assert "It was dropped. Nobody gets this issue." in told(page)
    assert issue(empty, waiting.id).status == "withdrawn"
    assert count(empty, "deliveries") == 0


def test_subject_and_introduction_are_saved_together(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    page = shown("review", issue=waiting.id)
    subject = "Grid operator builds 120 km of line"
    page.text_input(key=f"review-subject-{waiting.id}").set_value(subject)
    page.text_area(key=f"review-intro-{waiting.id}").set_value("Dear all,")
    press(page, "review-save")
    assert "Your changes are saved." in told(page)
    changed = issue(empty, waiting.id)
    assert (changed.subject, changed.intro, changed.version) == (subject, "Dear all,", 2)
    press(page, "review-save")
    assert "Nothing to change" in told(page)
    press(page, "review-hold")
    assert issue(empty, waiting.id).status == "held"


def test_what_the_gate_refuses_is_told_and_stays_to_be_mended(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    page = shown("review", issue=waiting.id)
    field = page.text_input(key=f"review-subject-{waiting.id}")
    field.set_value("Ready")
    press(page, "review-save")
    assert page.error
    assert page.text_input(key=f"review-subject-{waiting.id}").value == "Ready"
    assert issue(empty, waiting.id).version == 1


def test_stories_move_up_and_down_inside_their_section(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    first, second, third = titles(empty, waiting)
    page = shown("review", issue=waiting.id)
    assert page.button(key=story_key(empty, waiting, 1, "up")).disabled
    assert page.button(key=story_key(empty, waiting, 2, "down")).disabled
    assert page.button(key=story_key(empty, waiting, 3, "up")).disabled
    press(page, story_key(empty, waiting, 1, "down"))
    assert titles(empty, waiting) == [second, first, third]
    press(page, story_key(empty, waiting, 2, "up"))
    assert titles(empty, waiting) == [first, second, third]
    press(page, story_key(empty, waiting, 2, "pin"))
    assert "It stands first in its section now." in told(page)
    assert titles(empty, waiting) == [second, first, third]


def test_a_dropped_story_makes_way_for_the_next_best(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    gone = titles(empty, waiting)[0]
    page = shown("review", issue=waiting.id)
    key = story_key(empty, waiting, 1, "drop")
    press(page, key)
    assert "The next best story of its section takes its place." in told(page)
    press(page, key, "review-drop-story")
    assert "The story was dropped. In its place: Transmission charges rise in spring" in told(page)
    assert gone not in titles(empty, waiting)
    assert len(titles(empty, waiting)) == 3


def test_of_two_people_the_second_one_is_told_and_keeps_what_they_typed(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    page = shown("review", issue=waiting.id)
    mine, theirs = "Grid operator builds a line of 120 km", "New transmission line for the grid"
    page.text_input(key=f"review-subject-{waiting.id}").set_value(mine).run()
    edit(empty, waiting.id, actor="sam@example.org", subject=theirs, version=1)
    press(page, "review-save")
    said = told(page)
    assert "nothing was done" in said
    assert f"It was changed meanwhile to “{theirs}”" in said
    assert page.text_input(key=f"review-subject-{waiting.id}").value == mine
    assert issue(empty, waiting.id).subject == theirs
    press(page, "review-save")  # now they have seen the other's version
    assert issue(empty, waiting.id).subject == mine


def test_an_approval_of_what_was_changed_meanwhile_sends_nothing(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    page = press(shown("review", issue=waiting.id), "review-approve")
    edit(empty, waiting.id, actor="sam@example.org", intro="Dear all,", version=1)
    for key in ("review-approve", "review-send"):
        page.button(key=key).click()
    page.run()
    assert "Somebody else changed this issue while you looked at it; nothing was done." in told(
        page
    )
    assert issue(empty, waiting.id).status == "waiting"
    assert count(empty, "deliveries") == 0
    assert "sam@example.org edited it, introduction: “Dear all,”" in told(page)


def test_a_hold_that_came_second_says_so(empty: App, waiting: IssueRow, shown: Shown) -> None:
    page = shown("review", issue=waiting.id)
    reviewing.withdraw(empty, waiting.id, actor="sam@example.org")
    page.button(key="review-hold").click().run()
    said = told(page)
    assert issue(empty, waiting.id).status == "withdrawn"
    assert "It was dropped. No reader gets it." in said
    assert "sam@example.org dropped it" in said


def test_what_the_gate_found_keeps_the_issue_back_and_is_told(
    empty: App, waiting: IssueRow, shown: Shown
) -> None:
    from sqlalchemy import update

    from autopilot.store.tables import issues as table

    finding = {
        "rule": "E9",
        "severity": "error",
        "message": "**no** sender",
        "where": "head",
        "advice": "name one",
    }
    with empty.database.begin() as connection:
        connection.execute(
            update(table).values(
                status="held",
                report={"score": 80, "passes": False, "checked": ["E9"], "findings": [finding]},
            )
        )
    page = shown("review", issue=waiting.id)
    assert "It cannot be sent as it is:" in told(page)
    assert plain("E9, **no** sender (head): name one") in words(page)
    assert "80 of 100 points" in told(page)
    assert not [it for it in labels(page) if it.startswith("Send to")]
    assert "the gate found 1 error" in told(shown("review"))


def test_a_draft_can_be_found_and_changed(app: App, shown: Shown) -> None:
    page = shown("review")
    page.segmented_control(key="review-show").set_value("Drafts").run()
    assert ":gray-badge[:material/draft: draft]" in words(page)


def test_a_viewer_sees_everything_and_can_do_nothing(
    empty: App, waiting: IssueRow, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_visitor(empty, monkeypatch, Role.VIEWER, may_send=False)
    page = shown("review", issue=waiting.id)
    assert page.button(key="review-approve").disabled
    assert page.button(key="review-hold").disabled
    assert not page.text_area
    assert "3 hours 59 minutes left." in told(page)


def test_a_click_on_a_forged_page_is_refused(
    empty: App, waiting: IssueRow, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_visitor(empty, monkeypatch, Role.VIEWER, may_send=False)
    monkeypatch.setattr(Reach, "may", lambda *_given: True)
    page = shown("review", issue=waiting.id)
    press(page, "review-approve")
    assert "needs the right to send" in told(page)
    press(page, "review-hold")
    assert "needs the role editor" in told(page)
    assert (issue(empty, waiting.id).version, deeds(empty)) == (1, [])


def test_an_editor_holds_and_does_not_send(
    empty: App, waiting: IssueRow, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_visitor(empty, monkeypatch, Role.EDITOR, may_send=False)
    page = shown("review", issue=waiting.id)
    assert page.button(key="review-approve").disabled
    press(page, "review-hold")
    assert issue(empty, waiting.id).status == "held"
    assert deeds(empty) == [("vic@example.org", "issue.held")]


def test_an_issue_of_nowhere_or_of_another_workspace_is_not_there(
    awkward: App, shown: Shown, monkeypatch: pytest.MonkeyPatch, clock: Clock, feeds: Feeds
) -> None:
    theirs = awkward_issue(awkward, feeds, clock)
    as_visitor(awkward, monkeypatch, Role.ADMIN, may_send=True)
    for wanted in (theirs, uuid4()):
        page = shown("review", issue=wanted)
        assert f"There is no issue {wanted}." in told(page)
        assert [it.key for it in page.button] == ["review-all"]
    assert "There is no such issue." in told(shown("review", issue="1; DROP TABLE issues"))


def awkward_issue(app: App, feeds: Feeds, clock: Clock) -> UUID:
    """The id of an issue of the awkward workspace, whose stories have awkward names."""
    clock.pass_(timedelta(hours=2))
    word = HOSTILE[4][:80]  # the one keyword that a text can hold
    feeds.serve(
        "feed.xml",
        *(
            Item(title=f"{name} {word}", published=clock.now - timedelta(hours=1))
            for name in HOSTILE[1:4]
        ),
    )
    run = generate(app, specification(app, "awkward-4"), workspace(app, "awkward"), HOSTILE[1])
    with app.database.read() as connection:
        found = issues.issue_of_run(connection, run.id)
    assert found is not None, run.reason
    return found.id


def test_awkward_names_stand_as_they_are_written(
    awkward: App, shown: Shown, feeds: Feeds, clock: Clock
) -> None:
    made = awkward_issue(awkward, feeds, clock)
    page = shown("review", workspace="awkward", issue=made)
    assert not page.exception
    said = words(page)
    names = [*titles(awkward, issue(awkward, made)), issue(awkward, made).subject, HOSTILE[4]]
    assert any("**" in name or ":red" in name or "$" in name for name in names)
    for name in names:
        assert plain(name) in said
    assert not [it for it in page.markdown if it.allow_html]
