"""Way: to a place of the app that has an address of its own, from another page or from the same one.

A button: a link to the page that one is on leaves the address as it was (Streamlit 1.67), and the
next click would be one at another place.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st


def show_way(label: str, *, page: str, key: str, icon: str | None = None, **query: str) -> None:
    """Show a way to a page (its name in `navigation`) with this query; `label` is Markdown."""
    if not st.button(label, type="tertiary", icon=icon, key=key):
        return
    if _is_on(page):
        st.query_params.from_dict(query)
        st.rerun(scope="app")
    st.switch_page(f"pages/{page}.py", query_params=query)


def _is_on(page: str) -> bool:
    address = st.context.url
    return address is None or urlsplit(address).path.rstrip("/").endswith(f"/{page}")
