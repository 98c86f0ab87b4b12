"""Dialogs of the page. Each asks about schedules, acts through one verb, and tells what comes next."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.schedule import Schedule
from autopilot.service.backfill import MOST_SLOTS, drafts_of
from autopilot.service.bulk import LONGEST_REASON, checked_reason, pause_schedules
from autopilot.service.running import queue_backfill
from autopilot.service.schedules import delete_schedule, disable_schedule
from autopilot.service.skipping import skip_next
from autopilot.ui.autopilot.asking import Ask, Question, close
from autopilot.ui.autopilot.chosen import keep_result
from autopilot.ui.autopilot.making import let_begin
from autopilot.ui.autopilot.places import go_to, stay
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import local

_INSTANT = timedelta(microseconds=1)
_WAYS = {"soft": "Keep it among the deleted ones", "hard": "Remove it for good"}


@st.dialog("Pause this schedule", icon=":material/pause_circle:", on_dismiss=close)
def ask_to_pause(visit: Visit, question: Question) -> None:
    """Ask why a schedule is paused, and pause it."""
    name = plain(visit.reach.schedule(question.schedule_id).name)
    st.markdown(
        f"**{name}** makes no issue until somebody resumes it. What it would have made meanwhile is"
        " not made up for."
    )
    reason = _reason()
    if not st.button("Pause it", type="primary", key="pause-it"):
        return
    with told_if_refused():
        own = visit.reach.schedule(question.schedule_id, Right.EDIT)
        wanted = checked_reason(reason)
        disable_schedule(own.id, reason=wanted, actor=visit.actor, app=visit.app)
        close()
        stay(told=f"**{name}** is paused. Nothing is made until somebody resumes it.")


@st.dialog("Pause the chosen schedules", icon=":material/pause_circle:", on_dismiss=close)
def ask_to_pause_all(visit: Visit, question: Question) -> None:
    """Ask why many schedules are paused, and pause them."""
    count = len(question.schedule_ids)
    st.markdown(f"{count} schedule{'s' * (count != 1)} will make no issue until somebody resumes.")
    reason = _reason()
    if not st.button("Pause them", type="primary", key="pause-them"):
        return
    with told_if_refused():
        done = pause_schedules(visit.reach, question.schedule_ids, reason=reason)
        close()
        keep_result(done, "paused")


def _reason() -> str:
    return st.text_input(
        "Reason",
        max_chars=LONGEST_REASON,
        placeholder="The editor is away until 6 January",
        help="For whoever finds it paused.",
        key="pause-reason",
    )


@st.dialog("Skip this one", icon=":material/skip_next:", on_dismiss=close)
def ask_to_skip(visit: Visit, question: Question) -> None:
    """Ask whether the next slot is to be skipped, and skip the one that was seen."""
    schedule = visit.reach.schedule(question.schedule_id)
    if schedule.next_run_at is None:
        st.info("There is no next slot to skip.")
        return
    told = _local(visit, schedule, schedule.next_run_at)
    st.markdown(f"No issue is made for **{told}**. The one after it comes as planned.")
    if not st.button("Skip it", type="primary", key="skip-it"):
        return
    with told_if_refused():
        own = visit.reach.schedule(schedule.id, Right.EDIT)
        skip_next(visit.app, own.id, actor=visit.actor, version=question.version)
        following = visit.reach.schedule(own.id).next_run_at
        then = (
            "It was the last one."
            if following is None
            else f"The next issue is for **{_local(visit, own, following)}**."
        )
        close()
        stay(told=f"{told} is skipped. {then}")


@st.dialog("Backfill past slots", icon=":material/history:", on_dismiss=close)
def ask_to_backfill(visit: Visit, question: Question) -> None:
    """Ask for a span of the past, say how many drafts it gives, and make them."""
    schedule = visit.reach.schedule(question.schedule_id)
    st.markdown(
        "A draft is made for each slot of the span, with the articles of its own time. Drafts are"
        f" never sent by themselves. {MOST_SLOTS} at once is the most."
    )
    start, end = _span(visit, schedule)
    with told_if_refused():
        count = len(drafts_of(visit.app, schedule.id, start, end, actor=visit.actor))
        if not count:
            st.info("No slot of this schedule lies in that span.")
            return
        drafts = f"{count} draft{'s' * (count > 1)}"
        if not st.button(f"Make {drafts}", type="primary", key="backfill-it"):
            return
        own = visit.reach.schedule(schedule.id, Right.EDIT)
        made = queue_backfill(visit.app, own.id, start, end, actor=visit.actor)
        for run in made:
            let_begin(visit, run)
        close()
        stay(told=f"{drafts} will be made, the oldest first: see the runs below.")


def _span(visit: Visit, schedule: Schedule) -> tuple[datetime, datetime]:
    """The span (start, end] of whole days of the schedule's zone, up to now."""
    zone = ZoneInfo(schedule.timezone)
    today = visit.now.astimezone(zone).date()
    first: date = st.date_input(
        "From",
        today - timedelta(days=28),
        max_value=today,
        format="YYYY-MM-DD",
        key="backfill-from",
    )
    last: date = st.date_input("To", today, max_value=today, format="YYYY-MM-DD", key="backfill-to")
    start = datetime.combine(first, time(), zone) - _INSTANT
    end = datetime.combine(last + timedelta(days=1), time(), zone) - _INSTANT
    return start, min(end, visit.now)


@st.dialog("Delete this schedule", icon=":material/delete:", on_dismiss=close)
def ask_to_delete(visit: Visit, question: Question) -> None:
    """Ask how a schedule is to be deleted, for good only by its name, and delete it."""
    schedule = visit.reach.schedule(question.schedule_id)
    name = plain(schedule.name)
    st.markdown(
        f"**{name}** makes no issue any more. Its {schedule.run_count:,} runs, its issues and what"
        " was delivered stay in the history either way."
    )
    how = st.radio(
        "How",
        list(_WAYS),
        format_func=_WAYS.__getitem__,
        captions=["It can be looked at, not switched on again.", "Its settings are gone."],
        key="delete-how",
    )
    is_hard, is_sure = how == "hard", True
    if is_hard:
        typed = st.text_input("Type its name to delete it for good", key="delete-name")
        is_sure = typed.strip() == schedule.name
    label = "Delete for good" if is_hard else "Delete it"
    if not st.button(label, type="primary", disabled=not is_sure, key="delete-it"):
        return
    with told_if_refused():
        own = visit.reach.schedule(schedule.id, Right.EDIT)
        delete_schedule(own.id, is_hard, actor=visit.actor, app=visit.app)
        close()
        go_to(told=f"**{name}** is deleted. Its runs and issues stay in the history.")


def _local(visit: Visit, schedule: Schedule, moment: datetime) -> str:
    return plain(local(moment, ZoneInfo(schedule.timezone), now=visit.now))


OF_THE_LIST: dict[str, Ask] = {"pause": ask_to_pause, "pause-all": ask_to_pause_all}
OF_ONE: dict[str, Ask] = {
    "pause": ask_to_pause,
    "skip": ask_to_skip,
    "backfill": ask_to_backfill,
    "delete": ask_to_delete,
}
