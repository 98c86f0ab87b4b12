"""Home: is it on, did it work, what comes next. Who has no newsletter yet is led to the first one."""

from __future__ import annotations

import streamlit as st

from autopilot.service.first_steps import is_new
from autopilot.service.overview import overview
from autopilot.ui.guard import Visit, page
from autopilot.ui.home.coming import show_coming
from autopilot.ui.home.feeds import show_feeds
from autopilot.ui.home.last import show_last
from autopilot.ui.home.machine import show_machine
from autopilot.ui.home.needs import show_needs
from autopilot.ui.parts.text import plain
from autopilot.ui.wizard.welcome import offer_first_steps, welcome

EVERY_SECONDS = 20.0


def show(visit: Visit) -> None:
    """Show the glance, and look again now and then."""
    st.title(plain(visit.workspace.name), anchor=False)
    if is_new(visit.reach, visit.workspace.id):
        offer_first_steps(visit)

    @st.fragment(run_every=EVERY_SECONDS)
    def live() -> None:
        # The visitor is asked for anew each time: a session that was ended sees no more.
        page(show_glance)

    live()


def show_glance(visit: Visit) -> None:
    """Show one glance at the workspace, what needs somebody first."""
    seen = overview(visit.reach, visit.workspace.id)
    show_needs(visit, seen)
    show_machine(visit, seen)
    coming, last = st.columns(2, gap="large")
    with coming:
        show_coming(visit, seen)
    with last:
        show_last(visit, seen)
        show_feeds(seen)
    st.caption(f"Times are those of {visit.zone.key}; UTC stands in the note beside each.")


if not welcome():
    page(show)
