"""Places of the Specifications page, each with an address of its own."""

from __future__ import annotations

from typing import NoReturn
from uuid import UUID

import streamlit as st

from autopilot.errors import NotFound

PAGE = "pages/specifications.py"
SPECIFICATION, NEW = "specification", "new"
_TOLD = "specifications-told"
_DRAFTS = "specification-drafts"


def wanted() -> UUID | str | None:
    """Return what the address asks for: a specification, NEW, or None for the list."""
    if NEW in st.query_params:
        return NEW
    given = st.query_params.get(SPECIFICATION)
    if given is None:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise NotFound(f"There is no specification {given[:60]!r}.") from None


def set_place(place: UUID | str | None) -> None:
    """Make this the address; the next look is there."""
    st.query_params.pop(SPECIFICATION, None)
    st.query_params.pop(NEW, None)
    if place == NEW:
        st.query_params[NEW] = "1"
    elif place is not None:
        st.query_params[SPECIFICATION] = str(place)


def go_to(place: UUID | str | None, *, told: str = "") -> NoReturn:
    """Show another place of this page; `told` (Markdown) stands there at the top, once."""
    if told:
        st.session_state[_TOLD] = told
    set_place(place)
    st.rerun(scope="app")


def tell() -> None:
    """Show what the last act did, once."""
    told = st.session_state.pop(_TOLD, None)
    if told:
        st.success(told, icon=":material/check_circle:")


def drafts() -> dict[str, object]:
    """Return the drafts of this session, by specification and workspace."""
    found: dict[str, object] = st.session_state.setdefault(_DRAFTS, {})
    return found
