"""Members: who is in the workspace, what they may do, and who comes in."""

from __future__ import annotations

import streamlit as st

from autopilot.domain.access import Grant, Member, Right, Role
from autopilot.service.access.membership import grant, list_members, revoke
from autopilot.service.inviting import invite, new_link
from autopilot.ui.guard import Visit
from autopilot.ui.parts.address import address as shown
from autopilot.ui.parts.confirm import act, ask, asked, confirm
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.settings.once import keep_once, show_once

ROLES = {
    Role.VIEWER: "viewer: looks",
    Role.EDITOR: "editor: changes specifications, schedules, lists",
    Role.ADMIN: "admin: also members, tokens, channels, money",
}
_REMOVE = "member-remove"
LINK = "Give this link to them. It sets their password, works once and for an hour."


def show_members(visit: Visit) -> None:
    """Show who is in; for admins of the workspace."""
    visit.reach.workspace(visit.workspace.id, Right.MANAGE)
    show_once("setup-link", LINK)
    members = list_members(visit.app, visit.workspace.id)
    if not members:
        show_empty("Nobody is a member yet. Operators reach every workspace and stand in no list.")
    for member in members:
        _member(visit, member)
    _invite(visit)
    leaving = asked(_REMOVE)
    if leaving is not None:
        _ask_to_remove(visit, leaving)


def _member(visit: Visit, member: Member) -> None:
    key = f"member-{member.user_id}"
    with st.container(border=True):
        st.markdown(shown(member.email))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            role = ask_role(f"{key}-role", now=member.grant.role)
            may_send = st.checkbox(
                "May send", value=member.grant.may_send, key=f"{key}-send",
                help="Let issues go to readers: approve, resend, test. It comes with no role.",
            )  # fmt: skip
            given = Grant(role=role, may_send=may_send)
            if st.button("Save", key=f"{key}-save", disabled=given == member.grant):
                act(lambda: _granted(visit, member.email, given))
            if st.button("Remove", key=f"{key}-remove", icon=":material/person_remove:"):
                ask(_REMOVE, member.email)
            if visit.reach.principal.is_operator and st.button(
                "New password link", key=f"{key}-link", icon=":material/key:"
            ):
                act(lambda: _linked(visit, member.email))


def _granted(visit: Visit, email: str, given: Grant) -> str:
    known = visit.reach.workspace(visit.workspace.id, Right.MANAGE)
    grant(visit.app, known.id, email, given, actor=visit.actor)
    return f"{shown(email)} is {given.role.value} now; it counts at their next click."


def _linked(visit: Visit, email: str) -> str:
    keep_once("setup-link", new_link(visit.reach, email, base=base_of()).url)
    return "The link is shown once, above."


def _invite(visit: Visit) -> None:
    st.subheader("Invite", anchor=False)
    if not visit.reach.principal.is_operator:
        st.caption("They need an account first; an operator of this installation makes one.")
    with st.form("invite-form"):
        email = st.text_input("Address", key="invite-email", placeholder="ann@example.org")
        role = ask_role("invite-role")
        may_send = st.checkbox("May send issues to readers", key="invite-send")
        wanted = st.form_submit_button("Invite", icon=":material/person_add:", type="primary")
    if not wanted:
        return

    def bring() -> str:
        done = invite(
            visit.reach,
            visit.workspace.id,
            email,
            Grant(role=role, may_send=may_send),
            base=base_of(),
        )
        if done.link is not None:
            keep_once("setup-link", done.link.url)
        return f"{shown(done.member.email)} is {role.value} here."

    act(bring)


def _ask_to_remove(visit: Visit, email: str) -> None:
    def remove() -> str:
        known = visit.reach.workspace(visit.workspace.id, Right.MANAGE)
        revoke(visit.app, known.id, email, actor=visit.actor)
        return f"{shown(email)} is no member any more."

    confirm(
        _REMOVE,
        title="Remove from the workspace",
        told=f"{shown(email)} reaches nothing here from their next click on. What they did stays.",
        label="Remove",
        do=remove,
    )


def ask_role(key: str, *, now: Role = Role.VIEWER) -> Role:
    """Show the choice of a role and return it."""
    names = [role.value for role in Role]
    chosen = st.selectbox(
        "Role",
        names,
        index=names.index(now.value),
        format_func=lambda it: ROLES[Role(it)],
        key=key,
        width=360,
    )
    return Role(chosen)


def base_of() -> str | None:
    """Return where this browser found the pages; None where that is not known."""
    url = st.context.url or ""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if separator else None
