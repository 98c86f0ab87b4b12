"""The frame around every page: the menu, the choice of workspace, who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from autopilot.errors import AutopilotError, LoginRequired
from autopilot.service.access.reach import Reach
from autopilot.service.access.sessions import end_session
from autopilot.service.status import Health, health_now
from autopilot.ui.guard import WORKSPACE, ask_to_sign_in, chosen_workspace, who
from autopilot.ui.host import host
from autopilot.ui.navigation import PLACES
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.signing_in import sign_out_here

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def surround() -> StreamlitPage:
    """Show the frame and return the page that the visitor is on."""
    try:
        reach = Reach(host().app, who())
    except LoginRequired:
        return st.navigation(_ways_to_sign_in(), position="hidden")
    groups: dict[str, list[Any]] = {}
    for place in PLACES:
        page = st.Page(
            place.file,
            title=place.title,
            icon=place.icon,
            url_path=place.name,
            default=place.name == "home",
            visibility="visible" if place.listed else "hidden",
        )
        groups.setdefault(place.group, []).append(page)
    chosen = st.navigation(groups)
    try:
        with st.sidebar:
            _workspace_choice(reach)
            _visitor(reach)
            _scheduler(reach, is_home=chosen.title == PLACES[0].title)
    except AutopilotError as error:
        show_fault(error)
    return chosen


def _ways_to_sign_in() -> list[StreamlitPage]:
    """Signing in at the address of every page, so that each is there afterwards."""
    return [
        st.Page(ask_to_sign_in, title="Sign in", url_path=place.name, default=place.name == "home")
        for place in PLACES
    ]


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
    if host().is_local:
        return
    st.text(reach.actor)  # in Markdown an address is a link
    if st.button("Sign out", key="sign-out", icon=":material/logout:", type="tertiary"):
        if host().is_alone:
            sign_out_here(reach.app)
        visitor = reach.principal
        if visitor.user_id is not None and visitor.session_id is not None:
            end_session(reach.app, visitor.user_id, visitor.session_id)
        st.logout()  # leads to the login, by way of the provider where there is one


def _scheduler(reach: Reach, *, is_home: bool) -> None:
    """One line on whether slots are looked after, said by a word and a sign."""
    word, icon = _HEALTH[health_now(reach.app)]
    if is_home:  # a link to where one is already would stand there as a second choice of the menu
        st.markdown(f"{icon} {word}")
        return
    st.page_link("pages/home.py", label=word, icon=icon, help="More on the page Home")


_HEALTH = {
    Health.ON_TIME: ("Scheduler is on", ":material/check_circle:"),
    Health.LATE: ("Scheduler is late", ":material/error:"),
    Health.OFF: ("Scheduler is off", ":material/pause_circle:"),
}
