"""A test to me: an issue as a mail to one address, with where it went or why it did not."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.errors import AutopilotError
from autopilot.service.trying_out import send_test
from autopilot.ui.guard import Visit
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain


def show_mail_test(visit: Visit, issue_id: UUID, *, key: str) -> None:
    """Offer to send an issue to one address; without a relay, say how to get one."""
    with st.expander("Send a test to me", icon=":material/forward_to_inbox:", key=f"{key}-box"):
        if visit.app.post is None:
            _tell_no_relay()
            return
        to = st.text_input("Address", value=_own_address(visit), key=f"{key}-to")
        allowed = visit.may(Right.SEND)
        if st.button(
            "Send test",
            disabled=not allowed,
            help=None if allowed else "Sending is a right of its own; an admin gives it.",
            key=f"{key}-send",
        ):
            _send(visit, issue_id, to)
        st.caption("It is marked [Test] and goes to nobody else.")


def _send(visit: Visit, issue_id: UUID, to: str) -> None:
    try:
        issue = visit.reach.issue(issue_id, Right.SEND)
        answer = send_test(visit.app, issue.id, to, actor=visit.actor)
    except AutopilotError as error:
        show_fault(error)
        return
    st.success(
        f"The relay took the test for {plain(to)}. It said: {plain(answer)}",
        icon=":material/mark_email_read:",
    )


def _own_address(visit: Visit) -> str:
    """Whoever is signed in, else the first owner of the workspace."""
    return visit.actor if "@" in visit.actor else next(iter(visit.workspace.owners), "")


def _tell_no_relay() -> None:
    st.markdown(
        "No mail relay is set up, so nothing can be sent. Set `AUTOPILOT_SMTP_URL` and"
        " `AUTOPILOT_MAIL_FROM`, then start Autopilot again. Until then, download the issue."
    )
    st.page_link("pages/settings.py", label="See what mail needs", icon=":material/settings:")
