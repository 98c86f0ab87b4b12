"""First steps: from a topic to a newsletter on autopilot, in five minutes and without a key."""

from __future__ import annotations

import streamlit as st

from autopilot.errors import AutopilotError, LoginRequired
from autopilot.service.access.reach import Reach
from autopilot.service.first_steps import FirstStep, Standing, standing
from autopilot.ui.guard import Visit, chosen_workspace, page, who
from autopilot.ui.host import host
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.wizard.delivery import show_delivery
from autopilot.ui.wizard.first_issue import show_first_issue
from autopilot.ui.wizard.on import show_end, show_schedule
from autopilot.ui.wizard.steps import show_line, shown_step
from autopilot.ui.wizard.topic import show_topic

SHOWS = {
    FirstStep.ISSUE: show_first_issue,
    FirstStep.DELIVERY: show_delivery,
    FirstStep.SCHEDULE: show_schedule,
    FirstStep.DONE: show_end,
}


def show(visit: Visit) -> None:
    """Show the step that the store says is next, or the one that the visitor went back to."""
    at = standing(visit.reach, visit.workspace.id)
    shown = _begin(at)
    if shown is FirstStep.TOPIC:
        show_topic(visit.reach, at)
    else:
        SHOWS[shown](visit, at)


def show_beginning() -> bool:
    """Show the first step to an operator of an empty store; False where there is a workspace."""
    try:
        reach = Reach(host().app, who())
        if chosen_workspace(reach) is not None or not reach.principal.is_operator:
            return False
        at = standing(reach, None)
        _begin(at)
        show_topic(reach, at)
    except LoginRequired:
        return False  # the page says so itself
    except AutopilotError as error:
        show_fault(error)
    return True


def _begin(at: Standing) -> FirstStep:
    st.title("First steps", anchor=False)
    shown = shown_step(at)
    show_line(at, shown)
    return shown


if not show_beginning():
    page(show)
