"""Faults: what did not work, on the page where it was asked for, with what to do next."""

from __future__ import annotations

import streamlit as st

from autopilot.errors import AutopilotError, InputRefused
from autopilot.ui.parts.text import plain


def show_fault(error: AutopilotError) -> None:
    """Show an expected fault: the sentence, every problem of an input, and the next step."""
    told = [plain(error.message)]
    if isinstance(error, InputRefused):
        told += [f"- {plain(str(problem))}" for problem in error.problems]
    if error.hint:
        told.append(f"\n{plain(error.hint)}")
    st.error("\n".join(told), icon=":material/error:")
