"""Tokens: programs' keys to the workspace; and where programs and outside clocks find it."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from autopilot.domain.access import ApiToken, Grant, Right
from autopilot.service.access.tokens import create_token, list_tokens, revoke_token
from autopilot.ui.guard import Visit
from autopilot.ui.parts.confirm import act, ask, asked, confirm
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local
from autopilot.ui.settings.members import ask_role, base_of
from autopilot.ui.settings.once import forget_all, keep_once, show_once

_REVOKE = "token-revoke"
LASTS = {"90 days": 90, "1 year": 365, "30 days": 30, "7 days": 7, "No end": None}


def show_tokens(visit: Visit) -> None:
    """Show the tokens of the workspace; for its admins."""
    visit.reach.workspace(visit.workspace.id, Right.MANAGE)
    show_once("token", "The new token:")
    known = list_tokens(visit.app, visit.workspace.id)
    good = [it for it in known if it.is_good(visit.now)]
    if not good:
        show_empty("No token opens this workspace. A program that calls the API needs one.")
    for token in good:
        _token(visit, token)
    _create(visit)
    ended = [it for it in known if not it.is_good(visit.now)]
    if ended:
        with st.expander(f"Ended: {len(ended)}"):
            for token in ended:
                st.markdown(f"{plain(token.name)} :gray[…{plain(token.hint)}]")
    leaving = asked(_REVOKE)
    if leaving is not None:
        _ask_to_revoke(visit, *leaving)


def _token(visit: Visit, token: ApiToken) -> None:
    def at(moment: datetime | None, never: str) -> str:
        return never if moment is None else local(moment, visit.zone, now=visit.now)

    sends = ", may send" if token.grant.may_send else ""
    told = (
        f"…{token.hint} · {token.grant.role.value}{sends} · made {at(token.created_at, '')} by"
        f" {token.created_by} · last used {at(token.last_used_at, 'never')} ·"
        f" ends {at(token.expires_at, 'never')}"
    )
    left, right = st.columns((4, 1), vertical_alignment="center")
    left.markdown(
        f"{plain(token.name)}  \n:gray[{plain(told)}]", help=in_full(token.created_at, visit.zone)
    )
    if right.button("Revoke", key=f"token-{token.id}-revoke", icon=":material/block:"):
        ask(_REVOKE, (str(token.id), token.name))


def _create(visit: Visit) -> None:
    st.subheader("Create a token", anchor=False)
    with st.form("token-form"):
        name = st.text_input("Name", key="token-name", placeholder="what uses it", max_chars=100)
        role = ask_role("token-role")
        may_send = st.checkbox("May send issues to readers", key="token-send")
        lasts = st.selectbox("Ends after", list(LASTS), key="token-lasts")
        wanted = st.form_submit_button("Create", icon=":material/key:", type="primary")
    if not wanted:
        return

    def create() -> str:
        known = visit.reach.workspace(visit.workspace.id, Right.MANAGE)
        days = LASTS[lasts]
        made = create_token(
            visit.app,
            known.id,
            name,
            Grant(role=role, may_send=may_send),
            actor=visit.actor,
            expires_at=None if days is None else visit.now + timedelta(days=days),
        )
        keep_once("token", made.secret)
        return "The token is shown once, above."

    act(create)


def _ask_to_revoke(visit: Visit, identity: str, name: str) -> None:
    def revoke() -> str:
        known = visit.reach.workspace(visit.workspace.id, Right.MANAGE)
        revoke_token(visit.app, known.id, identity, actor=visit.actor)
        forget_all()
        return f"{plain(name)} opens nothing any more."

    confirm(
        _REVOKE,
        title="Revoke the token",
        told=f"Programs that use {plain(name)} are refused from now on. That cannot be undone.",
        label="Revoke",
        do=revoke,
    )


def show_addresses(visit: Visit) -> None:
    """Show how programs and outside clocks reach this Autopilot."""
    settings = visit.app.settings
    base = settings.public_url or base_of() or "http://127.0.0.1:8501"
    st.subheader("API", anchor=False)
    st.markdown("With a token of this workspace (Tokens):")
    st.code(f'curl -H "Authorization: Bearer ap_..." {base}/api/v1/schedules', language=None)
    st.link_button("All of it, with examples", f"{base}/api/docs", icon=":material/menu_book:")
    st.subheader("Tick", anchor=False)
    ways = [
        *(["a bearer secret (AUTOPILOT_TICK_SECRET)"] if settings.tick_secret else []),
        *(["OIDC tokens (AUTOPILOT_TICK_OIDC_ISSUER)"] if settings.tick_oidc_issuer else []),
    ]
    if ways:
        st.markdown(f"An outside clock may call it with {' or '.join(ways)}:")
    else:
        st.markdown(
            "A worker ticks by itself. To let an outside clock do it instead, set"
            " `AUTOPILOT_TICK_SECRET` and call:"
        )
    st.code(
        f'curl -X POST -H "Authorization: Bearer $AUTOPILOT_TICK_SECRET" {base}/tick',
        language=None,
    )
