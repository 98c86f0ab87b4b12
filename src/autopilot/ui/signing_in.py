"""Signing in on the page itself, where no gate of ours stands before it and no cookie can be set."""

from __future__ import annotations

import streamlit as st

from autopilot.errors import LoginRequired
from autopilot.service.access.sessions import sign_in, sign_out
from autopilot.service.access.visitors import has_passwords
from autopilot.service.context import App

SECRET = "session-secret"  # noqa: S105 - where this page keeps it, and nobody else's
NO_PASSWORDS = (
    "Nobody has a password yet. Set AUTOPILOT_ADMIN_PASSWORD beside AUTOPILOT_ADMIN_EMAIL and start"
    " again, or ask for a link: `autopilot users update EMAIL --link`."
)


def secret_of_page() -> str | None:
    """Return the secret of the session that began on this page, None where nobody signed in."""
    kept = st.session_state.get(SECRET)
    return kept if isinstance(kept, str) else None


def ask_here(app: App) -> None:
    """Show the form, and begin a session with what is typed into it."""
    st.title("Sign in")
    if not has_passwords(app):
        st.info(NO_PASSWORDS)
        return
    with st.form("sign-in"):
        email = st.text_input("Mail address", autocomplete="username")
        password = st.text_input("Password", type="password", autocomplete="current-password")
        is_asked = st.form_submit_button("Sign in", type="primary")
    st.caption("It lasts until this page is closed or loaded again.")
    if is_asked:
        _begin(app, email, password)


def _begin(app: App, email: str, password: str) -> None:
    client = str(st.context.headers.get("User-Agent") or "")
    try:
        st.session_state[SECRET] = sign_in(app, email, password, client=client)
    except LoginRequired as error:
        st.error(error.message)
        return
    st.rerun()


def sign_out_here(app: App) -> None:
    """End the session of this page, and show the form again."""
    if secret := st.session_state.pop(SECRET, None):
        sign_out(app, secret)
    st.rerun()
