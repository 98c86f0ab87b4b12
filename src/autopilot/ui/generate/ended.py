"""What came of a run: its outcome in the words of all lists, and the one thing to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.content import SourceStatus
from autopilot.domain.run import RunStatus
from autopilot.service.asking import proposal_for
from autopilot.service.issue_in_full import issue_in_full
from autopilot.service.runs import retry_run
from autopilot.ui.generate.form import NO_RIGHT
from autopilot.ui.generate.progress import show_asked
from autopilot.ui.generate.steps import show_steps
from autopilot.ui.guard import Visit
from autopilot.ui.parts.badges import badge
from autopilot.ui.parts.issue_view import show_finding, show_issue
from autopilot.ui.parts.mail_test import show_mail_test
from autopilot.ui.parts.text import plain

if TYPE_CHECKING:
    from uuid import UUID

    from autopilot.service.making_now import Progress

FORM = "autopilot-new"  # where the Autopilot page finds what its form is filled in with
MOST_SOURCES = 10


def show_ended(visit: Visit, told: Progress) -> None:
    """Show an ended run: its issue with what can be done with it, or why there is none."""
    if told.issue_id is not None:
        _with_issue(visit, told, told.issue_id)
        return
    reason = plain(told.reason or "no reason was written down")
    st.markdown(f"{badge(told.outcome)} No issue was made.")
    if told.run.status is RunStatus.FAILED:
        st.error(reason, icon=":material/error:")
        _failed_sources(told)
        _offer_retry(visit, told)
    else:
        st.info(reason, icon=":material/info:")
        if told.run.status is RunStatus.SKIPPED:
            st.markdown("Choose more days above, or give it more keywords or sources.")
            _to_specification(told)
    _steps(visit, told)


def _with_issue(visit: Visit, told: Progress, issue_id: UUID) -> None:
    shown = issue_in_full(visit.app, visit.reach.issue(issue_id).id)
    errors = () if shown.gate is None else shown.gate.errors
    st.subheader(plain(shown.view.issue.subject))
    st.markdown(f"{badge(told.outcome)} {_told_good(told, len(errors))}")
    if errors:
        with st.container(border=True):
            for finding in errors:
                show_finding(finding)
    _failed_sources(told)
    _offer_autopilot(visit, told, is_good=not errors)
    show_issue(visit, issue_id, key="generate-issue")
    show_mail_test(visit, issue_id, key="generate-test")
    st.page_link(
        "pages/review.py",
        label="Change it, or send it to its readers",
        icon=":material/rate_review:",
        query_params={"issue": str(issue_id), "workspace": visit.workspace.slug},
    )
    _steps(visit, told)


def _told_good(told: Progress, errors: int) -> str:
    if errors:
        found = "an error" if errors == 1 else f"{errors} errors"
        return (
            f"The issue is made, and the gate found {found} in it. On a schedule it would be held."
        )
    if told.outcome == "draft":
        return "The issue is made. No reader has it: it is a draft."
    return "The issue is made."


def _offer_autopilot(visit: Visit, told: Progress, *, is_good: bool) -> None:
    allowed = visit.may(Right.EDIT)
    if st.button(
        "Put this on autopilot",
        type="primary" if is_good else "secondary",
        icon=":material/event_repeat:",
        width="stretch",
        disabled=not allowed,
        help=None if allowed else NO_RIGHT,
        key="generate-autopilot",
    ):
        run = visit.reach.run(told.run.id)
        proposal = proposal_for(visit.reach.specification(run.specification_id, Right.EDIT), run)
        st.session_state[FORM] = {
            "specification_id": str(proposal.specification_id),
            "name": proposal.name,
            "type": proposal.type,
            "config": dict(proposal.config),
            "categories": None if proposal.categories is None else list(proposal.categories),
            "regions": None if proposal.regions is None else list(proposal.regions),
            "cadence": proposal.cadence,
        }
        st.switch_page("pages/autopilot.py")


def _offer_retry(visit: Visit, told: Progress) -> None:
    st.markdown("Mend the cause, then go on: finished steps are not repeated.")
    allowed = visit.may(Right.EDIT)
    if st.button(
        "Try again from the failed step",
        type="primary",
        icon=":material/replay:",
        disabled=not allowed,
        help=None if allowed else NO_RIGHT,
        key="generate-retry",
    ):
        seen = visit.reach.run(told.run.id, Right.EDIT)
        retry_run(seen.id, actor=visit.actor, app=visit.app)
        st.rerun()
    _to_specification(told)


def _failed_sources(told: Progress) -> None:
    failed = [it for it in told.run.sources if it.status is SourceStatus.FAILED]
    if not failed:
        return
    many = "1 source" if len(failed) == 1 else f"{len(failed)} sources"
    with st.expander(f"{many} could not be read", icon=":material/warning:"):
        lines = [f"- {plain(it.url)}: {plain(it.error or 'no answer')}" for it in failed]
        st.markdown("\n".join(lines[:MOST_SOURCES]))
        if len(failed) > MOST_SOURCES:
            st.caption(f"and {len(failed) - MOST_SOURCES} more")


def _to_specification(told: Progress) -> None:
    st.page_link(
        "pages/specifications.py",
        label="Look at its sources and keywords",
        icon=":material/tune:",
        query_params={"specification": str(told.run.specification_id)},
    )


def _steps(visit: Visit, told: Progress) -> None:
    with st.expander("How it was made", icon=":material/list_alt:"):
        show_steps(told)
        show_asked(visit, told)
