"""My sessions: where somebody is signed in, and the way to end that."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from autopilot.domain.access import WebSession
from autopilot.service.access.people import sign_out_everywhere
from autopilot.service.access.sessions import end_session, list_sessions
from autopilot.ui.guard import Visit
from autopilot.ui.parts.confirm import act, ask, asked, confirm
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local

_ALL = "sessions-all"


def show_sessions(visit: Visit) -> None:
    """Show the browsers of whoever is looking."""
    who = visit.reach.principal
    if who.user_id is None:
        st.info(
            "Nobody signs in here: these pages are bound to this machine alone.",
            icon=":material/computer:",
        )
        return
    known = list_sessions(visit.app, who.user_id)
    if not known:
        st.caption("You signed in elsewhere (OIDC); this installation keeps no session of yours.")
    for session in known:
        _session(visit, who.user_id, session)
    if st.button("Sign out everywhere", key="sessions-end", icon=":material/logout:"):
        ask(_ALL)
    if asked(_ALL):
        _ask_to_end_all(visit)


def _session(visit: Visit, user_id: UUID, session: WebSession) -> None:
    is_this = session.id == visit.reach.principal.session_id
    left, right = st.columns((4, 1), vertical_alignment="center")
    seen = local(session.last_seen_at, visit.zone, now=visit.now)
    here = " **this browser**" if is_this else ""
    left.markdown(
        f"{plain(session.client or 'a browser')}{here}  \n:gray[last seen {plain(seen)}]",
        help=in_full(session.created_at, visit.zone),
    )
    if not is_this and right.button("Sign out", key=f"session-{session.id}-end"):

        def end() -> str:
            end_session(visit.app, user_id, session.id)
            return "That browser is signed out."

        act(end)


def _ask_to_end_all(visit: Visit) -> None:
    def end() -> str:
        count = sign_out_everywhere(visit.app, visit.actor, actor=visit.actor)
        return f"Signed out in {count} browsers."

    confirm(
        _ALL,
        title="Sign out everywhere",
        told="Every browser with your account has to sign in again, this one too.",
        label="Sign out everywhere",
        do=end,
    )
