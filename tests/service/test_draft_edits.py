"""Edits by reviewers: a line, an order, a story less; drawn again, and held against the gate again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from service.asking import rows
from service.conftest import Clock
from service.feeds import Feeds
from service.review_desk import deeds, issue, made, only_issue, titles, under_review

from autopilot.domain.content import Draft
from autopilot.errors import Conflict, InputRefused, NotFound
from autopilot.service import draft_edits, reviewing
from autopilot.service.checkpoint import pack, unpack
from autopilot.service.context import App
from autopilot.service.draft_edits import drop_story, edit, pin_story
from autopilot.store import issues

HOLD = "{mode: hold, reviewers: [rita@example.org]}"
RITA = "review:rita@example.org"
FIRST, SECOND, THIRD, BATTERY = (
    "Grid operator plans new transmission line",
    "Interconnector across the sea opens early",
    "Transmission charges rise in spring",
    "Battery storage park starts near Leipzig",
)


@pytest.fixture
def waiting(app: App, feeds: Feeds, clock: Clock) -> App:
    """The App with one issue that waits for its slot."""
    under_review(app, feeds, HOLD)
    assert titles(app, made(app, clock)) == [FIRST, SECOND, BATTERY]
    return app


def parts(app: App) -> tuple[str, str]:
    now = only_issue(app)
    return tuple(app.artifacts.get(name).decode() for name in (now.html_sha256, now.text_sha256))  # type: ignore[return-value]


def draft_of(app: App) -> Draft:
    kept = only_issue(app).draft_sha256
    assert kept is not None
    return unpack(Draft, app.artifacts.get(kept))


def test_the_next_best_takes_the_place_of_a_dropped_story(waiting: App) -> None:
    edited = drop_story(waiting, only_issue(waiting).id, 1, actor=RITA)
    assert titles(waiting, edited.issue) == [SECOND, THIRD, BATTERY]
    assert edited.told[0] == f"In its place: {THIRD}"
    for part in parts(waiting):
        assert THIRD in part
        assert FIRST not in part
    filled = draft_of(waiting).stories[1]
    assert filled.excerpt
    assert deeds(waiting) == [(RITA, "issue.story_dropped")]
    assert rows(waiting, "usage") == []


def test_what_was_dropped_never_comes_back_as_the_next_best(waiting: App) -> None:
    identity = only_issue(waiting).id
    for _ in range(2):
        drop_story(waiting, identity, 1, actor=RITA)
    assert titles(waiting, only_issue(waiting)) == [THIRD, BATTERY]
    last = drop_story(waiting, identity, 1, actor=RITA)
    assert titles(waiting, last.issue) == [BATTERY]
    assert "one story shorter" in last.told[0]
    with pytest.raises(Conflict, match="only story"):
        drop_story(waiting, identity, 1, actor=RITA)


def test_lines_that_spoke_of_a_dropped_story_are_written_anew(waiting: App) -> None:
    assert only_issue(waiting).subject == FIRST
    drop_story(waiting, only_issue(waiting).id, 1, actor=RITA)
    now = only_issue(waiting)
    assert FIRST not in (now.subject + now.preheader)
    assert parts(waiting)[0].count(FIRST) == 0


def test_an_introduction_that_spoke_of_a_dropped_story_goes_with_it(waiting: App) -> None:
    seen = only_issue(waiting)
    told = replace(
        draft_of(waiting), intro="The grid operator plans a transmission line of 120 km."
    )
    sha256 = waiting.artifacts.put(pack(told), "application/octet-stream")
    with waiting.database.begin() as connection:
        issues.move_issue(connection, seen, replace(seen, draft_sha256=sha256, intro=told.intro))
    dropped = drop_story(waiting, seen.id, 1, actor=RITA)
    assert dropped.issue.intro == ""
    assert any("introduction" in sentence for sentence in dropped.told)


def test_a_story_named_by_its_article_is_that_story_whatever_its_number(waiting: App) -> None:
    key = draft_of(waiting).stories[1].story.lead.key
    drop_story(waiting, only_issue(waiting).id, key, actor=RITA)
    assert SECOND not in titles(waiting, only_issue(waiting))
    with pytest.raises(NotFound, match="no longer"):
        drop_story(waiting, only_issue(waiting).id, key, actor=RITA)


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_number_that_no_story_has_is_refused(waiting: App, number: int) -> None:
    with pytest.raises(NotFound, match="not in the issue"):
        drop_story(waiting, only_issue(waiting).id, number, actor=RITA)
    assert only_issue(waiting).version == 1


def test_a_subject_by_hand_is_kept_even_where_the_gate_would_write_another(waiting: App) -> None:
    short = "Grid operator plans"  # 19 characters: the gate warns of fewer than 20
    edit(waiting, only_issue(waiting).id, actor=RITA, subject=short)
    assert only_issue(waiting).subject == short
    report = only_issue(waiting).report
    assert report is not None
    assert [it["rule"] for it in report["findings"] if "subject" in it["message"]] == ["W1"]
    edit(waiting, only_issue(waiting).id, actor=RITA, intro="Good morning.")
    assert only_issue(waiting).subject == short
    assert draft_of(waiting).edits.subject


def test_a_subject_that_the_gate_refuses_changes_nothing_and_says_why(waiting: App) -> None:
    before = only_issue(waiting)
    with pytest.raises(InputRefused, match="names nothing of a lead story"):
        edit(waiting, before.id, actor=RITA, subject="Happy new year to everybody")
    assert only_issue(waiting) == before
    assert deeds(waiting) == []


def test_line_breaks_in_a_subject_become_spaces(waiting: App) -> None:
    evil = "Grid operator plans\r\nBcc: all@example.org"
    edited = edit(waiting, only_issue(waiting).id, actor=RITA, subject=evil)
    assert edited.issue.subject == "Grid operator plans Bcc: all@example.org"


def test_what_a_person_writes_is_no_markup(waiting: App) -> None:
    said = "<script>alert(1)</script> & more"
    edit(waiting, only_issue(waiting).id, actor=RITA, intro=said)
    html, text = parts(waiting)
    assert "<script>" not in html
    assert said in text
    with pytest.raises(InputRefused, match="placeholder was left"):
        edit(waiting, only_issue(waiting).id, actor=RITA, intro="Dear {{ name }},")


def test_an_introduction_is_added_and_taken_away(waiting: App) -> None:
    identity = only_issue(waiting).id
    edit(waiting, identity, actor=RITA, intro="Good morning.\n\nTwo things.")
    assert only_issue(waiting).intro == "Good morning.\nTwo things."
    assert "Two things." in parts(waiting)[0]
    edit(waiting, identity, actor=RITA, intro="")
    assert "Two things." not in parts(waiting)[0]


def test_stories_are_ordered_within_their_sections(waiting: App) -> None:
    edited = edit(waiting, only_issue(waiting).id, actor=RITA, order=[3, 2])
    assert titles(waiting, edited.issue) == [SECOND, FIRST, BATTERY]
    text = parts(waiting)[1]
    assert text.index(SECOND) < text.index(FIRST)


@pytest.mark.parametrize("order", [[0], [4], [1, 1], [-1, 2]])
def test_an_order_that_makes_no_sense_is_refused(waiting: App, order: list[int]) -> None:
    with pytest.raises(InputRefused, match="cannot be ordered"):
        edit(waiting, only_issue(waiting).id, actor=RITA, order=order)


def test_a_pinned_story_leads_its_section_and_counts_as_the_best(waiting: App) -> None:
    pin_story(waiting, only_issue(waiting).id, 2, actor=RITA)
    first = draft_of(waiting).stories[0]
    assert first.headline == SECOND
    assert first.story.score == max(it.story.score for it in draft_of(waiting).stories)
    assert first.story.reason.endswith("pinned by a reviewer")


@pytest.mark.parametrize("status", ["approved", "expired", "withdrawn", "sent", "sending"])
def test_only_what_no_reader_has_can_be_changed(waiting: App, status: str) -> None:
    seen = only_issue(waiting)
    with waiting.database.begin() as connection:
        issues.move_issue(connection, seen, replace(seen, status=status))
    for act in (
        lambda: edit(waiting, seen.id, actor=RITA, intro="Hello."),
        lambda: drop_story(waiting, seen.id, 1, actor=RITA),
        lambda: pin_story(waiting, seen.id, 1, actor=RITA),
    ):
        with pytest.raises(Conflict, match="cannot be changed"):
            act()


def test_an_edited_issue_goes_out_as_it_was_edited(waiting: App) -> None:
    identity = only_issue(waiting).id
    drop_story(waiting, identity, 1, actor=RITA)
    shown = only_issue(waiting).html_sha256
    reviewing.approve(waiting, identity, actor=RITA)
    assert only_issue(waiting).html_sha256 == shown


def test_of_two_edits_at_once_the_second_person_is_told(
    waiting: App, new_app: Callable[..., App]
) -> None:
    seen = only_issue(waiting)
    apps, start, ended = [waiting, new_app()], threading.Barrier(2), list[str]()

    def change(own: App, name: str) -> None:
        start.wait()
        try:
            edit(own, seen.id, actor=name, intro=f"By {name}.", version=seen.version)
            ended.append(name)
        except Conflict:
            ended.append("told")

    names = ("rita", "sam")
    people = [threading.Thread(target=change, args=pair) for pair in zip(apps, names, strict=True)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(ended)[-1] == "told"
    (winner,) = [name for name in ended if name != "told"]
    assert only_issue(waiting).intro == f"By {winner}."
    assert len(deeds(waiting)) == 1


def test_an_approval_during_an_edit_wins(waiting: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The edit was drawn from what is approved meanwhile: it must not change what goes out."""
    seen = only_issue(waiting)
    real = draft_edits.redrawn

    def slowly(app: App, *given: object) -> object:
        vetted = real(app, *given)  # type: ignore[arg-type]
        reviewing.approve(app, seen.id, actor="review:sam@example.org")
        return vetted

    monkeypatch.setattr(draft_edits, "redrawn", slowly)
    with pytest.raises(Conflict, match="somebody else"):
        edit(waiting, seen.id, actor=RITA, intro="Too late.")
    now = issue(waiting, seen.id)
    assert (now.status, now.html_sha256) == ("approved", seen.html_sha256)
