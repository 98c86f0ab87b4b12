"""The execution history of a schedule: its runs, newest first, each opened where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import streamlit as st

from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule
from autopilot.service.listing import runs_page
from autopilot.ui.autopilot.places import tell_again
from autopilot.ui.guard import Visit
from autopilot.ui.parts.badges import look_of
from autopilot.ui.parts.rerun import again
from autopilot.ui.parts.run_view import show_run, told_asked
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import local, took

ROWS = 10
LOOK_AGAIN_SECONDS = 3


def show_history(visit: Visit, schedule: Schedule) -> None:
    """Show the runs of a schedule; while one of them is under way they are looked at again."""
    st.subheader("Runs", anchor=False)
    st.page_link(
        "pages/history.py",
        label="All of its runs and issues in the history",
        icon=":material/history:",
        query_params={"schedule": str(schedule.id), "workspace": visit.workspace.slug},
    )
    is_busy = any(not run.has_ended for run in _page(visit, schedule, None)[0])
    st.fragment(_runs, run_every=LOOK_AGAIN_SECONDS if is_busy else None)(visit, schedule, is_busy)


def _runs(visit: Visit, schedule: Schedule, was_busy: bool) -> None:
    key = f"runs-places-{schedule.id}"
    places: list[Sequence[str | None]] = st.session_state.get(key, [])
    runs, following = _page(visit, schedule, places[-1] if places else None)
    if not runs:
        st.caption("No run yet. The first one comes with its first slot, or with Run now.")
        return
    if was_busy and not places and all(run.has_ended for run in runs):
        tell_again()
        st.rerun(scope="app")  # it has ended: figures and next slot may be others now
    zone = ZoneInfo(schedule.timezone)
    for run in runs:
        _row(visit, run, zone)
    if not places and following is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Newer", icon=":material/arrow_back:", disabled=not places):
            st.session_state[key] = places[:-1]
            again()
        st.caption(f"Page {len(places) + 1}", width="content")
        if st.button("Older", icon=":material/arrow_forward:", disabled=following is None):
            st.session_state[key] = [*places, following]
            again()


def _page(
    visit: Visit, schedule: Schedule, after: Sequence[str | None] | None
) -> tuple[Sequence[Run], Sequence[str | None] | None]:
    page = runs_page(visit.reach, schedule_id=schedule.id, after=after, limit=ROWS)
    return page.items, page.next


def _row(visit: Visit, run: Run, zone: ZoneInfo) -> None:
    look = look_of(run.status.value)
    at = run.scheduled_for or run.created_at
    told = [local(at, zone, now=visit.now), look.word, told_asked(run)]
    if run.started_at and run.finished_at:
        told.append(took((run.finished_at - run.started_at).total_seconds()))
    if run.attempt > 1:
        told.append(f"attempt {run.attempt}")
    row = st.expander(
        f":{look.color}[:material/{look.icon}:] {plain(' · '.join(told))}",
        key=f"run-{run.id}",
        on_change="rerun",
    )
    if row.open:
        with row:
            show_run(visit, run, key=f"run-{run.id}")
