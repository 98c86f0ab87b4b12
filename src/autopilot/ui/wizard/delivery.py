"""How it leaves: as mail where a relay is set up, once it was tried; else as files to take along."""

from __future__ import annotations

import streamlit as st

from autopilot.domain.access import Right
from autopilot.errors import AutopilotError
from autopilot.service.doctor_delivery import relay_finding
from autopilot.service.findings import Finding, Level
from autopilot.service.first_steps import FirstStep, Standing, mail_to, pass_over
from autopilot.service.issue_in_full import issue_in_full
from autopilot.service.trying_out import send_test
from autopilot.ui.guard import Visit
from autopilot.ui.parts.downloads import show_downloads
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain
from autopilot.ui.wizard.steps import go_on

TRIED = "start-relay"  # what came of the connection, in this session
NO_SENDING = "Sending is a right of its own; an admin of the workspace gives it."


def show_delivery(visit: Visit, at: Standing) -> None:
    """Offer mail or files, say what is set up already, and go on either way."""
    st.subheader("How does it leave?", anchor=False)
    if at.specification is not None and at.specification.document.channels:
        kinds = sorted({it.type for it in at.specification.document.channels})
        st.markdown(
            f":green-badge[:material/check_circle: set up] Each issue goes to: {', '.join(kinds)}."
        )
    if visit.app.post is None:
        _show_files(visit, at)
    else:
        _show_mail(visit, at)
    is_set_up = at.is_done(FirstStep.DELIVERY)
    if st.button(
        "Continue" if is_set_up else "Continue without sending it",
        type="primary" if is_set_up or visit.app.post is None else "secondary",
        key="start-delivery-on",
    ):
        try:
            if not is_set_up:
                pass_over(visit.reach, visit.workspace.id, FirstStep.DELIVERY)
        except AutopilotError as error:
            show_fault(error)
            return
        go_on()


def _show_files(visit: Visit, at: Standing) -> None:
    st.markdown(
        "No mail relay is set up, so issues are kept here, to read and to download. To send them"
        " as mail later, set `AUTOPILOT_SMTP_URL` and `AUTOPILOT_MAIL_FROM` and start Autopilot"
        " again; nothing else changes."
    )
    if at.issue_id is not None:
        shown = issue_in_full(visit.app, visit.reach.issue(at.issue_id).id)
        show_downloads(visit, shown, key="start-files")


def _show_mail(visit: Visit, at: Standing) -> None:
    relay = visit.app.settings.relay
    where = "" if relay is None else f" ({plain(relay.host)}, port {relay.port})"
    st.markdown(f"Mails leave over the relay that is set up{where}. Test the connection first.")
    if st.button("Test the connection", icon=":material/cable:", key="start-relay-test"):
        with st.spinner("The relay is asked ..."):
            st.session_state[TRIED] = None if relay is None else relay_finding(relay)
    tried: Finding | None = st.session_state.get(TRIED)
    if tried is not None:
        _tell(tried)
    is_there = tried is not None and tried.level is not Level.ERROR
    to = st.text_input("Your address", value=next(iter(visit.workspace.owners), ""), key="start-to")
    may_send = visit.may(Right.SEND)
    help_ = None if may_send else NO_SENDING
    with st.container(horizontal=True):
        if st.button(
            "Send me a test",
            disabled=not (is_there and may_send and at.issue_id),
            help=help_,
            key="start-mail-test",
        ):
            _send_test(visit, at, to)
        if st.button(
            "Send each issue to this address",
            disabled=not (is_there and may_send),
            help=help_,
            key="start-mail-each",
        ):
            _send_each(visit, at, to)


def _tell(tried: Finding) -> None:
    told = plain(tried.message)
    if tried.level is Level.ERROR:
        st.error(f"{told}. {plain(tried.fix or '')}", icon=":material/error:")
    elif tried.level is Level.WARNING:
        st.warning(f"{told}. {plain(tried.fix or '')}", icon=":material/warning:")
    else:
        st.success(told, icon=":material/check_circle:")


def _send_test(visit: Visit, at: Standing, to: str) -> None:
    try:
        assert at.issue_id is not None
        issue = visit.reach.issue(at.issue_id, Right.SEND)
        words = send_test(visit.app, issue.id, to, actor=visit.actor)
    except AutopilotError as error:
        show_fault(error)
        return
    st.success(f"The relay took the test for {plain(to)}. It said: {plain(words)}")


def _send_each(visit: Visit, at: Standing, to: str) -> None:
    try:
        assert at.specification is not None
        mail_to(visit.reach, at.specification.id, to.strip())
    except AutopilotError as error:
        show_fault(error)
        return
    go_on()
