"""Chosen schedules: ticked on the list, also over several pages, to be paused or resumed together."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.schedule import Schedule
from autopilot.service.bulk import Bulk, resume_schedules
from autopilot.ui.autopilot.asking import ask
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.text import plain

_CHOSEN = "autopilot-chosen"
_CHOOSING, _RESULT = "autopilot-choosing", "autopilot-bulk"
MOST_NAMED = 10


def all_chosen() -> set[UUID]:
    """The schedules that are ticked."""
    found: set[UUID] = st.session_state.setdefault(_CHOSEN, set())
    return found


def is_choosing() -> bool:
    """Whether somebody is ticking schedules; the boxes stand in nobody's way before."""
    return bool(st.session_state.get(_CHOOSING))


def _choose_several(wanted: bool) -> None:
    st.session_state[_CHOOSING] = wanted
    all_chosen().clear()


def show_box(schedule: Schedule, *, disabled: bool) -> None:
    """Show the box to tick."""
    key = f"chosen-{schedule.id}"
    st.session_state[key] = schedule.id in all_chosen()
    st.checkbox(
        f"Choose {schedule.name[:60]}",
        key=key,
        label_visibility="collapsed",
        disabled=disabled,
        on_change=_turn,
        args=(schedule.id,),
        width="content",
    )


def _turn(schedule_id: UUID) -> None:
    all_chosen().symmetric_difference_update({schedule_id})


def show_bar(visit: Visit, page: Sequence[Schedule]) -> None:
    """Show what can be done to the chosen ones, and what became of the last time."""
    _show_result()
    if not any(visit.reach.may(Right.EDIT, item.workspace_id) for item in page):
        return
    if not is_choosing():
        st.button(
            "Choose several",
            icon=":material/checklist:",
            type="tertiary",
            on_click=_choose_several,
            args=(True,),
        )
        return
    chosen = all_chosen()
    here = {item.id for item in page if visit.reach.may(Right.EDIT, item.workspace_id)}
    with st.container(horizontal=True, vertical_alignment="center"):
        if here <= chosen:
            st.button("Choose none", on_click=chosen.clear, type="tertiary")
        else:
            st.button("Choose this page", on_click=chosen.update, args=(here,), type="tertiary")
        st.button("Choose no more", on_click=_choose_several, args=(False,), type="tertiary")
        if not chosen:
            return
        st.caption(f"{len(chosen)} chosen", width="content")
        if st.button("Pause the chosen", icon=":material/pause_circle:"):
            ask("pause-all", *chosen)
        if st.button("Resume the chosen", icon=":material/play_circle:"):
            with told_if_refused():
                keep_result(resume_schedules(visit.reach, chosen), "on")


def keep_result(result: Bulk, word: str) -> None:
    """Keep what became of it for the next look, and choose no more."""
    _choose_several(False)
    st.session_state[_RESULT] = (result, word)
    st.rerun(scope="app")


def _show_result() -> None:
    found: tuple[Bulk, str] | None = st.session_state.pop(_RESULT, None)
    if found is None:
        return
    result, word = found
    count = len(result.changed)
    if count:
        st.success(
            f"{count} schedule{'s are' if count > 1 else ' is'} {word} now.",
            icon=":material/check_circle:",
        )
    if result.refused:
        reasons = [f"- {plain(why)}" for _, why in result.refused[:MOST_NAMED]]
        more = len(result.refused) - MOST_NAMED
        reasons += [f"- and {more} more"] if more > 0 else []
        st.warning("\n".join([f"{len(result.refused)} stayed as they were:", *reasons]))
