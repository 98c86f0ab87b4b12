"""Autopilot: in the making."""

from __future__ import annotations

import streamlit as st

from autopilot.ui.guard import Visit, page


def show(visit: Visit) -> None:
    """Show the page."""
    st.title("Autopilot")
    st.caption(visit.workspace.name)


page(show)
