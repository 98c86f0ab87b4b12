"""Acts of a reviewer on a whole issue: send it, hold it, drop it. The first and the last ask once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.issue import IssueStatus
from autopilot.errors import AutopilotError, InputRefused
from autopilot.service.review_acts import Wish, carry_out, may
from autopilot.service.review_links import Action
from autopilot.service.review_view import review_view, send_label, told_sending
from autopilot.service.sending_guard import why_not
from autopilot.service.status import Health, health_now
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain
from autopilot.ui.review.seen import forget_told, note_seen, seen_version, tell

if TYPE_CHECKING:
    from autopilot.service.review_view import ReviewView

NO_SENDING = "Sending is a right of its own; an admin of the workspace gives it."
NO_EDITING = "You may look, not change: an admin of the workspace gives the role editor."


def show_acts(visit: Visit, view: ReviewView) -> None:
    """Show the buttons that an issue's state allows; a lacking right is said, not hidden."""
    issue_id, workspace_id = view.issue.id, view.workspace.id
    may_send = visit.reach.may(Right.SEND, workspace_id)
    may_edit = visit.reach.may(Right.EDIT, workspace_id)
    with st.container(horizontal=True):
        if may(view, Action.APPROVE) and st.button(
            plain(send_label(view)),
            type="primary",
            icon=":material/send:",
            disabled=not may_send,
            help=None if may_send else NO_SENDING,
            key="review-approve",
        ):
            _ask_to_send(issue_id, seen_version(issue_id, view.issue.version))
        if may(view, Action.HOLD) and st.button(
            "Hold it" if view.status is not IssueStatus.APPROVED else "Take the approval back",
            icon=":material/pan_tool:",
            disabled=not may_edit,
            help=None if may_edit else NO_EDITING,
            key="review-hold",
        ):
            act(visit, issue_id, wish_of(view, Action.HOLD), Right.EDIT)
        if may(view, Action.DROP) and st.button(
            "Drop the issue",
            icon=":material/delete:",
            disabled=not may_edit,
            help=None if may_edit else NO_EDITING,
            key="review-drop",
        ):
            _ask_to_drop(issue_id, seen_version(issue_id, view.issue.version))


def wish_of(view: ReviewView, what: str) -> Wish:
    """Return a wish about the issue as the visitor has seen it, that changes no word of it."""
    return Wish(
        act=what,
        version=seen_version(view.issue.id, view.issue.version),
        subject=view.issue.subject,
        intro=view.issue.intro,
    )


def act(visit: Visit, issue_id: UUID, wish: Wish, right: Right) -> None:
    """Do it, and draw the page anew with what happened; where nothing was done, with why.

    What cannot be used (InputRefused) is told in place, so that it can be mended.
    """
    try:
        view = review_view(visit.app, visit.reach.issue(issue_id, right).id)
        told = carry_out(visit.app, view, wish, actor=visit.actor)
        newest = visit.reach.issue(issue_id)
    except InputRefused as error:
        forget_told(issue_id)
        show_fault(error)
        return
    except AutopilotError as error:
        first = "" if "nothing was done" in error.message.lower() else "Nothing was done. "
        tell(issue_id, f"{first}{error.message}", is_done=False)
    else:
        note_seen(issue_id, newest.version)
        tell(issue_id, f"{told}{_and_then(visit, wish)}", is_done=True)
    st.rerun()


def _and_then(visit: Visit, wish: Wish) -> str:
    """What keeps an approved issue from leaving, where something does."""
    if wish.act != Action.APPROVE:
        return ""
    if reason := why_not(visit.app):
        return f" Nothing leaves yet: {reason}"
    if health_now(visit.app) is Health.OFF:
        return " No worker is running: it leaves as soon as one is."
    return ""


@st.dialog("Send this issue?", icon=":material/send:")
def _ask_to_send(issue_id: UUID, version: int) -> None:
    page(lambda visit: _sending(visit, issue_id, version))


def _sending(visit: Visit, issue_id: UUID, version: int) -> None:
    view = review_view(visit.app, visit.reach.issue(issue_id, Right.SEND).id)
    st.markdown(f"**{plain(view.issue.subject)}**")
    final = " Mails cannot be taken back." if view.audience.people else ""
    st.markdown(f"Approving {plain(told_sending(view))}.{final}")
    for warning in view.warnings:
        st.caption(f":material/warning: {plain(warning)}")
    if reason := why_not(visit.app):
        st.warning(f"Nothing leaves yet: {plain(reason)}")
    if st.button(
        plain(send_label(view)), type="primary", icon=":material/send:", key="review-send"
    ):
        wish = replace(wish_of(view, Action.APPROVE), version=version)
        act(visit, issue_id, wish, Right.SEND)


@st.dialog("Drop this issue?", icon=":material/delete:")
def _ask_to_drop(issue_id: UUID, version: int) -> None:
    page(lambda visit: _dropping(visit, issue_id, version))


def _dropping(visit: Visit, issue_id: UUID, version: int) -> None:
    view = review_view(visit.app, visit.reach.issue(issue_id, Right.EDIT).id)
    st.markdown(f"**{plain(view.issue.subject)}**")
    st.markdown(
        "Nobody gets it, for good. Its stories count as untold: a later issue may bring them."
    )
    if st.button("Drop the issue", type="primary", icon=":material/delete:", key="review-drop-it"):
        wish = replace(wish_of(view, Action.DROP), version=version)
        act(visit, issue_id, wish, Right.EDIT)
