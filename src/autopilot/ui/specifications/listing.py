"""The list: every specification of the workspace, how it is, and what to do about it."""

from __future__ import annotations

import streamlit as st

from autopilot.domain.access import Right
from autopilot.service.specification_overview import Glance, glance_at
from autopilot.ui.guard import Visit
from autopilot.ui.parts.badges import badge
from autopilot.ui.parts.confirm import tell_done
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.paging import place, show_paging
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import local
from autopilot.ui.specifications import places

MOST_NAMES = 8
ROWS, FEW = 20, 5
_FIND, _PAGES = "spec-find", "spec-pages"


def show_list(visit: Visit) -> None:
    """Show the list, or what to do where it is empty."""
    st.title("Specifications")
    st.caption("What each newsletter is about, where it looks, and how it speaks.")
    places.tell()
    tell_done()
    if visit.may(Right.EDIT):
        st.button(
            "New specification",
            type="primary",
            icon=":material/add:",
            key="spec-new",
            on_click=places.set_place,
            args=(places.NEW,),
        )
    text = st.session_state.get(_FIND, "")
    found = glance_at(
        visit.reach,
        visit.workspace.id,
        text=text,
        after=place(_PAGES, (visit.workspace.id, text)),
        limit=ROWS,
    )
    if text or found.next is not None or len(found.items) > FEW:
        st.text_input(
            "Find", key=_FIND, placeholder="Name", icon=":material/search:", max_chars=200
        )
    if not found.items:
        _tell_none(text)
    for glance in found.items:
        with st.container(border=True):
            _glance(visit, glance)
    show_paging(_PAGES, found.next)


def _tell_none(text: str) -> None:
    if text:
        show_empty("No specification has this in its name. Clear the field to see all of them.")
        return
    show_empty(
        "No specification yet. Begin with a starter pack, a list of feeds, or the address of a site.",
        icon="tune",
    )


def _glance(visit: Visit, glance: Glance) -> None:
    name, act = st.columns([5, 1], vertical_alignment="center")
    name.markdown(f"#### {plain(glance.document.name)}")
    act.button(
        "Open",
        key=f"spec-open-{glance.id}",
        on_click=places.set_place,
        args=(str(glance.id),),
        help=f"Open {glance.document.slug}",
        width="stretch",
    )
    names = [plain(it.name) for it in glance.document.categories]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    st.markdown(f"{' · '.join(names[:MOST_NAMES])}{more}")
    if glance.blind:
        st.markdown(
            f":orange[:material/warning: {len(glance.blind)} of its categories have no keywords and"
            " find nothing.]"
        )
    st.markdown(f"{_sources(glance)}  \n{_schedules(visit, glance)}  \n{_last(visit, glance)}")


def _sources(glance: Glance) -> str:
    if not glance.sources:
        return ":material/rss_feed: :orange[No sources yet: there is nothing to read.]"
    told = f":material/rss_feed: {glance.sources} source{'s' * (glance.sources != 1)}"
    if glance.ailing:
        told += f", :red[:material/error: {glance.ailing} cannot be read]"
    if glance.unread:
        told += f", {glance.unread} not read yet"
    return told if glance.ailing or glance.unread else f"{told}, all well"


def _schedules(visit: Visit, glance: Glance) -> str:
    upcoming = glance.upcoming
    if not upcoming.in_all:
        return ":material/event_repeat: Not on autopilot: no schedule"
    told = []
    for schedule in upcoming.first:
        following = (
            local(schedule.next_run_at, visit.zone, now=visit.now) if schedule.next_run_at else ""
        )
        told.append(
            f"{plain(schedule.name)} {badge(schedule.status.value)}"
            + (f" next {following}" if following else "")
        )
    more = upcoming.in_all - len(upcoming.first)
    return ":material/event_repeat: " + "; ".join(told) + (f" and {more} more" if more > 0 else "")


def _last(visit: Visit, glance: Glance) -> str:
    issue = glance.last_issue
    if issue is None:
        return ":material/mail: No issue yet"
    at = local(issue.created_at, visit.zone, now=visit.now)
    return f":material/mail: {badge(glance.outcome)} {plain(issue.subject)}, {at}"
