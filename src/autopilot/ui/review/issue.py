"""One issue under review: where it stands, what can be done, how it looks, who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.service.review_acts import may
from autopilot.service.review_links import Action
from autopilot.service.review_view import review_view
from autopilot.ui.guard import Visit
from autopilot.ui.parts.issue_view import show_issue
from autopilot.ui.parts.mail_test import show_mail_test
from autopilot.ui.parts.text import plain
from autopilot.ui.review.acts import NO_EDITING, show_acts
from autopilot.ui.review.seen import last_told, note_seen, seen_version
from autopilot.ui.review.standing import show_findings, show_record, show_standing
from autopilot.ui.review.stories import show_story_acts
from autopilot.ui.review.words import show_words

if TYPE_CHECKING:
    from autopilot.service.review_view import ReviewView

TABS = ("Look", "Change", "Record")


def show_review(visit: Visit, issue_id: UUID) -> None:
    """Show the issue to whoever may see it; what is done from it is about this very version."""
    view = review_view(visit.app, visit.reach.issue(issue_id).id)
    version = view.issue.version
    st.subheader(plain(view.issue.subject))
    st.caption(plain(view.newsletter))
    _tell_last(view)
    show_standing(issue_id, version)
    show_findings(view)
    show_acts(visit, view)
    look, change, record = st.tabs(TABS, key="review-tabs")
    with look:
        show_issue(visit, issue_id, key="review-issue")
        show_mail_test(visit, issue_id, key="review-test")
    with change:
        _change(visit, view)
    with record:
        show_record(visit, view)
    note_seen(issue_id, version)


def _tell_last(view: ReviewView) -> None:
    """Tell what came of the last act; and of changes by others since this visitor looked."""
    told = last_told(view.issue.id, view.issue.version)
    if told is not None:
        sentence, is_done = told
        if is_done:
            st.info(plain(sentence), icon=":material/check:")
        else:
            st.warning(
                f"{plain(sentence)} Below is its newest state; what you typed is kept.",
                icon=":material/sync_problem:",
            )
    elif seen_version(view.issue.id, view.issue.version) != view.issue.version:
        st.info(
            "Somebody changed it since you looked. This is its newest state.",
            icon=":material/sync:",
        )


def _change(visit: Visit, view: ReviewView) -> None:
    if not may(view, Action.OPEN):
        st.markdown("It can no longer be changed.")
        if may(view, Action.HOLD):
            st.caption("Take the approval back to change it.")
        return
    if not visit.reach.may(Right.EDIT, view.workspace.id):
        st.markdown(NO_EDITING)
        return
    show_words(view.issue.id)
    st.markdown("**Stories**")
    show_story_acts(visit, view)
