"""The first issue: made while one looks on, from live feeds or, where there are none, from samples."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.run import RunStatus
from autopilot.errors import AutopilotError
from autopilot.service.first_samples import make_of_samples, pack_of
from autopilot.service.first_steps import FirstStep, Standing, pass_over
from autopilot.service.making_now import Progress, begin, progress, take_over
from autopilot.ui.generate.steps import show_steps
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.issue_view import show_issue
from autopilot.ui.parts.text import plain
from autopilot.ui.wizard.steps import go_on

EVERY_SECONDS = 1.0
SAMPLES = (
    "**These are invented sample news.** The live feeds could not be reached from this machine, so"
    " this issue was made from news that were recorded with the starter pack. Once the feeds can"
    " be reached, autopilot reads them, and never these."
)


def show_first_issue(visit: Visit, at: Standing) -> None:
    """Show the issue, or how far it is, or why there is none and what else can be done."""
    st.subheader("The first issue", anchor=False)
    run = at.run
    try:
        if run is not None and not run.has_ended:
            _watch(visit, run.id)
        elif at.is_cut_off and _may_begin_samples(visit, at):
            _begin_samples(visit, at)
        elif at.issue_id is not None:
            _show(visit, at, at.issue_id)
        else:
            _offer(visit, at)
    except AutopilotError as error:
        show_fault(error)


def _watch(visit: Visit, run_id: UUID) -> None:
    st.markdown("It is being made. You can leave this page and come back.")

    @st.fragment(run_every=EVERY_SECONDS)
    def live() -> None:
        # The visitor is asked for anew each time: a session that was ended sees no more.
        page(lambda again: _follow(again, run_id))

    live()
    _skip(visit)


def _follow(visit: Visit, run_id: UUID) -> None:
    told = progress(visit.app, visit.reach.run(run_id).id)
    if told.has_ended:
        st.rerun()
    with st.container(border=True):
        st.progress(told.share, text=_headline(told))
        show_steps(told)
    if told.is_stranded and visit.may(Right.EDIT):
        take_over(visit.app, visit.reach.run(run_id, Right.EDIT).id)


def _headline(told: Progress) -> str:
    if told.run.status is RunStatus.RUNNING:
        return f"Step {min(len(told.done) + 1, 6)} of 6"
    return "It begins as soon as a worker is free"


def _may_begin_samples(visit: Visit, at: Standing) -> bool:
    row = at.specification
    return (
        row is not None
        and at.issue_id is None
        and visit.may(Right.EDIT)
        and pack_of(row) is not None
    )


def _begin_samples(visit: Visit, at: Standing) -> None:
    assert at.specification is not None
    make_of_samples(visit.reach, at.specification.id)
    st.rerun()


def _show(visit: Visit, at: Standing, issue_id: UUID) -> None:
    if at.has_sample_issue:
        st.info(SAMPLES, icon=":material/science:")
    if at.run is not None and at.run.status in (RunStatus.FAILED, RunStatus.SKIPPED):
        st.warning(f"The last try gave no issue: {plain(at.run.reason)}", icon=":material/info:")
    with st.container(horizontal=True):
        if st.button("Continue", type="primary", key="start-issue-on"):
            _pass(visit)
        label = "Try the live feeds again" if at.has_sample_issue else "Make it again"
        if st.button(label, type="tertiary", disabled=not visit.may(Right.EDIT), key="start-again"):
            _begin(visit, at)
    show_issue(visit, issue_id, key="start-issue")


def _offer(visit: Visit, at: Standing) -> None:
    run = at.run
    if run is None:
        st.markdown(
            "Its feeds are read now, the stories of the last days are chosen and written up, and"
            " you see the result. It goes to nobody."
        )
    elif run.status is RunStatus.SKIPPED:
        st.warning(
            f"There is nothing to tell yet: {plain(run.reason)}. Another topic, or another"
            " try tomorrow, may have more.",
            icon=":material/info:",
        )
    else:
        st.error(f"It could not be made: {plain(run.reason)}", icon=":material/error:")
    allowed = visit.may(Right.EDIT)
    with st.container(horizontal=True):
        if st.button(
            "Make the first issue" if run is None else "Try again",
            type="primary",
            disabled=not allowed,
            key="start-make",
        ):
            _begin(visit, at)
        has_pack = at.specification is not None and pack_of(at.specification) is not None
        if (
            run is not None
            and has_pack
            and st.button("Use sample news", disabled=not allowed, key="start-samples")
        ):
            _begin_samples(visit, at)
    _skip(visit)


def _begin(visit: Visit, at: Standing) -> None:
    assert at.specification is not None
    row = visit.reach.specification(at.specification.id, Right.EDIT)
    begin(visit.app, row.id, actor=visit.actor)
    st.rerun()


def _skip(visit: Visit) -> None:
    if st.button("Skip this", type="tertiary", key="start-issue-skip"):
        _pass(visit)


def _pass(visit: Visit) -> None:
    try:
        pass_over(visit.reach, visit.workspace.id, FirstStep.ISSUE)
    except AutopilotError as error:
        show_fault(error)
        return
    go_on()
