"""The way into the first steps: for a store without anything, and for a workspace without an issue."""

from __future__ import annotations

import streamlit as st

from autopilot.domain.access import Right
from autopilot.errors import AutopilotError, LoginRequired
from autopilot.service.access.reach import Reach
from autopilot.ui.guard import Visit, chosen_workspace, who
from autopilot.ui.host import host
from autopilot.ui.parts.faults import show_fault


def welcome() -> bool:
    """Greet an operator of a store without any workspace; False where there is somebody else."""
    try:
        reach = Reach(host().app, who())
        if chosen_workspace(reach) is not None or not reach.principal.is_operator:
            return False
    except LoginRequired:
        return False  # the page says so itself
    except AutopilotError as error:
        show_fault(error)
        return True
    st.title("Welcome to Autopilot", anchor=False)
    st.markdown(
        "Newsletters that make themselves: you say what they are about and when they are due."
        " The first one takes less than five minutes, and needs no key."
    )
    _way("Make the first newsletter")
    return True


def offer_first_steps(visit: Visit) -> None:
    """Offer the first steps where a workspace has no newsletter or no issue yet."""
    with st.container(border=True, key="home-first-steps"):
        st.markdown(
            "**There is no issue yet.** In less than five minutes there can be one, without a key."
        )
        if visit.may(Right.EDIT):
            _way("Go on with the first steps")
        else:
            st.caption("Somebody with the role editor makes the first one.")


def _way(label: str) -> None:
    if st.button(label, type="primary", icon=":material/rocket_launch:", key="first-steps"):
        st.switch_page("pages/start.py")
