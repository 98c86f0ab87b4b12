"""Confirm: a question before what cannot be undone, and word of what an act did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from autopilot.errors import AutopilotError
from autopilot.ui.parts.faults import show_fault

_ASKED, _DONE = "question-asked", "act-done"


def ask(key: str, about: Any = True) -> None:
    """Let a question be open from now on, until it is answered or put away."""
    st.session_state[_ASKED] = (key, about)


def asked(key: str) -> Any:
    """Return what an open question is about, None where it is not open."""
    found = st.session_state.get(_ASKED)
    return found[1] if found is not None and found[0] == key else None


def confirm(key: str, *, title: str, told: str, label: str, do: Callable[[], str]) -> None:
    """Show the question that is open; `do` acts and returns what to say. `told` is Markdown."""

    @st.dialog(title, on_dismiss=_put_away)
    def question() -> None:
        st.markdown(told)
        if st.button(label, type="primary", key=f"{key}-confirmed"):
            act(do)

    question()


def act(do: Callable[[], str]) -> None:
    """Do something, say so on the page that is drawn anew; what is refused is told in place."""
    try:
        done = do()
    except AutopilotError as error:
        show_fault(error)
        return
    _put_away()
    st.session_state[_DONE] = done
    st.rerun()


def tell_done() -> None:
    """Say what the last act did; a page calls it once."""
    done = st.session_state.pop(_DONE, None)
    if done:
        st.toast(done, icon=":material/check:")


def _put_away() -> None:
    st.session_state.pop(_ASKED, None)
