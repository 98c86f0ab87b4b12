"""The audit log: who changed what, when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from autopilot.service.audit_trail import NOUNS, audit_page
from autopilot.ui.guard import Visit
from autopilot.ui.parts.address import address
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.paging import place, show_paging
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local

if TYPE_CHECKING:
    from autopilot.store.audit_trail import Entry

ROWS = 50
_PLACES, EVERYTHING = "log-places", "everything"
_LONGEST = 200


def show_log(visit: Visit) -> None:
    """Show the log of the workspace; operators may look at the installation's too."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        noun = st.selectbox("About", [EVERYTHING, *NOUNS], key="log-noun", width=220)
        whole = visit.reach.principal.is_operator and st.toggle(
            "Of the whole installation", key="log-whole"
        )
    page = audit_page(
        visit.reach,
        None if whole else visit.workspace.id,
        noun="" if noun == EVERYTHING or whole else noun,
        after=place(_PLACES, (visit.workspace.id, noun, whole)),
        limit=ROWS,
    )
    if not page.items:
        show_empty("Nothing of this kind has been done.")
    for entry in page.items:
        _entry(visit, entry)
    show_paging(_PLACES, page.next)


def _entry(visit: Visit, entry: Entry) -> None:
    noun, _, verb = entry.action.partition(".")
    told = f"{noun} {verb.replace('_', ' ')}".strip()
    st.markdown(
        f"{plain(local(entry.at, visit.zone, now=visit.now))} · **{plain(told)}** by"
        f" {address(entry.actor)}  \n:gray[{plain(_detail(entry.detail))}]",
        help=in_full(entry.at, visit.zone),
    )


def _detail(detail: Mapping[str, Any]) -> str:
    told = ", ".join(f"{key}: {_value(value)}" for key, value in detail.items() if value)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
