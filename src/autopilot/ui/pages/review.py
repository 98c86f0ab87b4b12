"""Review: what waits for people, and one issue before its readers have it."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from autopilot.errors import NotFound
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.way import show_way
from autopilot.ui.review.issue import show_review
from autopilot.ui.review.waiting import show_waiting


def show(visit: Visit) -> None:
    """Show the issue that the address names, else the list."""
    st.title("Review")
    issue = st.query_params.get("issue")
    if issue is None:
        st.caption("Issues that no reader has had yet.")
        show_waiting()
        return
    show_way(
        "All issues to review",
        page="review",
        key="review-all",
        icon=":material/arrow_back:",
        workspace=visit.workspace.slug,
    )
    show_review(visit, _identity(issue))


def _identity(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such issue.") from None


page(show)
