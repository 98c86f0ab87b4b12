"""Generate: one issue now, step by step, and from it to autopilot."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from autopilot.errors import NotFound
from autopilot.service.asking import specifications_of
from autopilot.ui.generate.ended import show_ended
from autopilot.ui.generate.form import show_form
from autopilot.ui.generate.progress import show_progress
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.empty import show_empty


def show(visit: Visit) -> None:
    """Show the form, and the run that the address names: under way, or ended."""
    st.title("Generate")
    st.caption("Make one issue now. No reader gets it, and no schedule moves.")
    rows = specifications_of(visit.reach, visit.workspace.id)
    if not rows:
        show_empty(
            "There is no specification yet: it says what a newsletter is about.",
            page="specifications",
            label="Make one",
            icon="tune",
        )
        return
    run = st.query_params.get("run")
    show_form(visit, rows, is_again=run is not None)
    if run is None:
        return
    st.divider()
    told = show_progress(visit, _identity(run))
    if told.has_ended:
        show_ended(visit, told)


def _identity(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such run.", hint="Run it anew.") from None


page(show)
