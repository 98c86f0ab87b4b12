"""The stories of an issue under review: their order, which leads, which goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.service.review_acts import EDIT, PIN
from autopilot.service.review_links import Action, mark_of, story_marked
from autopilot.service.review_view import review_view
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.link import link
from autopilot.ui.parts.text import plain
from autopilot.ui.review.acts import act, wish_of
from autopilot.ui.review.seen import seen_version

if TYPE_CHECKING:
    from autopilot.service.review_view import ReviewStory, ReviewView


def show_story_acts(visit: Visit, view: ReviewView) -> None:
    """Show each story with its buttons, section by section; order and lead are within a section."""
    sections = [story.category for story in view.stories]
    for at, story in enumerate(view.stories):
        if at == 0 or sections[at - 1] != story.category:
            st.markdown(f"##### {plain(story.category)}")
        above = view.stories[at - 1] if at and sections[at - 1] == story.category else None
        is_last = at + 1 == len(sections) or sections[at + 1] != story.category
        below = None if is_last else view.stories[at + 1]
        with st.container(border=True):
            st.markdown(f"**{story.number}.** {link(story.title, story.url)}")
            st.caption(
                f"{plain(story.source)}{f' · {plain(story.region)}' if story.region else ''}"
                f"  \nWhy: {plain(story.reason)}"
            )
            _buttons(visit, view, story, above, below)


def _buttons(
    visit: Visit,
    view: ReviewView,
    story: ReviewStory,
    above: ReviewStory | None,
    below: ReviewStory | None,
) -> None:
    name, issue_id = f"review-story-{mark_of(story.key)}", view.issue.id
    with st.container(horizontal=True, gap="small"):
        up = _button("Up", "arrow_upward", f"{name}-up", "one place up", is_off=above is None)
        if up and above is not None:
            _move(visit, view, story, to=above.number)
        down = _button(
            "Down", "arrow_downward", f"{name}-down", "one place down", is_off=below is None
        )
        if down and below is not None:
            _move(visit, view, below, to=story.number)
        if _button(
            "Pin", "keep", f"{name}-pin", "it leads its section, and is the last to be shortened"
        ):
            wish = replace(wish_of(view, PIN), story=mark_of(story.key))
            act(visit, issue_id, wish, Right.EDIT)
        if _button("Drop", "delete", f"{name}-drop", "take it out; the next best takes its place"):
            _ask_to_drop(issue_id, mark_of(story.key), seen_version(issue_id, view.issue.version))


def _button(label: str, icon: str, key: str, told: str, *, is_off: bool = False) -> bool:
    return st.button(
        label, icon=f":material/{icon}:", key=key, help=told, disabled=is_off, type="tertiary"
    )


def _move(visit: Visit, view: ReviewView, story: ReviewStory, *, to: int) -> None:
    wish = replace(wish_of(view, EDIT), places={mark_of(story.key): to})
    act(visit, view.issue.id, wish, Right.EDIT)


@st.dialog("Drop this story?", icon=":material/delete:")
def _ask_to_drop(issue_id: UUID, mark: str, version: int) -> None:
    page(lambda visit: _dropping(visit, issue_id, mark, version))


def _dropping(visit: Visit, issue_id: UUID, mark: str, version: int) -> None:
    view = review_view(visit.app, visit.reach.issue(issue_id, Right.EDIT).id)
    story = story_marked(view.stories, mark)
    st.markdown(f"**{plain(story.title)}**" if story else "It is gone already.")
    st.markdown(
        "The next best story of its section takes its place. If none fits, the issue is one story"
        " shorter. It cannot be brought back."
    )
    if st.button(
        "Drop the story", type="primary", icon=":material/delete:", key="review-drop-story"
    ):
        wish = replace(wish_of(view, Action.STORY), story=mark, version=version)
        act(visit, issue_id, wish, Right.EDIT)
