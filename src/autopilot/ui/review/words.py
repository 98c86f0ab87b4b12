"""Subject and introduction by a reviewer's hand. What somebody typed is kept, whatever others do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.service.draft_edits import MOST_INTRO, MOST_SUBJECT
from autopilot.service.review_acts import EDIT
from autopilot.service.review_view import review_view
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.text import plain
from autopilot.ui.review.acts import act, wish_of

if TYPE_CHECKING:
    from autopilot.service.review_view import ReviewView


@st.fragment
def show_words(issue_id: UUID) -> None:
    """Show the two fields and their button; typing draws these alone anew."""
    page(lambda visit: _show(visit, issue_id))


def _show(visit: Visit, issue_id: UUID) -> None:
    view = review_view(visit.app, visit.reach.issue(issue_id, Right.EDIT).id)
    names = {"subject": view.issue.subject, "intro": view.issue.intro}
    kept = {name: _made_ready(view, name, newest) for name, newest in names.items()}
    subject = st.text_input(
        "Subject", max_chars=MOST_SUBJECT, key=_key(view, "subject"), help="The gate looks at it."
    )
    _tell_kept(kept["subject"], view.issue.subject)
    intro = st.text_area(
        "Introduction", max_chars=MOST_INTRO, key=_key(view, "intro"), help="Empty: none is shown."
    )
    _tell_kept(kept["intro"], view.issue.intro)
    if st.button("Save", icon=":material/save:", key="review-save"):
        wish = replace(wish_of(view, EDIT), subject=subject, intro=intro)
        act(visit, issue_id, wish, Right.EDIT)


def _made_ready(view: ReviewView, name: str, newest: str) -> bool:
    """Fill a field with what the issue says, unless somebody typed over it; return whether others
    changed the issue under what they typed.
    """
    key = _key(view, name)
    typed, base = st.session_state.get(key), st.session_state.get(f"{key}-base")
    if typed is None or typed in (base, newest) or typed.split() == newest.split():
        st.session_state[key] = st.session_state[f"{key}-base"] = newest
        return False
    return bool(base != newest)


def _tell_kept(is_kept: bool, newest: str) -> None:
    if is_kept:
        st.caption(
            f":material/info: It was changed meanwhile to “{plain(newest) or 'nothing'}”."
            " What you typed is kept; saving puts yours in its place."
        )


def _key(view: ReviewView, name: str) -> str:
    return f"review-{name}-{view.issue.id}"
