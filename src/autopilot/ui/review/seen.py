"""What a visitor has seen of an issue: the version their acts are about, and what was told of the last.

An act names the version that stood on the page when its button was pressed, not the one that the
store has by then: of two people who act at once the second one is told.
"""

from __future__ import annotations

from uuid import UUID

import streamlit as st


def seen_version(issue_id: UUID, newest: int) -> int:
    """Return the version on the visitor's page; the newest one where they see it for the first time."""
    kept: int = st.session_state.get(_key("seen", issue_id), newest)
    return kept


def note_seen(issue_id: UUID, version: int) -> None:
    """Remember the version that the page shows: what is done from now on is about this one."""
    st.session_state[_key("seen", issue_id)] = version


def tell(issue_id: UUID, told: str, *, is_done: bool) -> None:
    """Keep what is to be told about an act; it is told for as long as the issue stays as it then is."""
    st.session_state[_key("told", issue_id)] = (told, is_done, None)


def last_told(issue_id: UUID, version: int) -> tuple[str, bool] | None:
    """Return what was told about the last act, and whether it was done; None once things moved on."""
    kept = st.session_state.get(_key("told", issue_id))
    if kept is None or kept[2] not in (None, version):
        return None
    st.session_state[_key("told", issue_id)] = (*kept[:2], version)
    return kept[0], kept[1]


def forget_told(issue_id: UUID) -> None:
    """Tell no more about the last act."""
    st.session_state.pop(_key("told", issue_id), None)


def _key(what: str, issue_id: UUID) -> str:
    return f"review-{what}-{issue_id}"
