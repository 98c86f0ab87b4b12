"""Paging: the way through a long list, a page at a time; other filters begin at its first page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from autopilot.ui.parts.rerun import again

_Place = Sequence[Any]


def place(key: str, about: object) -> _Place | None:
    """Return where the page to show begins, None for the first. `about` is what the list is of."""
    kept: tuple[object, list[_Place]] | None = st.session_state.get(key)
    if kept is None or kept[0] != about:
        kept = st.session_state[key] = (about, [])
    return kept[1][-1] if kept[1] else None


def show_paging(key: str, following: _Place | None) -> None:
    """Show the ways to the page before and the one that follows, where there are any."""
    about, places = st.session_state[key]
    if not places and following is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Previous", key=f"{key}-previous", icon=":material/arrow_back:", disabled=not places
        ):
            st.session_state[key] = (about, places[:-1])
            again()
        st.caption(f"Page {len(places) + 1}", width="content")
        if st.button(
            "Next", key=f"{key}-next", icon=":material/arrow_forward:", disabled=following is None
        ):
            st.session_state[key] = (about, [*places, following])
            again()
