"""Review: whether a person sees an issue before its readers do. Each schedule says it for itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.review import ReviewMode
from autopilot.domain.schedule import Schedule
from autopilot.errors import RuleInvalid
from autopilot.service.editing import update_schedule
from autopilot.service.listing import schedules_page
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain

MODES = {
    ReviewMode.PUBLISH.value: "Nobody: it goes out at its time",
    ReviewMode.HOLD.value: "It is made early, and goes out at its time unless somebody holds it",
    ReviewMode.APPROVE.value: "It goes out only when somebody approves it",
}


def show_review(visit: Visit, specification_id: UUID | None) -> None:
    """Show the review of each schedule; each is saved by its own button."""
    st.subheader("Review")
    listed = (
        schedules_page(visit.reach, specification_id=specification_id, limit=100).items
        if specification_id
        else ()
    )
    if not listed:
        show_empty(
            "No schedule yet: who sees an issue before its readers is said when it is put on a"
            " schedule.",
            page="autopilot",
            label="Go to Autopilot",
            icon="event_repeat",
        )
        return
    st.caption("Each schedule has its own; it counts from its next issue on.")
    for schedule in listed:
        with st.container(border=True):
            _schedule(visit, schedule)


def _schedule(visit: Visit, schedule: Schedule) -> None:
    st.markdown(f"**{plain(schedule.name)}**")
    try:
        review = schedule.policy.review
    except RuleInvalid:
        st.caption("Its policies cannot be read; mend them on the page Autopilot.")
        return
    may = visit.may(Right.EDIT)
    # What was typed belongs to the version that it was typed for: another's edit brings a new form.
    base = f"spec-review-{schedule.id}"
    seen = st.session_state.setdefault(f"{base}-seen", schedule.version)
    mode = st.radio(
        "Who sees it first", list(MODES), format_func=lambda it: MODES[it],
        index=list(MODES).index(review.mode.value), key=f"{base}-mode", disabled=not may,
    )  # fmt: skip
    hours: dict[str, Any] = {"hold_hours": review.hold_hours, "expires_hours": review.expires_hours}
    if mode == ReviewMode.HOLD.value:
        hours["hold_hours"] = st.number_input(
            "Hours before its time that it is made", 0.5, 168.0, float(review.hold_hours), 0.5,
            key=f"{base}-hold", disabled=not may,
        )  # fmt: skip
    if mode != ReviewMode.PUBLISH.value:
        hours["expires_hours"] = st.number_input(
            "Hours after its time that it may still go out", 0.5, 720.0,
            float(review.expires_hours), 0.5, key=f"{base}-expires", disabled=not may,
        )  # fmt: skip
    written = st.text_area(
        "Reviewers, one mail address a line", "\n".join(review.reviewers),
        key=f"{base}-reviewers", disabled=not may,
    )  # fmt: skip
    wanted = {"mode": mode, **hours, "reviewers": written.split()}
    before = review.model_dump(mode="json")
    is_changed = wanted != before
    if is_changed:
        st.caption(":material/edit: Not saved yet.")
    if may and st.button("Save the review", key=f"{base}-save", disabled=not is_changed):
        _save(visit, schedule.id, wanted, seen, base)


def _save(visit: Visit, schedule_id: UUID, wanted: dict[str, Any], seen: int, base: str) -> None:
    with told_if_refused():
        schedule = visit.reach.schedule(schedule_id, Right.EDIT)
        if schedule.version != seen:
            st.warning(
                "Somebody changed this schedule meanwhile. What you typed is still here; save once"
                " more to put it over their change.",
                icon=":material/group:",
            )
            st.session_state[f"{base}-seen"] = schedule.version
            return
        saved = update_schedule(
            schedule.id, {}, policies={"review": wanted}, actor=visit.actor, version=seen,
            app=visit.app,
        )  # fmt: skip
        st.session_state[f"{base}-seen"] = saved.version
        st.toast("The review is saved.", icon=":material/check_circle:")
