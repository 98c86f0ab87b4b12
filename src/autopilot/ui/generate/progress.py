"""Progress of a run, live: asked again each second until it is over, also after coming back."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.run import RunStatus
from autopilot.errors import AutopilotError
from autopilot.service.making_now import Progress, progress, take_over
from autopilot.service.runs import cancel_run
from autopilot.ui.generate.steps import show_steps
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local

EVERY_SECONDS = 1.0


def show_progress(visit: Visit, run_id: UUID) -> Progress:
    """Show how far a run is, and go on doing so while it is under way; return what is known now."""
    told = progress(visit.app, visit.reach.run(run_id).id)
    if told.has_ended:
        return told

    @st.fragment(run_every=EVERY_SECONDS)
    def live() -> None:
        # The visitor is asked for anew each time: a session that was ended sees no more.
        page(lambda again: _follow(again, run_id))

    live()
    return told


def show_asked(visit: Visit, told: Progress) -> None:
    """Show who asked for the run, when, and over which days."""
    run = told.run
    begin, end = (local(it, visit.zone, now=visit.now) for it in (run.window.start, run.window.end))
    st.caption(
        f"Asked for by {plain(run.created_by)}, {local(run.created_at, visit.zone, now=visit.now)}."
        f" Articles from {begin} to {end}.",
        help=f"{in_full(run.window.start, visit.zone)} to {in_full(run.window.end, visit.zone)}",
    )


def _follow(visit: Visit, run_id: UUID) -> None:
    told = progress(visit.app, visit.reach.run(run_id).id)
    if told.has_ended:
        st.rerun()
    with st.container(border=True):
        st.progress(told.share, text=_headline(visit, told))
        show_steps(told)
        show_asked(visit, told)
        _offer_to_stop(visit, told)
    if told.is_stranded and visit.may(Right.EDIT):
        take_over(visit.app, visit.reach.run(run_id, Right.EDIT).id)


def _headline(visit: Visit, told: Progress) -> str:
    if told.run.status is RunStatus.RUNNING:
        return f"Step {min(len(told.done) + 1, 6)} of 6"
    if told.run.due_at > visit.now:
        return f"Tries again {local(told.run.due_at, visit.zone, now=visit.now)}"
    return "In the queue: it begins as soon as a worker is free"


def _offer_to_stop(visit: Visit, told: Progress) -> None:
    if not visit.may(Right.EDIT):
        return
    if st.button("Cancel this run", icon=":material/cancel:", key="generate-cancel"):
        try:
            seen = visit.reach.run(told.run.id, Right.EDIT)
            cancel_run(seen.id, f"by {visit.actor}", actor=visit.actor, app=visit.app)
        except AutopilotError as error:
            show_fault(error)
            return
        st.rerun()
