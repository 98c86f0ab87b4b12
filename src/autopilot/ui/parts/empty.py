"""Empty: what stands where there is nothing yet, with the one thing to do about it."""

from __future__ import annotations

import streamlit as st

from autopilot.ui.parts.text import plain


def show_empty(sentence: str, *, page: str = "", label: str = "", icon: str = "inbox") -> None:
    """Show a calm sentence and, with `page` (its name in `navigation`), a way on."""
    with st.container(border=True):
        st.markdown(f":material/{icon}: {plain(sentence)}")
        if page:
            st.page_link(f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
