"""The list: who gets a newsletter, found by address or name, each opened where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.subscriber import Subscriber, SubscriberStatus
from autopilot.service.signing_up import ask_to_confirm, link_until
from autopilot.service.subscribers import (
    count_subscribers,
    list_subscribers,
    remove_subscriber,
    suppress_address,
)
from autopilot.ui.guard import Visit
from autopilot.ui.parts.address import address as shown
from autopilot.ui.parts.confirm import act, ask, asked, confirm
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.paging import place, show_paging
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local

if TYPE_CHECKING:
    from autopilot.store.specifications import SpecificationRow

ROWS = 25
_PLACES = "subscribers-places"
_SIGNS = {
    SubscriberStatus.PENDING: ("hourglass_top", "orange"),
    SubscriberStatus.ACTIVE: ("check_circle", "green"),
    SubscriberStatus.UNSUBSCRIBED: ("unsubscribe", "gray"),
    SubscriberStatus.BOUNCED: ("undo", "red"),
}
_CAME = {"import": "by an import", "form": "by the public form", "command": "by hand"}
LACKING = "This needs the role editor."


def show_people(visit: Visit, row: SpecificationRow) -> None:
    """Show counts, filters and a page of the list."""
    counts = count_subscribers(visit.app, row.id)
    if not counts:
        show_empty(
            "Nobody is on this list yet. Add people, import a CSV file, or let them sign up."
        )
        return
    status, text = _ask(counts)
    after = place(_PLACES, (row.id, status, text))
    found = list_subscribers(
        visit.app,
        row.id,
        status=status,
        text=text,
        after=str(after[0]) if after else "",
        limit=ROWS + 1,
    )
    if not found:
        show_empty("Nobody on this list matches.", icon="filter_alt_off")
    for each in found[:ROWS]:
        _person(visit, row, each)
    show_paging(_PLACES, (found[ROWS - 1].email,) if len(found) > ROWS else None)


def _ask(counts: Mapping[SubscriberStatus, int]) -> tuple[SubscriberStatus | None, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search",
            key="subscribers-text",
            type="search",
            placeholder="Part of an address or a name",
            label_visibility="collapsed",
            icon=":material/search:",
            width=300,
        )
        status = st.pills(
            "Status",
            list(SubscriberStatus),
            format_func=lambda it: f"{it.value} {counts.get(it, 0):,}",
            key="subscribers-status",
            label_visibility="collapsed",
            wrap=True,
        )
    return status, (text or "").strip()


def _person(visit: Visit, row: SpecificationRow, each: Subscriber) -> None:
    sign, color = _SIGNS[each.status]
    named = f" · {plain(each.name)}" if each.name else ""
    line = st.expander(
        f":{color}[:material/{sign}:] {shown(each.email)}{named} · {each.status.value}",
        key=f"subscriber-{each.id}",
        on_change="rerun",
    )
    if line.open:
        with line:
            _details(visit, each)
            _acts(visit, row, each)


def _details(visit: Visit, each: Subscriber) -> None:
    def at(moment: datetime) -> str:
        return plain(local(moment, visit.zone, now=visit.now))

    told = [f"Came {plain(_CAME.get(each.source, each.source))} {at(each.created_at)}"]
    if each.confirmed_at:
        told.append(f"gets issues since {at(each.confirmed_at)}")
    if each.ended_at:
        told.append(f"{each.status.value} {at(each.ended_at)}")
    if each.asked_at:
        times = "once" if each.asks == 1 else f"{each.asks} times"
        told.append(f"asked to confirm {times}, last {at(each.asked_at)}")
    until = link_until(each)
    if until is not None and until > visit.now:
        told.append(f"the link in the letter works until {at(until)}")
    elif until is not None:
        told.append("the link in the letter has expired")
    st.caption(" · ".join(told), help=in_full(each.created_at, visit.zone))


def _acts(visit: Visit, row: SpecificationRow, each: Subscriber) -> None:
    may, address, key = visit.may(Right.EDIT), each.email, f"subscriber-{each.id}"
    lacking = None if may else LACKING

    def remove() -> str:
        known = visit.reach.specification(row.id, Right.EDIT)
        remove_subscriber(visit.app, known, address, actor=visit.actor)
        return f"{shown(address)} is off the list."

    def suppress() -> str:
        known = visit.reach.specification(row.id, Right.EDIT)
        suppress_address(
            visit.app,
            known.workspace_id,
            address,
            specification_id=known.id,
            actor=visit.actor,
        )
        return f"{shown(address)} gets no more mail of this newsletter."

    with st.container(horizontal=True):
        if each.status is SubscriberStatus.PENDING and st.button(
            "Ask again", key=f"{key}-ask", icon=":material/mail:", disabled=not may, help=lacking
        ):
            act(lambda: plain(ask_to_confirm(visit.reach, row, address)))
        if each.status is not SubscriberStatus.UNSUBSCRIBED and st.button(
            "Suppress",
            key=f"{key}-suppress",
            icon=":material/notifications_off:",
            disabled=not may,
            help=lacking or "No more mail of this newsletter, whatever list is imported later.",
        ):
            act(suppress)
        if st.button(
            "Remove", key=f"{key}-remove", icon=":material/delete:", disabled=not may, help=lacking
        ):
            ask(key)
    if asked(key):
        confirm(
            key,
            title="Remove from the list",
            told=f"{shown(address)} is deleted with all that is known of them here. That cannot be"
            " undone. An import may add them again; to prevent that, suppress the address.",
            label="Remove",
            do=remove,
        )
