"""Places of the Autopilot page, each with an address of its own, and what was told on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

import streamlit as st

from autopilot.errors import NotFound

_TOLD, _LAST = "autopilot-told", "autopilot-told-last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address asks for: a schedule, its form, a new one's form (`new`), or the list."""

    schedule_id: UUID | None = None
    is_edit: bool = False
    new: str | None = None


def wanted() -> Wanted:
    """Return what the address asks for; raises NotFound for an id that is none."""
    new = st.query_params.get("new")
    given = st.query_params.get("schedule")
    if given is None:
        return Wanted(new=new)
    try:
        return Wanted(schedule_id=UUID(given), is_edit="edit" in st.query_params)
    except ValueError:
        raise NotFound(f"There is no schedule {given[:60]!r}.") from None


def go_to(*, told: str = "", **query: object) -> NoReturn:
    """Show another place of this page; `told` (Markdown) stands there at the top, once."""
    if told:
        keep_told(told)
    for name in ("schedule", "edit", "new"):
        if name in query:
            st.query_params[name] = str(query[name])
        else:
            st.query_params.pop(name, None)
    st.rerun(scope="app")


def keep_told(told: str) -> None:
    """Keep what an act did (Markdown) for the top of the next look."""
    st.session_state[_TOLD] = told


def stay(*, told: str) -> NoReturn:
    """Show the same place again, with what an act did at the top."""
    keep_told(told)
    st.rerun(scope="app")


def tell() -> None:
    """Show what the last act did, once; a toast too, for whoever is far down the page."""
    told, before = st.session_state.pop(_TOLD, None), st.session_state.get(_LAST)
    st.session_state[_LAST] = told
    if told:
        st.success(told, icon=":material/check_circle:")
        if told != before:
            st.toast(told, icon=":material/check:")


def tell_again() -> None:
    """Let what stands at the top stand there at the next look too: nobody has clicked anything."""
    last = st.session_state.get(_LAST)
    if last:
        keep_told(last)


def link_to_list() -> None:
    """Show the way back.

    A button: a link to the page that one is on leaves the address as it was (Streamlit 1.67).
    """
    if st.button("All schedules", icon=":material/arrow_back:", type="tertiary"):
        go_to()
