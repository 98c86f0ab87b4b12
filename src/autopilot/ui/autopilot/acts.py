"""Acts on one schedule: what the visitor may do with it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.ui.autopilot.asking import ask
from autopilot.ui.autopilot.making import make_now, make_test, switch_on
from autopilot.ui.autopilot.places import go_to
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import local


def show_acts(visit: Visit, schedule: Schedule) -> None:
    """Show what the visitor may do with a schedule; one that is deleted can only be looked at."""
    if schedule.status is ScheduleStatus.CANCELLED:
        return
    if not visit.may(Right.EDIT):
        st.caption("Your role here is viewer: an editor changes, pauses and runs schedules.")
        return
    with st.container(horizontal=True):
        if st.button("Edit", icon=":material/edit:"):
            go_to(schedule=schedule.id, edit="yes")
        if schedule.enabled:
            if st.button("Pause", icon=":material/pause_circle:"):
                ask("pause", schedule.id)
        elif st.button("Resume", type="primary", icon=":material/play_circle:"):
            switch_on(visit, schedule)
        if st.button("Run now", icon=":material/bolt:", help="A draft with the articles so far."):
            make_now(visit, schedule)
        with st.popover("More", icon=":material/more_horiz:"):
            _more(visit, schedule)


def _more(visit: Visit, schedule: Schedule) -> None:
    if schedule.next_run_at is not None:
        at = local(schedule.next_run_at, ZoneInfo(schedule.timezone), now=visit.now)
        if st.button(f"Skip this one: {plain(at)}", key="skip", icon=":material/skip_next:"):
            ask("skip", schedule.id, version=schedule.version)
    if st.button("Test run", icon=":material/science:", help="Made now, sent to nobody."):
        make_test(visit, schedule)
    if st.button("Backfill past slots", icon=":material/history:"):
        ask("backfill", schedule.id)
    if st.button("Delete", icon=":material/delete:"):
        ask("delete", schedule.id)
