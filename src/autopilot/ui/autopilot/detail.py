"""One schedule: what it does in words, what comes, what was, and everything that can be done to it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

import streamlit as st

from autopilot.domain.policy_words import policy_sentences
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.errors import RuleInvalid
from autopilot.service.listing import last_outcomes
from autopilot.service.schedule_overview import deeds_on, document_of, who_hears
from autopilot.service.schedules import ScheduleDetail, get_schedule_detail
from autopilot.ui.autopilot.acts import show_acts
from autopilot.ui.autopilot.deeds import deed_in_words
from autopilot.ui.autopilot.history import show_history
from autopilot.ui.autopilot.places import link_to_list, tell
from autopilot.ui.autopilot.words import hearing_in_words, outcomes_in_words
from autopilot.ui.guard import Visit
from autopilot.ui.parts.badges import badge
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance, in_full, local

SLOTS = 5


def show_detail(visit: Visit, schedule_id: UUID) -> None:
    """Show a schedule that the visitor may read, whichever workspace they came from."""
    own = visit.reach.schedule(schedule_id)
    visit = replace(visit, workspace=visit.reach.workspace(own.workspace_id))
    detail = get_schedule_detail(own.id, slots=SLOTS, history=1, app=visit.app)
    schedule = detail.schedule
    link_to_list()
    st.title(plain(schedule.name), anchor=False)
    tell()
    _standing(detail)
    show_acts(visit, schedule)
    left, right = st.columns(2, gap="large")
    with left:
        _coming(visit, detail)
    with right:
        _so_far(visit, schedule)
    _settings(visit, schedule)
    show_history(visit, schedule)
    _audit(visit, schedule)


def _standing(detail: ScheduleDetail) -> None:
    schedule = detail.schedule
    st.markdown(f"{badge(schedule.status.value)} **{plain(detail.description)}**")
    if schedule.status_reason:
        st.info(f"{_why(schedule.status)}: {plain(schedule.status_reason)}")
    for warning in detail.warnings:
        st.markdown(f":orange[:material/warning:] {plain(warning)}")


def _why(status: ScheduleStatus) -> str:
    return {ScheduleStatus.ERROR: "It stopped"}.get(status, f"It is {status.value}")


def _coming(visit: Visit, detail: ScheduleDetail) -> None:
    schedule, zone = detail.schedule, ZoneInfo(detail.schedule.timezone)
    st.subheader("Next", anchor=False)
    if not detail.upcoming:
        st.markdown(_NOTHING_COMES.get(schedule.status, "No slot is to come."))
        return
    lines = []
    for slot in detail.upcoming:
        flags = "".join(f" :orange-badge[{plain(flag.text)}]" for flag in slot.flags)
        lines.append(
            f"- {plain(local(slot.utc, zone, now=visit.now))} :gray[({slot.utc:%H:%M} UTC,"
            f" {distance(slot.utc, visit.now)})]{flags}"
        )
    st.markdown("\n".join(lines))
    if schedule.due_at is not None:
        st.caption(f"Its run begins {local(schedule.due_at, zone, now=visit.now)}.")


_NOTHING_COMES = {
    ScheduleStatus.PAUSED: "Nothing, until somebody resumes it.",
    ScheduleStatus.ERROR: "Nothing, until somebody mends and resumes it.",
    ScheduleStatus.FINISHED: "Nothing: its last slot is past. Change its rule to go on.",
    ScheduleStatus.CANCELLED: "Nothing: it is deleted, and here for its history.",
}


def _so_far(visit: Visit, schedule: Schedule) -> None:
    st.subheader("So far", anchor=False)
    if not schedule.run_count:
        st.markdown("It has not run yet.")
        return
    skipped = schedule.run_count - schedule.success_count - schedule.failure_count
    st.markdown(
        f"**{schedule.run_count:,}** slot{'s' * (schedule.run_count != 1)}: {schedule.success_count:,} succeeded,"
        f" {schedule.failure_count:,} failed, {max(skipped, 0):,} skipped"
    )
    outcomes = last_outcomes(visit.reach, [schedule.id]).get(schedule.id, ())
    st.markdown(outcomes_in_words(outcomes))
    if schedule.last_run_at is not None and schedule.last_run_status:
        zone = ZoneInfo(schedule.timezone)
        st.markdown(
            f"Last: {badge(outcomes[-1] if outcomes else schedule.last_run_status)}"
            f" {local(schedule.last_run_at, zone, now=visit.now)}",
            help=plain(in_full(schedule.last_run_at, zone)),
        )
    if schedule.last_run_error:
        st.caption(plain(schedule.last_run_error))
    if schedule.consecutive_failures:
        st.warning(f"{schedule.consecutive_failures} failed in a row.")


def _settings(visit: Visit, schedule: Schedule) -> None:
    document = document_of(visit.reach, schedule.specification_id)
    lines = [f"Specification: **{plain(document.name)}**"]
    for label, value in (
        ("Only categories", schedule.categories_override),
        ("Only regions", schedule.regions_override),
    ):
        if value:
            lines.append(f"{label}: {plain(', '.join(value))}")
    if schedule.cadence_override:
        lines.append(f"Looks back: {plain(schedule.cadence_override)}")
    lines += [plain(sentence) for sentence in _policies(schedule)]
    if schedule.notes:
        lines.append(f"Notes: {plain(schedule.notes)}")
    lines.append(f"Made by {plain(schedule.created_by)}")
    lines.append(hearing_in_words(who_hears(visit.reach, schedule)))
    st.subheader("Settings", anchor=False)
    st.markdown("\n".join(f"- {line}" for line in lines))


def _policies(schedule: Schedule) -> list[str]:
    try:
        told = list(policy_sentences(schedule.policy))
    except RuleInvalid:
        return ["Its policies cannot be used any more: edit it."]
    return told or ["Every other policy is as usual."]


def _audit(visit: Visit, schedule: Schedule) -> None:
    changes = st.expander("Who changed what", on_change="rerun", key=f"audit-{schedule.id}")
    if not changes.open:
        return
    with changes:
        deeds = deeds_on(visit.reach, schedule.id)
        for deed in deeds:
            told = f"{local(deed.at, visit.zone, now=visit.now)}: {deed_in_words(deed)}"
            st.markdown(told, help=plain(in_full(deed.at, visit.zone)))
        if not deeds:
            st.caption("Nobody has changed anything yet.")
