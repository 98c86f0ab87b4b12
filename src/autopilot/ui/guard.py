"""The guard of the pages: who is looking, in which workspace. Nothing is shown before it has spoken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

import streamlit as st

from autopilot.domain.access import LOCAL, Principal, Right
from autopilot.errors import AutopilotError, LoginRequired
from autopilot.service.access.reach import Reach
from autopilot.service.access.sessions import COOKIE
from autopilot.service.access.visitors import bearer_of_visit
from autopilot.service.context import App
from autopilot.ui.host import host
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.signing_in import ask_here, secret_of_page

if TYPE_CHECKING:
    from autopilot.store.workspaces import Workspace

WORKSPACE = "workspace"  # the key of the choice, in the address and in the session


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at a page: what the visitor reaches, and the workspace they chose."""

    reach: Reach
    workspace: Workspace
    now: datetime

    @property
    def app(self) -> App:
        """The App that is served."""
        return self.reach.app

    @property
    def actor(self) -> str:
        """What the audit log calls the visitor."""
        return self.reach.actor

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return ZoneInfo(self.workspace.timezone)

    def may(self, right: Right) -> bool:
        """Whether the visitor has this right here: for what the page offers."""
        return self.reach.may(right, self.workspace.id)


def page(show: Callable[[Visit], None]) -> None:
    """Show a page to whoever may see it: the last line of each file of `pages`.

    An expected fault is told in place of what could not be shown, with what to do next.
    """
    try:
        show(visit())
    except AutopilotError as error:
        show_fault(error)


def visit() -> Visit:
    """Return this look at a page; a visitor who has not signed in sees how to, and no more."""
    app = host().app
    try:
        reach = Reach(app, who())
    except LoginRequired:
        ask_to_sign_in()
    workspace = chosen_workspace(reach)
    if workspace is None:
        tell_no_workspace(reach)
    return Visit(reach=reach, workspace=workspace, now=app.clock())


def who() -> Principal:
    """Return who is looking; raises LoginRequired."""
    served = host()
    if served.is_local:
        return LOCAL
    if served.is_alone:
        return bearer_of_visit(served.app, secret=secret_of_page(), claims=None)
    cookies = st.context.cookies.to_dict()
    return bearer_of_visit(served.app, secret=cookies.get(COOKIE), claims=served.claims_of(cookies))


def chosen_workspace(reach: Reach) -> Workspace | None:
    """Return the workspace of the address, of this session, or the first there is."""
    known = {it.slug: it for it in reach.workspaces()}
    for slug in (st.query_params.get(WORKSPACE), st.session_state.get(WORKSPACE)):
        if slug in known:
            st.session_state[WORKSPACE] = slug
            return known[slug]
    return next(iter(known.values()), None)


def ask_to_sign_in() -> NoReturn:
    """Say that this visit is over, and how to come back; the gate lets nobody new see this.

    Where no gate is, ask here.
    """
    if host().is_alone:
        ask_here(host().app)
        st.stop()
    st.title("You are signed out")
    st.write("Nothing you saved is lost. Please sign in again to go on.")
    if st.button("Sign in", type="primary", key="sign-in-again"):
        st.logout()  # clears what is left of a login, and leads to the page of signing in
    st.stop()


def tell_no_workspace(reach: Reach) -> NoReturn:
    """Say what to do where there is nothing to look at yet, and end this look."""
    if reach.principal.is_operator:
        st.switch_page("pages/home.py")
    st.info("You are in no workspace yet. Ask an admin of one to add you.")
    st.stop()
