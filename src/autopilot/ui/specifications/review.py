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
    before = review.model_dump(mode="json")
    typed = _typed().get(schedule.id)  # belongs to the version that it was typed for
    seen, shown = typed if typed else (schedule.version, before)
    wanted = _fields(f"spec-review-{schedule.id}-{seen}", shown, is_off=not may)
    is_changed = wanted != before
    if is_changed:
        _typed()[schedule.id] = (seen, wanted)
        st.caption(":material/edit: Not saved yet.")
    else:
        _typed().pop(schedule.id, None)
    key = f"spec-review-{schedule.id}-save"
    if may and st.button("Save the review", key=key, disabled=not is_changed):
        _save(visit, schedule.id, wanted, seen)


def _fields(base: str, shown: dict[str, Any], *, is_off: bool) -> dict[str, Any]:
    """Show the fields of one review and return what they say."""
    mode = st.radio(
        "Who sees it first", list(MODES), format_func=lambda it: MODES[it],
        index=list(MODES).index(shown["mode"]), key=f"{base}-mode", disabled=is_off,
    )  # fmt: skip
    hold, expires = float(shown["hold_hours"]), float(shown["expires_hours"])
    if mode == ReviewMode.HOLD.value:
        hold = st.number_input(
            "Hours before its time that it is made", 0.0, 168.0, hold, 0.5, key=f"{base}-hold",
            disabled=is_off,
        )  # fmt: skip
    if mode != ReviewMode.PUBLISH.value:
        expires = st.number_input(
            "Hours after its time that it may still go out", 0.1, 720.0, expires, 0.5,
            key=f"{base}-expires", disabled=is_off,
        )  # fmt: skip
    written = st.text_area(
        "Reviewers, one mail address a line", "\n".join(shown["reviewers"]),
        key=f"{base}-reviewers", disabled=is_off,
    )  # fmt: skip
    reviewers = written.split()
    return {"mode": mode, "hold_hours": hold, "expires_hours": expires, "reviewers": reviewers}


def _typed() -> dict[UUID, tuple[int, dict[str, Any]]]:
    """Return what was typed and not saved, by schedule: with the version it was typed for."""
    found: dict[UUID, tuple[int, dict[str, Any]]] = st.session_state.setdefault(
        "specification-reviews", {}
    )
    return found


def _save(visit: Visit, schedule_id: UUID, wanted: dict[str, Any], seen: int) -> None:
    with told_if_refused():
        schedule = visit.reach.schedule(schedule_id, Right.EDIT)
        if schedule.version != seen:
            _typed()[schedule.id] = (schedule.version, wanted)
            theirs = MODES[schedule.policy.review.mode.value]
            st.warning(
                f"Somebody changed this schedule meanwhile; its review says now: {theirs}. What you"
                " typed is still here; save once more to put it over theirs.",
                icon=":material/group:",
            )
            return
        update_schedule(
            schedule.id,
            {},
            policies={"review": wanted},
            actor=visit.actor,
            version=seen,
            app=visit.app,
        )
        _typed().pop(schedule.id, None)
        st.toast("The review is saved.", icon=":material/check_circle:")
        st.rerun()
