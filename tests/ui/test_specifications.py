"""The Specifications page: what a newsletter is about, edited with its issue beside the form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from service.feeds import Feeds
from sqlalchemy import update
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, button, specification, words, workspace

from autopilot.domain.access import Grant, Principal, Role
from autopilot.domain.specification import SpecificationDocument
from autopilot.service.context import App
from autopilot.service.schedules import get_autopilot_schedules
from autopilot.service.specifying import change_specification, document_of
from autopilot.store import specifications, tables
from autopilot.store.specifications import SpecificationRow
from autopilot.ui import guard
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications.editor import SECTIONS

Shown = Callable[..., AppTest]
SAVED = ":material/check: Everything is saved."


def row(app: App, slug: str = "energy") -> SpecificationRow:
    with app.database.read() as connection:
        return specifications.list_specifications(
            connection, workspace_id=workspace(app), slug=slug, with_cancelled=True
        )[0]


def stored(app: App, slug: str = "energy") -> SpecificationDocument:
    return document_of(app, row(app, slug))


def field(page: AppTest, label: str, *, nth: int = 0) -> Any:
    found = [
        it
        for kind in (
            "text_input",
            "text_area",
            "multiselect",
            "selectbox",
            "number_input",
            "toggle",
        )
        for it in page.get(kind)
        if it.label == label
    ]
    assert len(found) > nth, f"no field {label!r}"
    return found[nth]


def go_to(page: AppTest, section: str) -> AppTest:
    assert section in SECTIONS
    page.segmented_control[0].set_value(section)
    return fine(page.run())


def fine(page: AppTest) -> AppTest:
    assert not page.exception, page.exception
    return page


@pytest.fixture
def editor(app: App, shown: Shown) -> AppTest:
    """The specification of the tests, opened."""
    return fine(shown("specifications", specification=specification(app)))


def test_the_list_says_how_each_specification_is(app: App, shown: Shown) -> None:
    page = fine(shown("specifications"))
    told = words(page)
    assert "Energy Weekly" in told
    assert "Power grid · Storage" in told
    assert "2 sources, :red[:material/error: 1 cannot be read]" in told
    assert "Monday nine" in told
    assert "next" in told
    button(page, "Open").click().run()
    assert page.title[0].value == "Energy Weekly"


def test_an_empty_workspace_says_what_to_do(app: App, shown: Shown) -> None:
    with app.database.begin() as connection:
        connection.execute(update(tables.newsletter_specifications).values(status="cancelled"))
    assert "Begin with a starter pack" in words(fine(shown("specifications")))


def test_many_specifications_are_listed_a_page_at_a_time_and_found_by_name(
    app: App, shown: Shown
) -> None:
    with app.database.begin() as connection:
        for number in range(30):
            document = row(app).document.model_copy(
                update={"slug": f"letter-{number:02}", "name": f"Letter {number:02}"}
            )
            copy = replace(row(app), id=uuid4(), slug=document.slug, document=document)
            specifications.add_specification(connection, copy)
    page = shown("specifications")
    assert "Letter 18" in words(page)
    assert "Letter 19" not in words(page)
    button(page, "Next").click().run()
    assert "Letter 29" in words(page)
    field(page, "Find").set_value("letter 07").run()
    assert "Letter 07" in words(page)
    assert "Letter 08" not in words(page)
    field(page, "Find").set_value("nothing of that name").run()
    assert "No specification has this in its name" in words(page)


def test_every_section_can_be_looked_at_and_changes_nothing(editor: AppTest) -> None:
    for section in SECTIONS:
        assert SAVED in words(go_to(editor, section)), section


def test_the_issue_stands_beside_the_form(editor: AppTest) -> None:
    told = words(editor)
    assert "of 3 stored articles" in told
    assert "this is the last time that something is stored of" in told
    assert "Nothing is stored yet of 1 source" not in told


def test_what_is_typed_is_marked_and_saved_as_a_whole(app: App, editor: AppTest) -> None:
    field(editor, "Name of the newsletter").set_value("Energy of the week").run()
    assert "Not saved yet: one part changed" in words(editor)
    assert stored(app).name == "Energy Weekly"
    button(editor, "Save").click().run()
    assert stored(app).name == "Energy of the week"
    assert "is saved" in words(editor)
    assert SAVED in words(editor)


def test_a_wrong_input_is_told_at_its_field_and_loses_nothing(app: App, editor: AppTest) -> None:
    field(editor, "Name of the newsletter").set_value("").run()
    field(editor, "Keywords").set_value(["grid", "x"]).run()
    button(editor, "Save").click().run()
    told = words(fine(editor))
    assert "2 things must be mended" in told
    assert "at least 2 characters" in told
    assert stored(app).name == "Energy Weekly"
    assert field(editor, "Keywords").value == ["grid", "x"]
    assert field(editor, "Name of the newsletter").value == ""


def test_a_draft_outlives_other_sections_and_other_pages(editor: AppTest) -> None:
    field(editor, "Name of the newsletter").set_value("Half a thought").run()
    go_to(editor, "Voice and look")
    field(editor, "Tone").set_value("dry").run()
    editor.switch_page("pages/history.py").run()
    editor.switch_page("pages/specifications.py")
    editor.query_params["specification"] = editor.session_state["specification-drafts"] and next(
        iter(editor.session_state["specification-drafts"])
    )
    fine(editor.run())
    assert field(editor, "Name of the newsletter").value == "Half a thought"
    assert "2 parts changed" in words(editor)
    assert field(go_to(editor, "Voice and look"), "Tone").value == "dry"


def test_undoing_brings_back_what_is_stored(app: App, editor: AppTest) -> None:
    field(editor, "Name of the newsletter").set_value("A mistake").run()
    button(editor, "Undo all changes").click().run()
    assert field(fine(editor), "Name of the newsletter").value == "Energy Weekly"
    assert SAVED in words(editor)


def test_of_two_who_edit_the_second_is_told_and_nothing_is_lost(app: App, editor: AppTest) -> None:
    field(editor, "Name of the newsletter").set_value("Mine").run()
    change_specification(app, row(app).id, {"language": "de"}, actor="bob@example.org", seen=None)
    button(editor, "Save").click().run()
    told = words(fine(editor))
    assert "Somebody else saved this specification" in told
    assert f"- {plain('language: en -> de')}" in told
    assert stored(app).name == "Energy Weekly"
    assert field(editor, "Name of the newsletter").value == "Mine"
    button(editor, "Go on from theirs, with my changes on top").click().run()
    button(editor, "Save").click().run()
    assert (stored(app).name, stored(app).language) == ("Mine", "de")


def test_keywords_show_how_many_stored_articles_have_them(editor: AppTest) -> None:
    told = words(editor)
    assert "grid **" in told
    assert "Stored articles of the last 4 weeks with each keyword" in told
    assert "| **Power grid** |" in told


def test_a_category_without_keywords_says_that_it_finds_nothing(app: App, editor: AppTest) -> None:
    button(editor, "Add a category").click().run()
    assert "Without keywords it finds nothing" in words(fine(editor))
    assert [it["name"] for it in drafted(editor)["categories"]][-1] == "Category 3"
    button(editor, "Remove this category", nth=2).click().run()
    assert SAVED in words(fine(editor))


def test_a_proposed_keyword_is_taken_with_a_click(editor: AppTest) -> None:
    field(editor, "Name of the section", nth=0).set_value("Interconnector news").run()
    field(editor, "Keywords", nth=0).set_value([]).run()
    field(editor, "Propose keywords from stored articles", nth=0).set_value(True).run()
    offered = [it for it in editor.button if "-take-" in (it.key or "")]
    assert [it.label for it in offered] == ["Interconnector (1)"], words(editor)
    term = offered[0].key.partition("-take-")[2]
    offered[0].click().run()
    assert field(fine(editor), "Keywords", nth=0).value == [term]


def test_pasted_addresses_are_checked_line_by_line_and_stay_until_they_are_right(
    app: App, editor: AppTest, feeds: Feeds
) -> None:
    go_to(editor, "Sources")
    pasted = f"{feeds.url('new.xml')} New wire\nno address\n"
    field(editor, "Addresses, one a line").set_value(pasted).run()
    button(editor, "Add these").click().run()
    assert "line 2" in words(fine(editor))
    assert field(editor, "Addresses, one a line").value == pasted
    field(editor, "Addresses, one a line").set_value(pasted.replace("no address", "")).run()
    button(editor, "Add these").click().run()
    assert "1 added, 0 were there already." in words(fine(editor))
    assert "not saved yet" in words(editor)
    button(editor, "Save").click().run()
    assert feeds.url("new.xml") in [it.url for it in stored(app).sources]


def test_a_source_says_how_it_is_and_can_be_removed(app: App, editor: AppTest) -> None:
    told = words(go_to(editor, "Sources"))
    assert ":red-badge[" in told or ":orange-badge[" in told
    assert "articles a week" in told
    button(editor, "Remove this source").click().run()
    button(editor, "Save").click().run()
    assert len(stored(app).sources) == 1


def test_a_moved_feed_offers_its_new_address(app: App, shown: Shown, feeds: Feeds) -> None:
    url, newer = feeds.url("feed.xml"), feeds.url("moved.xml")
    with app.database.begin() as connection:
        connection.execute(
            update(tables.sources).where(tables.sources.c.url == url).values(
                moved_to=newer, consecutive_failures=0, last_error=None
            )
        )  # fmt: skip
    editor = go_to(fine(shown("specifications", specification=specification(app))), "Sources")
    button(editor, "Take the new address").click().run()
    button(editor, "Save").click().run()
    assert newer in [it.url for it in stored(app).sources]


def test_the_feeds_of_a_site_are_found(app: App, editor: AppTest, feeds: Feeds) -> None:
    go_to(editor, "Sources")
    feeds.put("other.xml", feeds.pages["/feed.xml"].body if "/feed.xml" in feeds.pages else
              feeds.pages["feed.xml"].body)  # fmt: skip
    field(editor, "Address of a site, or of a page of it").set_value(feeds.url("other.xml"))
    button(editor, "Find its feeds").click().run()
    button(fine(editor), "Add it").click().run()
    button(editor, "Save").click().run()
    assert feeds.url("other.xml") in [it.url for it in stored(app).sources]


def test_the_last_weeks_are_simulated_against_what_is_saved(editor: AppTest) -> None:
    field(editor, "Keywords", nth=0).set_value([]).run()
    go_to(editor, "Try on the past")
    button(editor, "Simulate").click().run()
    told = words(fine(editor))
    assert "Saved settings" in told
    assert "gone" in told


def test_the_review_of_a_schedule_is_saved_by_itself(app: App, editor: AppTest) -> None:
    go_to(editor, "Review")
    editor.radio[0].set_value("approve").run()
    button(editor, "Save the review").click().run()
    assert "needs reviewers" in words(fine(editor))
    field(editor, "Reviewers, one mail address a line").set_value("ann@example.org").run()
    button(editor, "Save the review").click().run()
    (schedule,) = get_autopilot_schedules(app=app)
    assert schedule.policy.review.mode.value == "approve"
    assert schedule.policy.review.reviewers == ("ann@example.org",)


def test_deleting_asks_first_and_says_what_stays(app: App, editor: AppTest) -> None:
    button(editor, "Delete").click().run()
    assert row(app).status == "active"
    assert "Its runs, issues, articles and readers stay" in words(fine(editor))
    button(editor, "Delete it").click().run()
    assert row(app).status == "cancelled"
    assert fine(editor).title[0].value == "Specifications"
    assert "is deleted; its issues stay" in editor.toast[0].value


def test_a_new_one_begins_with_a_pack(app: App, shown: Shown) -> None:
    page = fine(shown("specifications", new=1))
    button(page, "Take it").click().run()
    assert "Not saved yet" in words(fine(page))
    button(page, "Create it").click().run()
    assert "is created" in words(fine(page))
    with app.database.read() as connection:
        assert len(specifications.list_specifications(connection, workspace_id=workspace(app))) == 2


def test_a_new_one_begins_with_pasted_addresses(app: App, shown: Shown, feeds: Feeds) -> None:
    page = fine(shown("specifications", new=1))
    page.segmented_control[0].set_value("Addresses of feeds").run()
    field(page, "Name of the newsletter").set_value("Wires")
    field(page, "Addresses of feeds, one a line").set_value(feeds.url("feed.xml")).run()
    button(page, "Begin with these").click().run()
    assert field(fine(page), "Name of the newsletter").value == "Wires"
    button(page, "Create it").click().run()
    made = stored(app, "wires")
    assert [it.url for it in made.sources] == [feeds.url("feed.xml")]
    assert not made.categories[0].keywords


def test_a_copy_has_no_channels(app: App, shown: Shown) -> None:
    page = fine(shown("specifications", new=1))
    page.segmented_control[0].set_value("A copy of one").run()
    field(page, "Name of the newsletter").set_value("Energy again")
    button(page, "Begin with a copy").click().run()
    button(fine(page), "Create it").click().run()
    made = stored(app, "energy-again")
    assert made.sources == stored(app).sources
    assert not made.channels


def test_names_are_shown_as_they_are_written(awkward: App, shown: Shown) -> None:
    told = words(fine(shown("specifications", workspace="awkward")))
    for name in HOSTILE:
        assert f"#### {plain(name)}" in told
    with awkward.database.read() as connection:
        rows = specifications.list_specifications(
            connection, workspace_id=workspace(awkward, "awkward")
        )
    for one in rows:
        page = fine(shown("specifications", workspace="awkward", specification=one.id))
        assert page.title[0].value == plain(one.document.name)
        told = words(page)
        assert f"| **{plain(one.document.categories[0].name[:40])}** |" in told
        for section in ("Sources", "Review", "As YAML"):
            go_to(page, section)
        assert plain(one.document.name) in words(go_to(page, "Sources"))


def test_a_viewer_sees_everything_and_changes_nothing(
    app: App, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_viewer(app, monkeypatch)
    page = fine(shown("specifications", specification=specification(app)))
    for section in SECTIONS:
        go_to(page, section)
        assert "needs the role editor" in words(page)
        assert not [it.label for it in page.button if it.label in ("Save", "Delete", "Create it")]
        for kind in ("text_input", "text_area", "multiselect", "selectbox", "toggle"):
            open_ones = [it.label for it in page.get(kind) if not it.disabled]
            assert set(open_ones) <= {"Follow my changes", "Workspace"}, section
    assert "needs the role editor" in words(shown("specifications", new=1))


def test_another_workspaces_specification_is_not_there(
    app: App, awkward: App, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_viewer(app, monkeypatch)
    with app.database.read() as connection:
        theirs = specifications.list_specifications(
            connection, workspace_id=workspace(app, "awkward")
        )[0]
    assert "There is no specification" in words(shown("specifications", specification=theirs.id))


def as_viewer(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Principal(name="eve@example.org", grants={workspace(app): Grant(role=Role.VIEWER)})
    monkeypatch.setattr(guard, "who", lambda: one)


def drafted(page: AppTest) -> dict[str, Any]:
    (draft,) = page.session_state["specification-drafts"].values()
    values: dict[str, Any] = draft.values
    return values
