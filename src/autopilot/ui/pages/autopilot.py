"""Autopilot: schedules - the list, a new one, one in detail, and what its runs did."""

from __future__ import annotations

import streamlit as st

from autopilot.domain.access import Right
from autopilot.ui.autopilot.asking import show_asked
from autopilot.ui.autopilot.detail import show_detail
from autopilot.ui.autopilot.dialogs import OF_ONE, OF_THE_LIST
from autopilot.ui.autopilot.form import show_form
from autopilot.ui.autopilot.forms import begin_anew, form_for, show_unfinished, take_handed_over
from autopilot.ui.autopilot.listing import show_list
from autopilot.ui.autopilot.places import tell, wanted
from autopilot.ui.guard import Visit, page


def show(visit: Visit) -> None:
    """Show what the address asks for."""
    take_handed_over(visit)
    place = wanted()
    if place.new is not None or place.is_edit:
        show_form(visit, form_for(visit, place))
    elif place.schedule_id is not None:
        show_detail(visit, place.schedule_id)
        show_asked(visit, OF_ONE)
    else:
        _overview(visit)


def _overview(visit: Visit) -> None:
    st.title("Autopilot", anchor=False)
    tell()
    if visit.may(Right.EDIT):
        if st.button("New schedule", type="primary", icon=":material/add:"):
            begin_anew(visit)
        show_unfinished()
    show_list(visit)
    show_asked(visit, OF_THE_LIST)


page(show)
