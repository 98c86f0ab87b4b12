"""The frame around every page: the menu, the choice of workspace, who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from autopilot.errors import AutopilotError, LoginRequired
from autopilot.service.access.reach import Reach
from autopilot.ui.guard import WORKSPACE, ask_to_sign_in, chosen_workspace, who
from autopilot.ui.host import host
from autopilot.ui.navigation import PLACES
from autopilot.ui.parts.faults import show_fault

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def surround() -> StreamlitPage:
    """Show the frame and return the page that the visitor is on."""
    try:
        reach = Reach(host().app, who())
    except LoginRequired:
        return st.navigation([st.Page(ask_to_sign_in, title="Sign in")], position="hidden")
    groups: dict[str, list[Any]] = {}
    for place in PLACES:
        page = st.Page(
            place.file,
            title=place.title,
            icon=place.icon,
            url_path=place.name,
            default=place.name == "home",
        )
        groups.setdefault(place.group, []).append(page)
    chosen = st.navigation(groups)
    try:
        with st.sidebar:
            _workspace_choice(reach)
            _visitor(reach)
    except AutopilotError as error:
        show_fault(error)
    return chosen


def _workspace_choice(reach: Reach) -> None:
    known = {it.slug: it.name for it in reach.workspaces()}
    current = chosen_workspace(reach)
    if current is None:
        return
    slugs = list(known)

    def choose() -> None:
        st.session_state[WORKSPACE] = st.session_state["workspace-choice"]
        st.query_params.pop(WORKSPACE, None)

    if len(slugs) > 1:
        st.selectbox(
            "Workspace",
            slugs,
            index=slugs.index(current.slug),
            format_func=lambda slug: known[slug],
            key="workspace-choice",
            on_change=choose,
        )


def _visitor(reach: Reach) -> None:
    if not host().is_local:
        st.caption(reach.actor)
        st.link_button("Sign out", "/logout")
