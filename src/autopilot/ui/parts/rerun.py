"""Running again: only the part that was clicked in where that is possible, else the page."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st
from streamlit.errors import StreamlitAPIException


def again() -> NoReturn:
    """Run the fragment again that runs by itself now; where the whole page runs, the page."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun(scope="app")
