"""Settings: the workspace, its people and programs, its channels and money; sessions, backup, log."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from autopilot.domain.access import Right
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.confirm import tell_done
from autopilot.ui.settings.channels import show_channels, show_mail
from autopilot.ui.settings.installation import show_backup, show_sending
from autopilot.ui.settings.log import show_log
from autopilot.ui.settings.members import show_members
from autopilot.ui.settings.once import forget_all
from autopilot.ui.settings.sessions import show_sessions
from autopilot.ui.settings.tokens import show_addresses, show_tokens
from autopilot.ui.settings.workspace import show_money, show_workspace

Section = Callable[[Visit], None]
FOR_ALL: Mapping[str, Section] = {
    "Workspace": show_workspace,
    "Channels": show_channels,
    "Money": show_money,
    "API and tick": show_addresses,
    "My sessions": show_sessions,
}
FOR_ADMINS: Mapping[str, Section] = {
    "Members": show_members,
    "Tokens": show_tokens,
    "Mail": show_mail,
    "Audit log": show_log,
}
FOR_OPERATORS: Mapping[str, Section] = {"Backup": show_backup}
ORDER = (
    "Workspace",
    "Members",
    "Tokens",
    "Channels",
    "Mail",
    "Money",
    "API and tick",
    "My sessions",
    "Backup",
    "Audit log",
)


def show(visit: Visit) -> None:
    """Show one section, at first the one that the address names."""
    st.title("Settings")
    tell_done()
    show_sending(visit)
    offered = dict(FOR_ALL)
    if visit.may(Right.MANAGE):
        offered |= FOR_ADMINS
    if visit.reach.principal.is_operator:
        offered |= FOR_OPERATORS
    names = [name for name in ORDER if name in offered]
    if st.session_state.get("settings-section") not in names:
        linked = {_slug(name): name for name in names}.get(st.query_params.get("section", ""))
        st.session_state["settings-section"] = linked or names[0]
    chosen = st.pills(
        "Section", names, key="settings-section", label_visibility="collapsed", required=True,
        on_change=forget_all,
    )  # fmt: skip
    offered[chosen or names[0]](visit)


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


page(show)
