"""The line of the steps above each of them: which are done, which one is shown, the way back."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from autopilot.service.first_steps import FirstStep, Standing

TITLES = {
    FirstStep.TOPIC: "Topic",
    FirstStep.ISSUE: "First issue",
    FirstStep.DELIVERY: "How it leaves",
    FirstStep.SCHEDULE: "Autopilot",
}
STEP = "step"
ORDER = list(FirstStep)


def shown_step(at: Standing) -> FirstStep:
    """Return the step of the address where it can be taken already, else the next one to take."""
    wanted = st.query_params.get(STEP, "")
    chosen = FirstStep(wanted) if wanted in set(FirstStep) else at.step
    return min(chosen, at.step, key=ORDER.index)


def show_line(at: Standing, shown: FirstStep) -> None:
    """Show all steps with their signs; those behind, and the next one, can be gone to."""
    with st.container(horizontal=True, key="start-line"):
        for number, (step, title) in enumerate(TITLES.items(), start=1):
            if st.button(
                f"{number}. {title}",
                icon=_sign(at, step, shown),
                type="secondary" if step is shown else "tertiary",
                disabled=ORDER.index(step) > ORDER.index(at.step),
                key=f"start-step-{step.value}",
            ):
                go_to(step)


def go_on() -> NoReturn:
    """Show the next step that is to be taken."""
    st.query_params.pop(STEP, None)
    st.rerun()


def go_to(step: FirstStep) -> NoReturn:
    """Show this step, whether it was taken or not."""
    st.query_params[STEP] = step.value
    st.rerun()


def _sign(at: Standing, step: FirstStep, shown: FirstStep) -> str:
    if at.is_done(step):
        return ":material/check_circle:"
    if step is shown:
        return ":material/radio_button_checked:"
    return ":material/do_not_disturb_on:" if step in at.passed else ":material/circle:"
