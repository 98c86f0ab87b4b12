"""Home: is it on, did it work, what comes next."""

from __future__ import annotations

import streamlit as st

from autopilot.ui.guard import Visit, page


def show(visit: Visit) -> None:
    """Show the page."""
    st.title(visit.workspace.name)


page(show)
