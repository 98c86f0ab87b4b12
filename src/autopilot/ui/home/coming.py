"""What comes next: the slots of the next seven days, day by day, as an agenda that fits a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby

import streamlit as st

from autopilot.service.overview import Coming, Overview
from autopilot.ui.guard import Visit
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full

A_DAY = 5  # slots shown of one day
_NAMED = {0: "Today", 1: "Tomorrow"}


def show_coming(visit: Visit, seen: Overview) -> None:
    """Show the next slots; days without one are told in one line."""
    st.subheader("Next 7 days", anchor=False)
    if not seen.coming:
        _tell_none(seen)
        return
    today = visit.now.astimezone(visit.zone).date()
    before = today - timedelta(days=1)
    for day, slots in groupby(seen.coming, key=lambda it: it.at.astimezone(visit.zone).date()):
        if (gap := (day - before).days - 1) > 0:
            st.caption(f"{_days(before + timedelta(days=1), gap, today)}: nothing")
        _show_day(visit, day, list(slots), today)
        before = day
    if seen.has_more:
        st.caption("More follow; all of them are on the page Autopilot.")
    elif (rest := (seen.until.astimezone(visit.zone).date() - before).days) > 0:
        st.caption(f"{_days(before + timedelta(days=1), rest, today)}: nothing")
    st.page_link("pages/autopilot.py", label="All schedules", icon=":material/arrow_forward:")


def _show_day(visit: Visit, day: date, slots: Sequence[Coming], today: date) -> None:
    shown = slots[:A_DAY]
    exact = "  \n".join(in_full(slot.at, visit.zone) for slot in shown)
    st.markdown(f"**{_day(day, today)}**", help=exact)
    st.markdown("  \n".join(_line(visit, slot) for slot in shown))
    if len(slots) > A_DAY:
        st.caption(f"and {len(slots) - A_DAY} more on this day")


def _line(visit: Visit, slot: Coming) -> str:
    flags = "".join(f" :orange[{plain(flag.text)}]" for flag in slot.flags)
    return (
        f":green[:material/radio_button_unchecked:] {slot.at.astimezone(visit.zone):%H:%M}"
        f" {plain(slot.specification)} :gray[{plain(slot.schedule)}]{flags}"
    )


def _tell_none(seen: Overview) -> None:
    if seen.schedules.on:
        st.markdown("No slot lies in the next 7 days.")
        return
    show_empty(
        "No schedule is on, so nothing is made by itself.",
        page="autopilot",
        label="Choose when issues are made",
        icon="event_repeat",
    )


def _day(day: date, today: date) -> str:
    named = _NAMED.get((day - today).days)
    told = f"{day:%a} {day.day} {day:%b}"
    return f"{named}, {told}" if named else told


def _days(first: date, count: int, today: date) -> str:
    last = first + timedelta(days=count - 1)
    return (
        _day(first, today)
        if count == 1
        else f"{_day(first, today)} to {last:%a} {last.day} {last:%b}"
    )
