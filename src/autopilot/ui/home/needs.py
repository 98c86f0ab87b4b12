"""What needs somebody, at the top of Home; where nothing does, one calm line."""

from __future__ import annotations

import streamlit as st

from autopilot.service.needs import Need, needs_of
from autopilot.service.overview import Overview
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance, local

SHOWN = 6


def show_needs(visit: Visit, seen: Overview) -> None:
    """Show each thing to do with what to do about it and the way there."""
    needs = needs_of(seen)
    if not needs:
        st.markdown(f":green-badge[:material/check_circle: All is well] {_next(visit, seen)}")
        return
    many = "1 thing needs you" if len(needs) == 1 else f"{len(needs)} things need you"
    st.subheader(many, anchor=False)
    for place, need in enumerate(needs[:SHOWN]):
        _show(visit, need, place)
    if len(needs) > SHOWN:
        st.caption(f"and {len(needs) - SHOWN} more, below")


def _show(visit: Visit, need: Need, place: int) -> None:
    sign = ":red[:material/error:]" if need.is_urgent else ":orange[:material/info:]"
    with st.container(border=True, key=f"home-need-{place}"):
        st.markdown(f"{sign} **{plain(need.what)}**  \n{plain(need.advice)}")
        if need.page:
            st.page_link(
                f"pages/{need.page}.py",
                label=need.label,
                icon=":material/arrow_forward:",
                query_params={"workspace": visit.workspace.slug, **need.query},
            )


def _next(visit: Visit, seen: Overview) -> str:
    if not seen.coming:
        return "Nothing is due over the next 7 days."
    first = seen.coming[0]
    when = local(first.at, visit.zone, now=visit.now)
    return f"The next issue is due {when}, {distance(first.at, visit.now)}."
