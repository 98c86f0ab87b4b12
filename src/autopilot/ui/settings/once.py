"""Shown once: a secret that was just made, to be copied; nothing shows it a second time."""

from __future__ import annotations

import streamlit as st


def keep_once(name: str, secret: str) -> None:
    """Keep a secret until the page is drawn with it."""
    st.session_state[f"once-{name}"] = secret


def show_once(name: str, told: str) -> None:
    """Show the secret that waits, if one does, until it is put away or the page is left."""
    key = f"once-{name}"
    secret = st.session_state.get(key)
    if secret is None:
        return
    with st.container(border=True):
        st.markdown(f":material/key: {told} **It is not shown again.**")
        st.code(secret, language=None, wrap_lines=True)
        if st.button("I have copied it", key=f"{key}-done", icon=":material/check:"):
            st.session_state.pop(key, None)
            st.rerun()


def forget_all() -> None:
    """Forget every secret that waits: another section is looked at."""
    for key in [it for it in st.session_state if str(it).startswith("once-")]:
        st.session_state.pop(key, None)
