"""On autopilot: the schedule that is proposed, switched on with one click, and what happens then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.recurrence.describe import describe
from autopilot.domain.recurrence.preview import preview
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.errors import AutopilotError
from autopilot.service.asking import proposal_for
from autopilot.service.first_steps import FirstStep, Standing, pass_over, switch_on
from autopilot.service.first_topic import tell_owner
from autopilot.service.status import Health, health_now
from autopilot.ui.guard import Visit
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance, in_full, local
from autopilot.ui.wizard.steps import go_on

if TYPE_CHECKING:
    from datetime import datetime

    from autopilot.domain.schedule import Schedule


def show_schedule(visit: Visit, at: Standing) -> None:
    """Show when issues would be made, and switch it on; a schedule that is on is shown instead."""
    st.subheader("Put it on autopilot", anchor=False)
    if at.schedule is not None:
        _tell_on(visit, at.schedule)
        return
    if at.specification is None:
        return
    proposal = proposal_for(at.specification, None)
    rule = parse_rule(proposal.type, proposal.config, visit.workspace.timezone)
    slots = preview(rule, visit.now, 1)
    st.markdown(f"**{plain(describe(rule))}**")
    if slots:
        st.markdown(_first(visit, slots[0].utc), help=in_full(slots[0].utc, visit.zone))
    address = _whom_to_tell(visit)
    allowed = visit.may(Right.EDIT)
    with st.container(horizontal=True):
        wants = st.button(
            "Switch autopilot on",
            type="primary",
            icon=":material/event_repeat:",
            disabled=not allowed,
            key="start-on",
        )
        skips = st.button("Not now", type="tertiary", key="start-on-skip")
    st.caption("Days, times and everything else can be changed afterwards.")
    try:
        if wants:
            if address.strip():
                tell_owner(visit.reach, visit.workspace.id, address.strip())
            switch_on(visit.reach, at.specification.id)
            go_on()
        if skips:
            pass_over(visit.reach, visit.workspace.id, FirstStep.SCHEDULE)
            go_on()
    except AutopilotError as error:
        show_fault(error)


def show_end(visit: Visit, at: Standing) -> None:
    """Say what happens from now on, and where to look."""
    if at.schedule is None:
        st.subheader("That is all for now", anchor=False)
        st.markdown("Autopilot is not on. Put the newsletter on autopilot whenever you like.")
    else:
        _tell_on(visit, at.schedule)
    with st.container(horizontal=True):
        if st.button("Go to Home", type="primary", icon=":material/home:", key="start-home"):
            st.switch_page("pages/home.py")
        if st.button("Sources, sections and looks", type="tertiary", key="start-tune"):
            st.switch_page("pages/specifications.py")


def _tell_on(visit: Visit, schedule: Schedule) -> None:
    st.success(
        f"**Autopilot is on.** {plain(describe(schedule.rule))}.", icon=":material/event_repeat:"
    )
    if schedule.next_run_at is not None:
        st.markdown(
            f"{_first(visit, schedule.next_run_at)} {_promise(visit)}",
            help=in_full(schedule.next_run_at, visit.zone),
        )
    if health_now(visit.app) is not Health.ON_TIME:
        st.warning(
            "No worker is running, so no slot becomes an issue. Start one on this machine with"
            " `autopilot up`: pages and worker in one.",
            icon=":material/power_off:",
        )


def _first(visit: Visit, moment: datetime) -> str:
    when = local(moment, visit.zone, now=visit.now)
    return f"The next issue is made {when}, {distance(moment, visit.now)}."


def _promise(visit: Visit) -> str:
    owners = visit.workspace.owners
    if owners and visit.app.post is not None:
        return f"We will tell {plain(', '.join(owners))} if it fails."
    return "If it fails, Home says so first, with the reason and what to do."


def _whom_to_tell(visit: Visit) -> str:
    """Ask for an address where mails can be sent and nobody hears of failures yet."""
    if visit.workspace.owners or visit.app.post is None or not visit.may(Right.MANAGE):
        st.caption(_promise(visit))
        return ""
    address: str = st.text_input(
        "Whom shall we tell if it fails?",
        placeholder="me@example.org",
        help="It hears of failures, of sources that stop, and once a week how it went.",
        key="start-owner",
    )
    return address
