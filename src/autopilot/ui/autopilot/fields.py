"""Fields of the form: what is wrong with one stands right under it."""

from __future__ import annotations

import streamlit as st

from autopilot.service.schedule_form import Seen
from autopilot.ui.autopilot.forms import Form
from autopilot.ui.parts.text import plain


def told_problems(form: Form, seen: Seen, *names: str) -> None:
    """Show what is wrong with a field; that it is missing only once somebody wanted to save."""
    missing = {name for step in seen.steps for name in step.missing_fields}
    for name in names:
        if name in missing and not form.was_tried:
            continue
        for told in seen.problems.get(name, ()):
            st.markdown(f":red[:material/error: {plain(told)}]")
