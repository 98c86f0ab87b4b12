"""The list: is it on, did it work, what comes next, for every schedule that somebody looks after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.schedule import Schedule
from autopilot.service.listing import last_outcomes, schedules_page
from autopilot.service.schedule_overview import Choices, choices, names_of
from autopilot.ui.autopilot import chosen, filters
from autopilot.ui.autopilot.asking import ask
from autopilot.ui.autopilot.making import switch_on
from autopilot.ui.autopilot.places import go_to
from autopilot.ui.autopilot.words import next_in_words, outcomes_in_words, rule_in_words
from autopilot.ui.guard import Visit
from autopilot.ui.parts.badges import badge
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local

ROWS = 15
LONG_NAME = 32  # longer ones are let wrap, which costs


def show_list(visit: Visit) -> None:
    """Show the schedules that the filters leave, a page at a time."""
    wanted = filters.kept(visit)
    known = choices(visit.reach, wanted.workspace_ids)
    if not known.counts and not wanted.is_narrowed:
        _nothing_yet(visit)
        return
    wanted = filters.ask(visit, wanted, known)
    page = schedules_page(
        visit.reach,
        workspace_id=wanted.workspace_id,
        specification_id=wanted.specification_id,
        status=wanted.status,
        owner=wanted.owner,
        text=wanted.text,
        after=filters.place(),
        limit=ROWS,
    )
    if not page.items:
        _nothing_left(known)
        return
    chosen.show_bar(visit, page.items)
    names = names_of(visit.reach, page.items)
    outcomes = last_outcomes(visit.reach, [item.id for item in page.items])
    for schedule in page.items:
        _row(visit, schedule, names, outcomes.get(schedule.id, ()))
    filters.ask_page(page.next)


def _row(
    visit: Visit, schedule: Schedule, names: Mapping[UUID, str], outcomes: Sequence[str]
) -> None:
    zone = ZoneInfo(schedule.timezone)
    may_edit = visit.reach.may(Right.EDIT, schedule.workspace_id)
    # Few elements a row: what each takes to be painted adds up over a page.
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if chosen.is_choosing():
                chosen.show_box(schedule, disabled=not may_edit)
            name, is_long = f"**{plain(schedule.name)}**", len(schedule.name) > LONG_NAME
            if st.button(name, key=f"open-{schedule.id}", type="tertiary", wrap=is_long):
                go_to(schedule=schedule.id)
            _switch(visit, schedule, disabled=not may_edit)
            st.markdown(_standing(visit, schedule, zone, outcomes), width="content")
        next_at = schedule.next_run_at
        st.markdown(
            f"{plain(rule_in_words(schedule))}"
            f" :gray[· {plain(names.get(schedule.specification_id, 'unknown specification'))}]  \n"
            f":small[:gray[Next: {plain(next_in_words(schedule, visit.now, zone))}]"
            f" · {outcomes_in_words(outcomes)}]",
            help=None if next_at is None else plain(in_full(next_at, zone)),
        )


def _standing(visit: Visit, schedule: Schedule, zone: ZoneInfo, outcomes: Sequence[str]) -> str:
    told = badge(schedule.status.value)
    if schedule.last_run_status and schedule.last_run_at:
        at = plain(local(schedule.last_run_at, zone, now=visit.now))
        told += (
            f" last run {badge(outcomes[-1] if outcomes else schedule.last_run_status)} :gray[{at}]"
        )
    return told


def _switch(visit: Visit, schedule: Schedule, *, disabled: bool) -> None:
    """On or off. The switch shows what is, not what was clicked: a reason may still be refused."""
    key = f"on-{schedule.id}"
    st.session_state[key] = schedule.enabled
    st.toggle(
        f"{schedule.name[:60]} is on",
        key=key,
        label_visibility="collapsed",
        disabled=disabled,
        on_change=_note_click,
        args=(schedule.id, not schedule.enabled),
    )
    clicked: tuple[UUID, bool] | None = st.session_state.get(_CLICKED)
    if clicked is None or clicked[0] != schedule.id:
        return
    del st.session_state[_CLICKED]
    if clicked[1]:
        switch_on(visit, schedule)
    else:
        ask("pause", schedule.id)


_CLICKED = "autopilot-switch"


def _note_click(schedule_id: UUID, wanted: bool) -> None:
    st.session_state[_CLICKED] = (schedule_id, wanted)


def _nothing_yet(visit: Visit) -> None:
    show_empty(
        "Nothing is on autopilot yet. Choose a specification, days and a time: from then on each"
        " issue makes itself.",
        icon="event_repeat",
    )
    if not visit.may(Right.EDIT):
        st.caption("Your role here is viewer: an editor creates schedules.")


def _nothing_left(known: Choices) -> None:
    show_empty(
        f"None of the {known.total} schedules is like that. Take a filter away.",
        icon="filter_alt_off",
    )
