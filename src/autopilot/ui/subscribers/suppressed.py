"""Suppressed addresses: who gets no mail, why, of which newsletter; and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.service.history import specifications_to_choose
from autopilot.service.subscribers import (
    WORDS,
    allow_address,
    list_suppressions,
    suppress_address,
)
from autopilot.ui.guard import Visit
from autopilot.ui.parts.address import address as shown
from autopilot.ui.parts.confirm import act, ask, asked, confirm
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local
from autopilot.ui.subscribers.people import LACKING

if TYPE_CHECKING:
    from autopilot.store.specifications import SpecificationRow
    from autopilot.store.suppressions import Suppression

MOST = 50
_ALLOW = "allow"
ALL = "All newsletters of the workspace"


def show_suppressed(visit: Visit, row: SpecificationRow) -> None:
    """Show the newest suppressions of the workspace, and the form to add or lift one."""
    if visit.may(Right.EDIT):
        _form(visit, row)
    names = specifications_to_choose(visit.reach, visit.workspace.id)
    found = list_suppressions(visit.app, visit.workspace.id, limit=MOST + 1)
    if not found:
        show_empty("No address is suppressed. Who unsubscribes, bounces or complains stands here.")
    for each in found[:MOST]:
        _line(visit, each, names)
    if len(found) > MOST:
        st.caption(f"The newest {MOST}. Type an older address into the form to lift it.")
    wanted = asked(_ALLOW)
    if wanted is not None:
        _ask_to_allow(visit, *wanted)


def _form(visit: Visit, row: SpecificationRow) -> None:
    with st.form("suppress-form"):
        address = st.text_input("Address", key="suppress-address", placeholder="ann@example.org")
        scope = st.radio(
            "Of which mail", [row.document.name, ALL], format_func=plain, key="suppress-scope"
        )
        with st.container(horizontal=True):
            closed = st.form_submit_button("Suppress", icon=":material/notifications_off:")
            opened = st.form_submit_button("Allow again", icon=":material/notifications:")
    inside = row.id if scope != ALL else None
    if closed:

        def suppress() -> str:
            known = visit.reach.workspace(visit.workspace.id, Right.EDIT)
            suppress_address(
                visit.app, known.id, address, specification_id=inside, actor=visit.actor
            )
            return f"{shown(address.strip())} gets no more mail."

        act(suppress)
    if opened:
        ask(_ALLOW, (address, inside))


def _line(visit: Visit, each: Suppression, names: Mapping[UUID, str]) -> None:
    of = ALL
    if each.specification_id is not None:
        of = names.get(each.specification_id, "a newsletter that is gone")
    left, right = st.columns((4, 1), vertical_alignment="center")
    with left:
        told = f"{WORDS[each.reason]} · {of} · {local(each.at, visit.zone, now=visit.now)}"
        st.markdown(
            f"{shown(each.mailbox)}  \n:gray[{plain(told)}]", help=in_full(each.at, visit.zone)
        )
    may = visit.may(Right.EDIT)
    key = f"allow-{each.mailbox}-{each.specification_id}"
    with right:
        if st.button("Allow again", key=key, disabled=not may, help=None if may else LACKING):
            ask(_ALLOW, (each.mailbox, each.specification_id))


def _ask_to_allow(visit: Visit, address: str, inside: UUID | None) -> None:
    def allow() -> str:
        known = visit.reach.workspace(visit.workspace.id, Right.EDIT)
        allow_address(
            visit.app,
            known.id,
            address,
            specification_id=inside,
            actor=visit.actor,
        )
        return f"{shown(address.strip())} may get mail again; it is on no list by that."

    confirm(
        _ALLOW,
        title="Allow the address again",
        told=f"{shown(address.strip())} may get mail again. Do this only where its reader asked for"
        " it: people who complained and get more mail complain to their provider.",
        label="Allow again",
        do=allow,
    )
