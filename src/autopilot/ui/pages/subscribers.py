"""Subscribers: who gets a newsletter, who wants none, and how people come on the list."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import streamlit as st

from autopilot.service.history import specifications_to_choose
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.confirm import tell_done
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.subscribers.adding import show_adding
from autopilot.ui.subscribers.form import show_sign_up
from autopilot.ui.subscribers.people import show_people
from autopilot.ui.subscribers.suppressed import show_suppressed

SHOWN = {
    "People": show_people,
    "Add and import": show_adding,
    "Suppressed": show_suppressed,
    "Sign-up page": show_sign_up,
}


def show(visit: Visit) -> None:
    """Show the list of one specification."""
    st.title("Subscribers")
    tell_done()
    names = specifications_to_choose(visit.reach, visit.workspace.id, with_cancelled=False)
    if not names:
        show_empty(
            "A list belongs to a specification, and there is none yet.",
            page="specifications",
            label="Create a specification",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _specification(names)
        shown = st.segmented_control(
            "Show",
            list(SHOWN),
            key="subscribers-shown",
            label_visibility="collapsed",
            required=True,
            wrap=True,
        )
    SHOWN[shown or "People"](visit, visit.reach.specification(chosen))


def _specification(names: Mapping[UUID, str]) -> UUID:
    """The one that was chosen; at first the one that the address names."""
    key = "subscribers-specification"
    if st.session_state.get(key) not in names:
        linked = {str(it): it for it in names}.get(st.query_params.get("specification", ""))
        st.session_state[key] = linked or next(iter(names))
    st.session_state.setdefault("subscribers-shown", "People")
    return st.selectbox(
        "Newsletter", list(names), format_func=lambda it: names[it], key=key, width=320
    )


page(show)
