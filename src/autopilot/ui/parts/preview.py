"""Preview: an issue as its readers see it, in a frame that can do nothing, as wide as a phone or a desk."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from autopilot.service.links import PLACEHOLDER
from autopilot.service.previews import shelf

WIDTHS = {"Phone": 390, "Desktop": 760}
HEIGHT = 760


def show_preview(html: bytes, now: datetime, *, key: str, height: int = HEIGHT) -> None:
    """Show an issue's page with a choice of widths."""
    width = st.segmented_control(
        "Width", list(WIDTHS), default="Desktop", key=f"{key}-width", label_visibility="collapsed"
    )
    token = shelf().put(html.replace(PLACEHOLDER.encode(), b"#"), now)
    st.iframe(f"/preview/{token}", width=WIDTHS[width or "Desktop"], height=height)
