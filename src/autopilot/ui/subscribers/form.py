"""The sign-up page: where people subscribe by themselves, and what they see until they are on the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.service.signing_up import sign_up_of
from autopilot.service.subscribing import CONFIRM_WITHIN
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain

if TYPE_CHECKING:
    from autopilot.store.specifications import SpecificationRow


def show_sign_up(visit: Visit, row: SpecificationRow) -> None:
    """Show the public address, or everything that is missing for it."""
    form = sign_up_of(visit.app, visit.workspace, row)
    if form.works and form.url:
        st.markdown("People sign up here. Put the address on your site:")
        st.code(form.url, language=None)
        st.link_button("Look at it", form.url, icon=":material/open_in_new:")
    else:
        st.warning(
            "Nobody can sign up yet:\n" + "\n".join(f"- {plain(it)}" for it in form.missing),
            icon=":material/link_off:",
        )
    st.subheader("What a person sees", anchor=False)
    st.markdown(
        "1. A page with the name of the newsletter, how often it comes, and one field for an"
        " address.\n"
        "2. “Look into your mailbox” - the same words whether the address is known or not, so"
        " nobody can find out who reads it.\n"
        f"3. A letter with one link that works for {CONFIRM_WITHIN.days} days. Nothing else is sent"
        " to the address before that link was used. Letters to one address come at growing pauses.\n"
        "4. Behind the link a button, and then the next issue. Each issue carries a link to"
        " unsubscribe with one click."
    )
    st.caption(
        f"Who asked and has not confirmed stands in the list as {plain('pending')}, and is forgotten"
        " after 30 days."
    )
