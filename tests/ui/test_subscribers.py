"""The Subscribers page: the list, adding, importing, suppressing, the sign-up page."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, button, opened, specification, words, workspace

from autopilot.domain.access import LOCAL, Grant, Principal, Role
from autopilot.domain.subscriber import SubscriberStatus
from autopilot.service.access.reach import Reach
from autopilot.service.context import App
from autopilot.service.subscriber_lists import import_csv
from autopilot.service.subscribers import (
    add_subscriber,
    count_subscribers,
    list_subscribers,
    list_suppressions,
    suppress_address,
)
from autopilot.store.specifications import SpecificationRow
from autopilot.ui import guard

Shown = Callable[..., AppTest]


def row_of(app: App, slug: str = "energy") -> SpecificationRow:
    return Reach(app, LOCAL).specification(specification(app, slug))


def addresses(app: App, slug: str = "energy") -> list[str]:
    return [it.email for it in list_subscribers(app, specification(app, slug), limit=100)]


def section(page: AppTest, name: str) -> AppTest:
    return page.segmented_control(key="subscribers-shown").set_value(name).run()


def open_person(page: AppTest, app: App, address: str) -> UUID:
    (found,) = [
        it for it in list_subscribers(app, specification(app), limit=100) if it.email == address
    ]
    page.session_state[f"subscriber-{found.id}"] = True
    page.run()
    return found.id


@pytest.fixture
def viewer(app: App, monkeypatch: pytest.MonkeyPatch) -> Principal:
    """Whoever looks may only look."""
    seen = Principal(name="vera", grants={workspace(app): Grant(role=Role.VIEWER)})
    monkeypatch.setattr(guard, "who", lambda: seen)
    monkeypatch.setattr("autopilot.ui.frame.who", lambda: seen)
    return seen


def test_an_empty_list_says_what_to_do(app: App, shown: Shown) -> None:
    assert "Nobody is on this list yet" in words(shown("subscribers")).replace("\\", "")


def test_people_are_counted_searched_and_paged(app: App, shown: Shown) -> None:
    lines = "".join(f"p{n:03}@example.org,Person {n}\n" for n in range(60))
    import_csv(app, row_of(app), io.BytesIO(f"email,name\n{lines}".encode()), actor="ann")
    page = shown("subscribers")
    assert not page.exception
    assert any("60" in str(it) for it in page.pills[0].options)
    first = [it.label for it in page.expander]
    assert len(first) == 25
    page.button(key="subscribers-places-next").click().run()
    assert not {*first} & {it.label for it in page.expander}
    page.text_input(key="subscribers-text").set_value("PERSON 7").run()
    assert [it.label for it in page.expander if "p007" in it.label]
    assert len(page.expander) == 1
    page.text_input(key="subscribers-text").set_value("%").run()
    assert "Nobody on this list matches" in words(page).replace("\\", "")


def test_a_person_is_added_once(app: App, shown: Shown) -> None:
    page = section(shown("subscribers"), "Add and import")
    page.text_input(key="subscriber-address").set_value("ann@example.org")
    page.text_input(key="subscriber-name").set_value("Ann Lee")
    button(page, "Add").click().run()
    assert not page.exception
    assert not page.error
    assert addresses(app) == ["ann@example.org"]
    assert page.text_input(key="subscriber-address").value == ""


def test_what_is_no_address_is_told_and_kept(app: App, shown: Shown) -> None:
    page = section(shown("subscribers"), "Add and import")
    page.text_input(key="subscriber-address").set_value("ann at example")
    button(page, "Add").click().run()
    assert page.error
    assert addresses(app) == []
    assert page.text_input(key="subscriber-address").value == "ann at example"


def test_a_letter_that_cannot_be_sent_says_everything_that_is_missing(
    app: App, shown: Shown
) -> None:
    page = section(shown("subscribers"), "Add and import")
    page.text_input(key="subscriber-address").set_value("ann@example.org")
    page.radio(key="subscriber-how").set_value("Send a letter that asks them to confirm")
    button(page, "Add").click().run()
    told = words(page).replace("\\", "")
    for missing in ("no mail channel", "AUTOPILOT_SMTP_URL", "AUTOPILOT_PUBLIC_URL"):
        assert missing in told
    assert addresses(app) == []


def upload(page: AppTest, content: str) -> AppTest:
    page.file_uploader(key="subscribers-file").upload("list.csv", content.encode(), "text/csv")
    page.run()
    return button(page, "Import").click().run()  # type: ignore[no-any-return]


def test_a_file_with_faults_imports_nobody_and_names_every_line(app: App, shown: Shown) -> None:
    page = section(shown("subscribers"), "Add and import")
    upload(page, "email,name\ngood@example.org,A\nbad\nalso bad,B\nbob@example.org,=HYPERLINK(1)\n")
    told = words(page).replace("\\", "")
    for line in ("line 3", "line 4", "line 5"):
        assert line in told, told
    assert addresses(app) == []
    page.checkbox(key="subscribers-skip").check().run()
    button(page, "Import").click().run()
    assert "1 added" in words(page)
    assert addresses(app) == ["good@example.org"]


def test_removing_asks_first(app: App, shown: Shown) -> None:
    add_subscriber(app, row_of(app), "ann@example.org", actor="ann")
    page = shown("subscribers")
    identity = open_person(page, app, "ann@example.org")
    button(page, "Remove").click().run()
    assert addresses(app) == ["ann@example.org"]
    page.button(key=f"subscriber-{identity}-confirmed").click().run()
    assert not page.exception
    assert addresses(app) == []


def test_an_address_is_suppressed_and_allowed_again(app: App, shown: Shown) -> None:
    add_subscriber(app, row_of(app), "ann@example.org", actor="ann")
    page = shown("subscribers")
    open_person(page, app, "ann@example.org")
    button(page, "Suppress").click().run()
    assert count_subscribers(app, specification(app)) == {SubscriberStatus.UNSUBSCRIBED: 1}
    page = section(page, "Suppressed")
    assert "suppressed by hand" in words(page).replace("\\", "")
    button(page, "Allow again", nth=1).click().run()
    page.button(key="allow-confirmed").click().run()
    assert not page.exception
    assert list_suppressions(app, workspace(app), limit=5) == []


def test_the_sign_up_page_says_what_is_missing(app: App, shown: Shown) -> None:
    page = section(shown("subscribers"), "Sign-up page")
    assert "Nobody can sign up yet" in words(page)
    assert "What a person sees" in words(page)


def test_a_viewer_looks_and_changes_nothing(app: App, shown: Shown, viewer: Principal) -> None:
    add_subscriber(app, row_of(app), "ann@example.org", actor="ann")
    page = shown("subscribers")
    open_person(page, app, "ann@example.org")
    assert button(page, "Remove").disabled
    assert button(page, "Suppress").disabled
    page = section(page, "Add and import")
    assert not page.text_input
    assert "needs the role editor" in words(page).replace("\\", "")
    page = section(page, "Suppressed")
    assert not [it for it in page.button if it.label == "Suppress"]


def test_names_stand_as_they_are_written(awkward: App, shown: Shown) -> None:
    for number, name in enumerate(HOSTILE):
        add_subscriber(
            awkward, row_of(awkward, "awkward-0"), f"p{number}@example.org", name=name, actor="a"
        )
    suppress_address(awkward, workspace(awkward, "awkward"), "x@example.org", actor="a")
    page = opened("subscribers", workspace="awkward").run()
    told = " ".join(it.label for it in page.expander)
    for name in HOSTILE:
        assert name in told.replace("\\", ""), name
        assert name in page.selectbox(key="subscribers-specification").options
    assert "**bold**" not in told
    assert ":red[x]" not in told
    for name in ("Add and import", "Suppressed", "Sign-up page"):
        assert not section(page, name).exception
    radio: Any = section(page, "Suppressed").radio(key="suppress-scope")
    assert radio.options[0].startswith("\\<script\\>")
